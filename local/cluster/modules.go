package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// moduleFinder returns a function that gives the folder of a pinned module.
func moduleFinder(ctx context.Context, source string) func(path string) (string, error) {
	return func(path string) (string, error) {
		cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", path)
		cmd.Dir = source
		cmd.Env = append(os.Environ(), "GOWORK=off")
		if output, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("the module %s can't be downloaded (%w): %s", path, err, output)
		}
		cmd = exec.CommandContext(ctx, "go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", path)
		cmd.Dir = source
		cmd.Env = append(os.Environ(), "GOWORK=off")
		output, err := cmd.Output()
		if err != nil {
			return "", fmt.Errorf("the module %s can't be found: %w", path, err)
		}
		return strings.TrimSpace(string(output)), nil
	}
}
