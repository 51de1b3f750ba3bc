// Package machine checks, before anything starts, that this machine can run a
// cluster, and installs the Debian packages that are missing.
//
// It changes nothing but installed packages, and nothing at all when something
// else stands in the way.
package machine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/workbench-dev/workbench/local/progress"
)

// need is a program and the Debian package that has it.
type need struct{ file, pkg string }

// APIServerNeeds suffice for a stand-alone API server.
var apiServerNeeds = []need{{"etcd", "etcd-server"}}

var nodeNeeds = []need{
	{"etcd", "etcd-server"},
	{"containerd", "containerd"},
	{"runc", "runc"},
	{"/usr/lib/cni/ptp", "containernetworking-plugins"},
	{"nft", "nftables"},
	{"xtables-nft-multi", "iptables"},
	{"mount", "mount"},
	{"ldd", "libc-bin"},
}

// Room that must be free on the disk of the cache, in bytes: the binaries, images
// and the compiler's cache of a first build take some 9 GiB, a cluster 3.
const (
	roomToBuild = 12 << 30
	roomToRun   = 4 << 30
)

// ForNode makes sure that a whole cluster can run. building says that the binaries
// have yet to be built.
func ForNode(ctx context.Context, cache string, building bool, report *progress.Reporter) error {
	var missing []string
	if runtime.GOOS != "linux" {
		return fmt.Errorf("a local cluster needs Linux, and this is %s: use a Linux machine or a virtual one", runtime.GOOS)
	}
	if os.Geteuid() != 0 {
		missing = append(missing, "root's rights (run it as root: it makes namespaces, mounts and cgroups)")
	}
	missing = append(missing, kernel()...)
	missing = append(missing, room(cache, building)...)
	if building {
		missing = append(missing, programs(map[string]string{"go": "Go 1.26 or newer", "python3": "Python 3 with pip (Envoy comes from there)"})...)
	}
	absent := absentPackages(nodeNeeds)
	if len(absent) > 0 && !canInstall() {
		missing = append(missing, "the programs of the Debian packages "+strings.Join(absent, " "))
	}
	if len(missing) > 0 {
		return fmt.Errorf("a local cluster can't run here; what is missing: %s", strings.Join(missing, "; "))
	}
	return install(ctx, absent, report)
}

// ForAPIServer makes sure that an API server alone can run.
func ForAPIServer(ctx context.Context, report *progress.Reporter) error {
	absent := absentPackages(apiServerNeeds)
	if len(absent) > 0 && !canInstall() {
		return fmt.Errorf("an API server can't run here; what is missing: the programs of the Debian packages %s", strings.Join(absent, " "))
	}
	return install(ctx, absent, report)
}

// kernel lists features of the kernel that are missing.
func kernel() []string {
	var missing []string
	for _, ns := range []string{"mnt", "pid", "net", "uts", "ipc"} {
		if _, err := os.Stat("/proc/self/ns/" + ns); err != nil {
			missing = append(missing, "the kernel's "+ns+" namespaces")
		}
	}
	filesystems, _ := os.ReadFile("/proc/filesystems")
	for _, fs := range []string{"overlay", "tmpfs"} {
		if !strings.Contains(string(filesystems), "\t"+fs+"\n") && exec.Command("modprobe", fs).Run() != nil {
			missing = append(missing, "the kernel's file system "+fs)
		}
	}
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err != nil {
		for _, controller := range []string{"cpu", "cpuset", "memory", "pids", "devices"} {
			if _, err := os.Stat(filepath.Join("/sys/fs/cgroup", controller, "cgroup.procs")); err != nil {
				missing = append(missing, "the cgroup controller "+controller)
			}
		}
	}
	if len(missing) == 0 && unix.Access("/sys/fs/cgroup", unix.W_OK) != nil {
		missing = append(missing, "a writable /sys/fs/cgroup")
	}
	return missing
}

func room(cache string, building bool) []string {
	if building {
		return shortOf(cache, roomToBuild)
	}
	return shortOf(cache, roomToRun)
}

// shortOf tells if less than need bytes are free where dir is or will be.
func shortOf(dir string, need uint64) []string {
	for {
		if _, err := os.Stat(dir); err == nil || dir == "/" {
			break
		}
		dir = filepath.Dir(dir)
	}
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return nil
	}
	if free := st.Bavail * uint64(st.Bsize); free < need {
		return []string{fmt.Sprintf("disk space (%d GiB free at %s, %d needed)", free>>30, dir, need>>30)}
	}
	return nil
}

func programs(wanted map[string]string) []string {
	var missing []string
	for program, what := range wanted {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, what)
		}
	}
	return missing
}

func absentPackages(needs []need) []string {
	var absent []string
	for _, n := range needs {
		if !present(n.file) {
			absent = append(absent, n.pkg)
		}
	}
	return absent
}

func present(file string) bool {
	if strings.HasPrefix(file, "/") {
		_, err := os.Stat(file)
		return err == nil
	}
	for _, dir := range []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"} {
		if _, err := os.Stat(filepath.Join(dir, file)); err == nil {
			return true
		}
	}
	return false
}

func canInstall() bool {
	_, err := exec.LookPath("apt-get")
	return err == nil && os.Geteuid() == 0
}

// install installs Debian packages; on a fresh machine the lists must be fetched
// before.
func install(ctx context.Context, packages []string, report *progress.Reporter) error {
	if len(packages) == 0 {
		return nil
	}
	report.Begin("packages", 1)
	step := report.Start(strings.Join(packages, " "))
	output, err := apt(ctx, append([]string{"install", "-y", "--no-install-recommends"}, packages...)...)
	if err != nil {
		if _, updateErr := apt(ctx, "update"); updateErr == nil {
			output, err = apt(ctx, append([]string{"install", "-y", "--no-install-recommends"}, packages...)...)
		}
	}
	if err != nil {
		step.Failed()
		return fmt.Errorf("the Debian packages %s can't be installed (%w); install them and try again:\n%s", strings.Join(packages, " "), err, output)
	}
	step.Done("")
	return nil
}

func apt(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-o", "DPkg::Lock::Timeout=300"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	output, err := cmd.CombinedOutput()
	if len(output) > 3000 {
		output = output[len(output)-3000:]
	}
	return string(output), err
}
