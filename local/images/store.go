// Package images makes the container images of the cluster and serves them to
// its containerd.
//
// Images lie in OCI image layouts on disk: one in the cache for the add-ons,
// shared by all clusters, and one per cluster for what was loaded into it. A
// small read-only registry answers from those files. The package neither talks
// to any registry outside nor to containerd.
package images

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/match"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// refAnnotation holds an image's full name in the index of a layout.
const refAnnotation = "org.opencontainers.image.ref.name"

// Store is an OCI image layout in a folder.
type Store struct{ Dir string }

// Put adds an image under its name; an image that had the name before loses it.
func (s Store) Put(ref string, img v1.Image) error {
	tag, err := parse(ref)
	if err != nil {
		return err
	}
	p, err := layout.FromPath(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		p, err = layout.Write(s.Dir, empty.Index)
	}
	if err != nil {
		return fmt.Errorf("the image store %s can't be opened: %w", s.Dir, err)
	}
	key := tag.Name()
	err = p.ReplaceImage(img, match.Annotation(refAnnotation, key), layout.WithAnnotations(map[string]string{refAnnotation: key}))
	if err != nil {
		return fmt.Errorf("the image %s can't be stored in %s: %w", ref, s.Dir, err)
	}
	return nil
}

// find returns the descriptor of the image with that repository path and tag or
// digest, whatever its registry host.
func (s Store) find(repository, reference string) (v1.Descriptor, bool) {
	p, err := layout.FromPath(s.Dir)
	if err != nil {
		return v1.Descriptor{}, false
	}
	index, err := p.ImageIndex()
	if err != nil {
		return v1.Descriptor{}, false
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return v1.Descriptor{}, false
	}
	for _, d := range manifest.Manifests {
		if d.Digest.String() == reference {
			return d, true
		}
		tag, err := parse(d.Annotations[refAnnotation])
		if err == nil && tag.RepositoryStr() == repository && tag.TagStr() == reference {
			return d, true
		}
	}
	return v1.Descriptor{}, false
}

// blob is the path of a blob's file.
func (s Store) blob(h v1.Hash) string {
	return filepath.Join(s.Dir, "blobs", h.Algorithm, h.Hex)
}

// LoadTarball adds every image of a `docker save` tarball and returns their names.
func (s Store) LoadTarball(path string) ([]string, error) {
	opener := func() (io.ReadCloser, error) { return os.Open(path) }
	manifest, err := tarball.LoadManifest(opener)
	if err != nil {
		return nil, fmt.Errorf("%s isn't an image tarball as `docker save` writes it: %w", path, err)
	}
	var names []string
	for _, entry := range manifest {
		for _, ref := range entry.RepoTags {
			tag, err := name.NewTag(ref)
			if err != nil {
				return names, fmt.Errorf("%s holds an image with the unusable name %q: %w", path, ref, err)
			}
			img, err := tarball.Image(opener, &tag)
			if err != nil {
				return names, fmt.Errorf("the image %s in %s can't be read: %w", ref, path, err)
			}
			if err := s.Put(ref, img); err != nil {
				return names, err
			}
			names = append(names, tag.Name())
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s holds no image with a name: save it by its name and tag", path)
	}
	return names, nil
}

// Config says how an image runs.
type Config struct {
	Entrypoint []string
	Command    []string
	// User is numeric ("65534:65534"): the kubelet can't check runAsNonRoot against
	// a name.
	User string
}

// Make returns an image of one uncompressed layer: what is packed here is unpacked
// here, so compression would only cost time.
func Make(files Files, config Config) (v1.Image, error) {
	content, err := files.tar()
	if err != nil {
		return nil, err
	}
	img := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	img = mutate.ConfigMediaType(img, types.OCIConfigJSON)
	img, err = mutate.AppendLayers(img, static.NewLayer(content, types.OCIUncompressedLayer))
	if err != nil {
		return nil, err
	}
	cfg, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	cfg = cfg.DeepCopy()
	cfg.Architecture, cfg.OS = arch, "linux"
	cfg.Config = v1.Config{
		Entrypoint: config.Entrypoint,
		Cmd:        config.Command,
		User:       config.User,
		WorkingDir: "/",
		Env:        []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
	}
	return mutate.ConfigFile(img, cfg)
}

// WriteTarball writes an image as a tarball that LoadTarball and docker read.
func WriteTarball(path, ref string, img v1.Image) error {
	tag, err := parse(ref)
	if err != nil {
		return err
	}
	if err := tarball.WriteToFile(path, tag, img); err != nil {
		return fmt.Errorf("the image %s can't be written to %s: %w", ref, path, err)
	}
	return nil
}

func parse(ref string) (name.Tag, error) {
	tag, err := name.NewTag(strings.TrimSpace(ref))
	if err != nil {
		return tag, fmt.Errorf("%q isn't the name of an image: write HOST/PATH:TAG, for example example.com/shop/web:v1", ref)
	}
	return tag, nil
}
