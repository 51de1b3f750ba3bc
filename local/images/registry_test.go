package images

import (
	"archive/tar"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// image makes an image whose program holds the given words.
func image(t *testing.T, words string) v1.Image {
	t.Helper()
	program := filepath.Join(t.TempDir(), "app")
	if err := os.WriteFile(program, []byte(words), 0o755); err != nil {
		t.Fatal(err)
	}
	img, err := FromBinary(program, nil, Config{})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// contents reads the regular files of an image.
func contents(t *testing.T, img v1.Image) map[string]string {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, l := range layers {
		r, err := l.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		tr := tar.NewReader(r)
		for {
			h, err := tr.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if h.Typeflag == tar.TypeReg && !strings.HasPrefix(h.Name, "etc/") {
				data, _ := io.ReadAll(tr)
				files[h.Name] = string(data)
			}
		}
	}
	return files
}

func TestPulledImagesAreTheStoredOnes(t *testing.T) {
	shared, own := Store{t.TempDir()}, Store{t.TempDir()}
	put := func(s Store, ref, words string) {
		t.Helper()
		if err := s.Put(ref, image(t, words)); err != nil {
			t.Fatal(err)
		}
	}
	put(shared, "docker.io/library/web:v1", "shared v1")
	put(shared, "quay.io/shop/web:v1", "shop v1")
	put(own, "example.com/shop/web:v1", "own v1")
	put(own, "shop/web:v2", "old v2")
	put(own, "shop/web:v2", "new v2")
	server := httptest.NewServer(Registry{Stores: []Store{own, shared}})
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	for _, test := range []struct{ pull, want, why string }{
		{"library/web:v1", "shared v1", "a name without a host is Docker Hub's"},
		{"shop/web:v1", "own v1", "the host doesn't count, and the first store wins"},
		{"shop/web:v2", "new v2", "an image loaded again replaces the old one"},
		{"shop/web:v3", "", "an unknown tag isn't found"},
	} {
		t.Run(test.pull, func(t *testing.T) {
			ref, err := name.ParseReference(host+"/"+test.pull, name.Insecure)
			if err != nil {
				t.Fatal(err)
			}
			img, err := remote.Image(ref)
			if test.want == "" {
				if err == nil || !strings.Contains(err.Error(), "load-image") {
					t.Fatalf("%s: want an error that names load-image, got %v", test.why, err)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", test.why, err)
			}
			if diff := cmp.Diff(map[string]string{"app": test.want}, contents(t, img)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.why, diff)
			}
		})
	}
}

func TestTarballComesBackWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "web.tar")
	if err := WriteTarball(path, "example.com/shop/web:v1", image(t, "hello")); err != nil {
		t.Fatal(err)
	}
	store := Store{t.TempDir()}
	names, err := store.LoadTarball(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"example.com/shop/web:v1"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, ok := store.find("shop/web", "v1"); !ok {
		t.Error("the loaded image isn't found")
	}
}

func TestImageRunsAsNumericUser(t *testing.T) {
	cfg, err := image(t, "x").ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Config.User != "65532:65532" || !cmp.Equal(cfg.Config.Entrypoint, []string{"/app"}) {
		t.Errorf("got user %q and entry point %q", cfg.Config.User, cfg.Config.Entrypoint)
	}
	if _, err := FromBinary("/bin/true", nil, Config{User: "nobody"}); err == nil {
		t.Error("a user by name must be refused: the kubelet can't check it")
	}
}
