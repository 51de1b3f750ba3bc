package build

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/workbench-dev/workbench/local/progress"
)

// source makes a module with the folders that parts have sources in.
func source(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod": "module example.com/x\n", "go.sum": "sums\n",
		"programs/kubernetes/main.go": "k", "programs/coredns/main.go": "c", "programs/pause/main.go": "p",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestKeysFollowPinsAndSources(t *testing.T) {
	b := Builder{Source: source(t), Cache: t.TempDir(), Progress: progress.Discard()}
	look := func() Binaries {
		t.Helper()
		binaries, _, err := b.look(Parts())
		if err != nil {
			t.Fatal(err)
		}
		return binaries
	}
	changed := func(before, after Binaries) string {
		var names []string
		for _, p := range Parts() {
			if before[p.Name] != after[p.Name] {
				names = append(names, p.Name)
			}
		}
		return strings.Join(names, " ")
	}
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(b.Source, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	first := look()
	if got := changed(first, look()); got != "" {
		t.Errorf("without a change these keys changed: %s", got)
	}
	write("programs/coredns/main.go", "c2")
	second := look()
	if got := changed(first, second); got != "coredns" {
		t.Errorf("a change of CoreDNS's source changed the keys of: %s", got)
	}
	write("go.sum", "other sums\n")
	if got := changed(second, look()); strings.Contains(got, "envoy") || !strings.Contains(got, "kubernetes") {
		t.Errorf("a change of the pins changed the keys of: %s", got)
	}
}

func TestBuildUsesTheCache(t *testing.T) {
	b := Builder{Source: source(t), Cache: t.TempDir(), Progress: progress.Discard()}
	binaries, missing, err := b.look(Parts())
	if err != nil || len(missing) != len(Parts()) {
		t.Fatalf("in an empty cache %d parts are missing, %v", len(missing), err)
	}
	for _, path := range binaries {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if complete, err := b.Complete(); err != nil || !complete {
		t.Errorf("with all binaries there: complete %v, %v", complete, err)
	}
	_, built, err := b.Build(context.Background())
	if err != nil || built != 0 {
		t.Errorf("with all binaries there it built %d, %v", built, err)
	}
}

func TestBuildRefusesUnknownParts(t *testing.T) {
	b := Builder{Source: source(t), Cache: t.TempDir(), Progress: progress.Discard()}
	if _, _, err := b.Build(context.Background(), "kubernetis"); err == nil || !strings.Contains(err.Error(), "choose from kubernetes") {
		t.Errorf("got %v", err)
	}
}

// A tag like netgo would make the compiler's cache of the standard library
// useless for all other parts.
func TestTagsLeaveTheStandardLibraryAlone(t *testing.T) {
	for _, p := range Parts() {
		for _, tag := range strings.Split(p.Tags, ",") {
			switch tag {
			case "netgo", "osusergo", "netcgo", "timetzdata", "purego", "race", "static_build":
				t.Errorf("%s is built with the tag %s", p.Name, tag)
			}
		}
	}
}

func TestDigestFollowsContent(t *testing.T) {
	make := func(key, content string) Binaries {
		t.Helper()
		path := filepath.Join(t.TempDir(), "pause-"+key)
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
		return Binaries{"pause": path}
	}
	digest := func(b Binaries) string {
		t.Helper()
		first, err := b.Digest()
		if err != nil {
			t.Fatal(err)
		}
		// Once computed, once read from the record.
		if second, err := b.Digest(); err != nil || second != first {
			t.Errorf("the digest changed from %s to %s, %v", first, second, err)
		}
		return first
	}
	if digest(make("a", "same")) != digest(make("b", "same")) {
		t.Error("equal binaries under other keys have another digest")
	}
	if digest(make("a", "one")) == digest(make("a", "two")) {
		t.Error("other binaries have the same digest")
	}
}
