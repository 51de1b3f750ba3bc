package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// user is the numeric id that the program runs as; a number, because Kubernetes cannot tell from a name whether it
// is root. 65532 is what distroless images call "nonroot".
const user = 65532

// image is what goes into an image.
type image struct {
	tag, arch    string
	name         string // of the program; it lies at /name and is the entry point
	program      []byte
	certificates []byte
}

// imageConfig is the part of the OCI image configuration (image-spec, config.md) that is used here.
type imageConfig struct {
	Created      time.Time `json:"created"`
	Architecture string    `json:"architecture"`
	OS           string    `json:"os"`
	Config       struct {
		User       string
		Env        []string
		Entrypoint []string
		WorkingDir string
	} `json:"config"`
	RootFS struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
	History []struct {
		CreatedBy string `json:"created_by"`
	} `json:"history"`
}

// archiveManifest is an entry of manifest.json in the archive format of `docker save`.
type archiveManifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// archive returns the image in the format of `docker save`: manifest.json, the configuration and one layer.
func (i image) archive() ([]byte, error) {
	layer, err := i.layer()
	if err != nil {
		return nil, err
	}
	layerDigest := digest(layer)
	cfg := imageConfig{Created: epoch, Architecture: i.arch, OS: "linux"}
	cfg.Config.User = fmt.Sprintf("%d:%d", user, user)
	cfg.Config.Env = []string{"PATH=/"}
	cfg.Config.Entrypoint = []string{"/" + i.name}
	cfg.Config.WorkingDir = "/"
	cfg.RootFS.Type = "layers"
	cfg.RootFS.DiffIDs = []string{"sha256:" + layerDigest}
	cfg.History = append(cfg.History, struct {
		CreatedBy string `json:"created_by"`
	}{"build/image " + i.name})
	config, err := json.Marshal(cfg)
	if err != nil {
		return nil, err
	}
	configName, layerName := digest(config)+".json", layerDigest+".tar"
	manifest, err := json.Marshal([]archiveManifest{{Config: configName, RepoTags: []string{i.tag}, Layers: []string{layerName}}})
	if err != nil {
		return nil, err
	}
	return pack(
		entry{name: "manifest.json", content: manifest, mode: 0o644},
		entry{name: configName, content: config, mode: 0o644},
		entry{name: layerName, content: layer, mode: 0o644},
	)
}

func (i image) layer() ([]byte, error) {
	entries := []entry{
		{name: "tmp/", mode: 0o1777},
		{name: "etc/", mode: 0o755},
		{name: "etc/passwd", mode: 0o644, content: fmt.Appendf(nil, "root:x:0:0:root:/:/\nnonroot:x:%d:%d:nonroot:/:/\n", user, user)},
		{name: "etc/group", mode: 0o644, content: fmt.Appendf(nil, "root:x:0:\nnonroot:x:%d:\n", user)},
	}
	if i.certificates != nil {
		entries = append(entries,
			entry{name: "etc/ssl/", mode: 0o755}, entry{name: "etc/ssl/certs/", mode: 0o755},
			entry{name: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, content: i.certificates})
	}
	return pack(append(entries, entry{name: i.name, mode: 0o755, content: i.program})...)
}

// entry is a file of an archive, or a directory when its name ends in a slash.
type entry struct {
	name    string
	mode    int64
	content []byte
}

// epoch is the time on everything in an image, so that it depends on nothing but what is in it.
var epoch = time.Unix(0, 0).UTC()

func pack(entries ...entry) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.content)), ModTime: epoch, Typeflag: tar.TypeReg}
		if e.name[len(e.name)-1] == '/' {
			header.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("%s can't be packed: %w", e.name, err)
		}
		if _, err := w.Write(e.content); err != nil {
			return nil, fmt.Errorf("%s can't be packed: %w", e.name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
