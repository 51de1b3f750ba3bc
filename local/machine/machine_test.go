package machine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAbsentPackages(t *testing.T) {
	there := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(there, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	got := absentPackages([]need{{there, "a"}, {there + "-not", "b"}, {"sh", "c"}, {"no-such-program-here", "d"}})
	if strings.Join(got, " ") != "b d" {
		t.Errorf("got %v, want b and d", got)
	}
}

func TestRoomLooksAtTheDiskOfTheCache(t *testing.T) {
	// The folder needn't exist; its nearest parent counts.
	dir := filepath.Join(t.TempDir(), "not", "yet")
	if got := shortOf(dir, 1); got != nil {
		t.Errorf("one byte is missing: %v", got)
	}
	if got := shortOf(dir, 1<<62); len(got) != 1 || !strings.Contains(got[0], "disk space") {
		t.Errorf("four exbibytes are there: %v", got)
	}
}
