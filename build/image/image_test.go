package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestArchiveHoldsTheProgramAsAUserWithoutRights(t *testing.T) {
	dir := t.TempDir()
	program, certificates := filepath.Join(dir, "hello"), filepath.Join(dir, "ca.pem")
	for file, content := range map[string]string{program: "a program", certificates: "a certificate"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	output := filepath.Join(dir, "out", "hello.tar")
	args := []string{"--tag", "example.org/hello:v1", "--certificates", certificates, "--output", output, program}
	if err := run(args); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}

	outer := unpack(t, first)
	var manifests []archiveManifest
	if err := json.Unmarshal(outer["manifest.json"], &manifests); err != nil || len(manifests) != 1 {
		t.Fatalf("manifest.json holds %v, %v", manifests, err)
	}
	if diff := cmp.Diff([]string{"example.org/hello:v1"}, manifests[0].RepoTags); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	var cfg imageConfig
	if err := json.Unmarshal(outer[manifests[0].Config], &cfg); err != nil {
		t.Fatal(err)
	}
	layer := outer[manifests[0].Layers[0]]
	if cfg.Config.User != "65532:65532" || cfg.Config.Entrypoint[0] != "/hello" || cfg.RootFS.DiffIDs[0] != "sha256:"+digest(layer) {
		t.Errorf("configuration is %+v", cfg)
	}
	inner := unpack(t, layer)
	if string(inner["hello"]) != "a program" || string(inner["etc/ssl/certs/ca-certificates.crt"]) != "a certificate" {
		t.Errorf("the layer lacks the program or the certificates: %q", inner)
	}

	if err := run(args); err != nil {
		t.Fatal(err)
	}
	if second, err := os.ReadFile(output); err != nil || !bytes.Equal(first, second) {
		t.Errorf("the same input gives another image: %v", err)
	}
}

func TestMissingArgumentsAreNamed(t *testing.T) {
	err := run([]string{"--tag", "x"})
	if err == nil || !strings.Contains(err.Error(), "--output") {
		t.Errorf("error is %v", err)
	}
	err = run([]string{"--tag", "x", "--output", filepath.Join(t.TempDir(), "o"), "/no/such/program"})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

func unpack(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	r := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}
