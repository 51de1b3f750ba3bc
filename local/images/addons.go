package images

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/workbench-dev/workbench/local/build"
	"github.com/workbench-dev/workbench/local/progress"
	"github.com/workbench-dev/workbench/local/versions"
)

const arch = runtime.GOARCH

// recipe makes one add-on image.
type recipe struct {
	ref    string
	config Config
	fill   func(Files, Inputs) error
}

// Inputs are what the add-on images are made of.
type Inputs struct {
	Binaries build.Binaries
	// Istio is the folder of the module istio.io/istio, for Envoy's bootstrap
	// template.
	Istio string
}

// recipesVersion is raised when a recipe below changes, so that cached images are
// made anew.
const recipesVersion = "1"

func recipes() []recipe {
	return []recipe{
		{versions.ImagePause, Config{Entrypoint: []string{"/pause"}, User: "65535:65535"}, func(f Files, in Inputs) error {
			f.program("pause", in.Binaries["pause"])
			return nil
		}},
		// Upstream's image has a file capability for port 53; here the manifest's
		// NET_BIND_SERVICE and the root user do.
		{versions.ImageCoreDNS, Config{Entrypoint: []string{"/coredns"}, User: "0:0"}, func(f Files, in Inputs) error {
			f.program("coredns", in.Binaries["coredns"])
			return nil
		}},
		{versions.ImagePilot, Config{Entrypoint: []string{"/usr/local/bin/pilot-discovery"}, User: "1337:1337"}, func(f Files, in Inputs) error {
			f.program("usr/local/bin/pilot-discovery", in.Binaries["pilot-discovery"])
			envoyBootstrap(f, in)
			return nil
		}},
		{versions.ImageProxy, Config{Entrypoint: []string{"/usr/local/bin/pilot-agent"}, User: "1337:1337"}, func(f Files, in Inputs) error {
			f.program("usr/local/bin/pilot-agent", in.Binaries["pilot-agent"])
			f.dir("etc/istio/proxy", 0o755, 1337)
			f.dir("var/lib/istio/data", 0o755, 1337)
			envoyBootstrap(f, in)
			if err := f.dynamic("usr/local/bin/envoy", in.Binaries["envoy"]); err != nil {
				return err
			}
			return f.netfilterTools()
		}},
		{versions.ImageArgoRollouts, Config{Entrypoint: []string{"/usr/local/bin/rollouts-controller"}, User: "999:999"}, func(f Files, in Inputs) error {
			f.program("usr/local/bin/rollouts-controller", in.Binaries["rollouts-controller"])
			f.dir("home/argo-rollouts", 0o755, 999)
			return nil
		}},
		{versions.ImagePrometheus, Config{Entrypoint: []string{"/bin/prometheus"}, User: "65534:65534"}, func(f Files, in Inputs) error {
			f.program("usr/bin/prometheus", in.Binaries["prometheus"])
			f.dir("etc/prometheus", 0o755, 0)
			f.dir("prometheus", 0o755, 65534)
			return nil
		}},
	}
}

func envoyBootstrap(f Files, in Inputs) {
	f.copy("var/lib/istio/envoy/envoy_bootstrap_tmpl.json", filepath.Join(in.Istio, "tools/packaging/common/envoy_bootstrap.json"))
}

// AddonStore makes sure that the add-ons' images made from these binaries are in
// the cache, and returns their store. findIstio is asked only when something must
// be made.
func AddonStore(cache string, binaries build.Binaries, findIstio func() (string, error), report *progress.Reporter) (Store, error) {
	digest, err := binaries.Digest()
	if err != nil {
		return Store{}, err
	}
	sum := sha256.Sum256([]byte(recipesVersion + digest))
	store := Store{Dir: filepath.Join(cache, "images", hex.EncodeToString(sum[:6]))}
	if _, err := os.Stat(filepath.Join(store.Dir, "index.json")); err == nil {
		return store, nil
	}
	istio, err := findIstio()
	if err != nil {
		return Store{}, err
	}
	// Made aside and renamed when complete: a store is whole or absent.
	if err := os.MkdirAll(filepath.Dir(store.Dir), 0o755); err != nil {
		return Store{}, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(store.Dir), "making-")
	if err != nil {
		return Store{}, err
	}
	defer os.RemoveAll(dir)
	all := recipes()
	report.Begin("images", len(all))
	for _, r := range all {
		step := report.Start(shortName(r.ref))
		if err := r.make(Store{Dir: dir}, Inputs{Binaries: binaries, Istio: istio}); err != nil {
			step.Failed()
			return Store{}, fmt.Errorf("the image %s can't be made: %w", r.ref, err)
		}
		step.Done("")
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return Store{}, err
	}
	if err := os.Rename(dir, store.Dir); err != nil && !os.IsExist(err) {
		return Store{}, err
	}
	return store, nil
}

func (r recipe) make(store Store, in Inputs) error {
	files := newRoot()
	if err := r.fill(files, in); err != nil {
		return err
	}
	img, err := Make(files, r.config)
	if err != nil {
		return err
	}
	return store.Put(r.ref, img)
}

func shortName(ref string) string { return filepath.Base(ref) }
