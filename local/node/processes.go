package node

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ProcessInfo is a process of the cluster as seen from the host.
type ProcessInfo struct {
	PID     int    // on the host
	NodePID int    // in the node's pid namespace; 0 for processes on the host
	RSS     int64  // resident memory, in bytes
	Command string // the kernel's short name
	PodUID  string // empty for the node's own processes
}

// Processes lists all processes in the cluster's cgroup.
func Processes(cgroup string) ([]ProcessInfo, error) {
	pids, err := cgroupMembers(cgroup)
	if err != nil {
		return nil, err
	}
	var all []ProcessInfo
	for _, pid := range pids {
		info, err := describeProcess(pid)
		if err != nil {
			continue // ended meanwhile
		}
		all = append(all, info)
	}
	return all, nil
}

var podUID = regexp.MustCompile(`/kubepods(?:/[a-z]+)?/pod([0-9a-f-]{36})`)

func describeProcess(pid int) (ProcessInfo, error) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return ProcessInfo{}, err
	}
	info := parseStatus(status)
	info.PID = pid
	if cgroups, err := os.ReadFile(filepath.Join(dir, "cgroup")); err == nil {
		if m := podUID.FindSubmatch(cgroups); m != nil {
			info.PodUID = string(m[1])
		}
	}
	return info, nil
}

// parseStatus reads what is of use from /proc/PID/status (proc(5)).
func parseStatus(status []byte) ProcessInfo {
	var info ProcessInfo
	for line := range bytes.Lines(status) {
		key, value, _ := strings.Cut(string(line), ":")
		fields := strings.Fields(value)
		if len(fields) == 0 {
			continue
		}
		switch key {
		case "Name":
			info.Command = fields[0]
		case "VmRSS":
			kib, _ := strconv.ParseInt(fields[0], 10, 64)
			info.RSS = kib << 10
		case "NSpid":
			if len(fields) > 1 {
				info.NodePID, _ = strconv.Atoi(fields[1])
			}
		}
	}
	return info
}

// startTime returns when the process started, in ticks since boot.
func startTime(pid int) (uint64, error) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, err
	}
	return parseStat(data)
}

var errZombie = errors.New("the process has ended and waits to be reaped")

// parseStat returns field 22 of /proc/PID/stat. The second field, the name, may
// hold spaces and brackets, so counting starts after its last bracket.
func parseStat(data []byte) (uint64, error) {
	i := bytes.LastIndexByte(data, ')')
	fields := strings.Fields(string(data[i+1:]))
	if i < 0 || len(fields) < 20 {
		return 0, fmt.Errorf("unreadable process status %q", data)
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return 0, errZombie
	}
	return strconv.ParseUint(fields[19], 10, 64)
}

// ticksPerSecond is the kernel's USER_HZ, 100 on every architecture that Go runs
// on (sysconf(3), _SC_CLK_TCK).
const ticksPerSecond = 100

// Since returns when the process started; the zero time when that can't be told.
func (p Process) Since() time.Time {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) != nil {
		return time.Time{}
	}
	age := time.Duration(now.Nano()) - time.Duration(p.Start)*time.Second/ticksPerSecond
	return time.Now().Add(-age)
}
