package node

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseStatus(t *testing.T) {
	status := "Name:\tetcd\nState:\tS (sleeping)\nNSpid:\t4711\t12\nVmRSS:\t   51200 kB\n"
	want := ProcessInfo{Command: "etcd", NodePID: 12, RSS: 50 << 20}
	if diff := cmp.Diff(want, parseStatus([]byte(status))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// A kernel thread has no memory, a process of the host no second pid.
	want = ProcessInfo{Command: "kthreadd"}
	if diff := cmp.Diff(want, parseStatus([]byte("Name:\tkthreadd\nNSpid:\t2\n"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseStat(t *testing.T) {
	rest := " S 1 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 4242 1 1\n"
	for name, test := range map[string]struct {
		in   string
		want uint64
		err  bool
	}{
		"plain":                   {"7 (etcd)" + rest, 4242, false},
		"a name with a bracket":   {"7 (a) b (c)" + rest, 4242, false},
		"a zombie doesn't run":    {"7 (etcd)" + strings.Replace(rest, " S ", " Z ", 1), 0, true},
		"something else entirely": {"", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseStat([]byte(test.in))
			if got != test.want || (err != nil) != test.err {
				t.Errorf("got %d, %v", got, err)
			}
		})
	}
}

func TestProcessIsKnownByItsStart(t *testing.T) {
	p, err := Identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if !p.Alive() {
		t.Error("this process must be alive")
	}
	p.Start++
	if p.Alive() {
		t.Error("another process with the same pid must not be taken for it")
	}
	if (Process{}).Alive() {
		t.Error("no process must not be alive")
	}
}

func TestPodUID(t *testing.T) {
	const uid = "cee57fbf-f389-416e-8146-26c012f037d9"
	for _, test := range []struct{ cgroup, want string }{
		{"4:memory:/workbench-local-dev/kubepods/burstable/pod" + uid + "/abc", uid},
		{"4:memory:/workbench-local-dev/kubepods/pod" + uid + "/abc", uid},
		{"4:memory:/workbench-local-dev/node", ""},
	} {
		var got string
		if m := podUID.FindStringSubmatch(test.cgroup); m != nil {
			got = m[1]
		}
		if got != test.want {
			t.Errorf("%s: got %q", test.cgroup, got)
		}
	}
}

func TestPrepareMayBeRepeated(t *testing.T) {
	dir := t.TempDir()
	c := Config{Name: "x", Dir: dir, Cgroup: "workbench-local-x"}
	if err := c.Prepare(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, "credentials/tokens.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(); err != nil {
		t.Fatal(err)
	}
	after, _ := os.ReadFile(filepath.Join(dir, "credentials/tokens.csv"))
	if string(before) != string(after) {
		t.Error("a second start made new credentials, which the data of the first doesn't fit")
	}
	read, err := ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, read); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name := range c.files() {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	// The listed names, which the status shows, are those of the parts.
	var names []string
	for _, p := range c.parts() {
		names = append(names, p.name)
	}
	if diff := cmp.Diff(PartNames, names); diff != "" {
		t.Errorf("PartNames (-want +got):\n%s", diff)
	}
}

func TestControlSaysWhenNobodyAnswers(t *testing.T) {
	_, err := NewControl(os.Getpid()).Parts(context.Background())
	if err == nil || !strings.Contains(err.Error(), "doesn't answer") {
		t.Errorf("got %v", err)
	}
}
