// Package build makes the cluster's binaries from the modules pinned in go.mod
// and keeps them in a cache that other clones with the same pins share.
//
// Each part has a key (a hash over its pins, sources and flags); the binary lies
// in CACHE/bin/NAME-KEY. A part is there or it isn't: binaries are written aside
// and renamed, so an interrupted build goes on where it stopped. This package
// knows nothing of clusters or images.
package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/workbench-dev/workbench/local/progress"
	"github.com/workbench-dev/workbench/local/versions"
)

// Binaries maps a part's name to the path of its binary.
type Binaries map[string]string

// Builder builds parts from Source into Cache.
type Builder struct {
	Source   string
	Cache    string
	Progress *progress.Reporter
}

// Build makes sure that the named parts (all when none is named) are in the cache
// and returns their paths, and how many of them it had to build now.
func (b Builder) Build(ctx context.Context, only ...string) (Binaries, int, error) {
	parts, err := choose(only)
	if err != nil {
		return nil, 0, err
	}
	binaries, missing, err := b.look(parts)
	if err != nil || len(missing) == 0 {
		return binaries, 0, err
	}
	unlock, err := b.lock()
	if err != nil {
		return nil, 0, err
	}
	defer unlock()
	// Another process may have built them while this one waited for the lock.
	if binaries, missing, err = b.look(parts); err != nil || len(missing) == 0 {
		return binaries, 0, err
	}
	b.Progress.Begin("building", len(missing))
	for _, part := range missing {
		step := b.Progress.Start(part.Name)
		target := binaries[part.Name]
		if err := b.make(ctx, part, target); err != nil {
			step.Failed()
			return nil, 0, err
		}
		if err := writeRecord(target, Record{Part: part.Name, Took: step.Done(""), BuiltAt: time.Now().UTC()}); err != nil {
			return nil, 0, err
		}
	}
	return binaries, len(missing), nil
}

// Complete tells whether every part is in the cache.
func (b Builder) Complete() (bool, error) {
	_, missing, err := b.look(Parts())
	return len(missing) == 0, err
}

func choose(only []string) ([]Part, error) {
	all := Parts()
	if len(only) == 0 {
		return all, nil
	}
	var chosen []Part
	for _, name := range only {
		i := slices.IndexFunc(all, func(p Part) bool { return p.Name == name })
		if i < 0 {
			var names []string
			for _, p := range all {
				names = append(names, p.Name)
			}
			return nil, fmt.Errorf("there is no part named %q to build: choose from %s", name, strings.Join(names, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// look computes where each part's binary belongs and which are missing.
func (b Builder) look(parts []Part) (Binaries, []Part, error) {
	pins, err := b.pins()
	if err != nil {
		return nil, nil, err
	}
	binaries := Binaries{}
	var missing []Part
	for _, part := range parts {
		key, err := b.key(part, pins)
		if err != nil {
			return nil, nil, err
		}
		path := filepath.Join(b.Cache, "bin", part.Name+"-"+key)
		binaries[part.Name] = path
		if _, err := os.Stat(path); err != nil {
			missing = append(missing, part)
		}
	}
	return binaries, missing, nil
}

// pins returns what every Go part's key starts with: the pinned modules and the
// toolchain.
func (b Builder) pins() ([]byte, error) {
	sums, err := os.ReadFile(filepath.Join(b.Source, "go.sum"))
	if err != nil {
		return nil, fmt.Errorf("the pins of the local cluster can't be read (%w): is %s the folder local/ of the repository?", err, b.Source)
	}
	mod, err := os.ReadFile(filepath.Join(b.Source, "go.mod"))
	if err != nil {
		return nil, fmt.Errorf("the pins of the local cluster can't be read: %w", err)
	}
	return slices.Concat(mod, sums, []byte(runtime.GOARCH)), nil
}

func (b Builder) key(part Part, pins []byte) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, part)
	if part.Package == "" {
		fmt.Fprintln(h, versions.EnvoyPackage, versions.Envoy, runtime.GOARCH)
		return hex.EncodeToString(h.Sum(nil)[:6]), nil
	}
	h.Write(pins)
	if strings.HasPrefix(part.Package, "./") {
		err := filepath.WalkDir(filepath.Join(b.Source, part.Package), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			h.Write(data)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("the source of %s can't be read: %w", part.Name, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:6]), nil
}

func (b Builder) make(ctx context.Context, part Part, target string) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	aside := target + ".part"
	defer os.Remove(aside)
	if part.Package == "" {
		if err := fetchEnvoy(ctx, aside); err != nil {
			return err
		}
	} else if err := b.compile(ctx, part, aside); err != nil {
		return err
	}
	return os.Rename(aside, target)
}

func (b Builder) compile(ctx context.Context, part Part, out string) error {
	args := []string{"build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", strings.TrimSpace("-s -w " + part.LinkerFlags), "-o", out}
	if part.Tags != "" {
		args = append(args, "-tags", part.Tags)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, part.Package)...)
	cmd.Dir = b.Source
	// Equal settings for all parts: they share the compiler's cache.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s from %s failed (%w):\n%s", part.Name, part.Package, err, tail(output, 4000))
	}
	return nil
}

// lock makes builds wait for each other: two at once would take more memory and
// no less time.
func (b Builder) lock() (func(), error) {
	if err := os.MkdirAll(b.Cache, 0o755); err != nil {
		return nil, fmt.Errorf("the cache folder can't be made: %w", err)
	}
	path := filepath.Join(b.Cache, "build.lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return nil, err
	}
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		b.Progress.Printf("Another build is running; waiting for it (lock %s).", path)
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
			return nil, err
		}
	}
	return func() { f.Close() }, nil
}

func tail(output []byte, n int) string {
	if len(output) > n {
		output = output[len(output)-n:]
	}
	return strings.TrimSpace(string(output))
}
