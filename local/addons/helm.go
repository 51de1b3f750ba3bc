package addons

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"istio.io/istio/manifests"

	"github.com/workbench-dev/workbench/local/versions"
)

//go:embed values/*.yaml
var values embed.FS

// istioNamespace is where Istio's control plane and its gateway run.
const istioNamespace = "istio-system"

// istioChart renders one of the charts that Istio's module embeds, with the values
// file of that name.
func istioChart(dir, release, valuesFile string) ([]byte, error) {
	manifest, err := render(dir, release, valuesFile)
	if err != nil {
		return nil, fmt.Errorf("Istio's chart %s can't be rendered: %w", dir, err)
	}
	return manifest, nil
}

func render(dir, release, valuesFile string) ([]byte, error) {
	var files []*loader.BufferedFile
	err := fs.WalkDir(manifests.FS, dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := manifests.FS.ReadFile(p)
		files = append(files, &loader.BufferedFile{Name: strings.TrimPrefix(p, dir+"/"), Data: data})
		return err
	})
	if err != nil {
		return nil, err
	}
	chart, err := loader.LoadFiles(files)
	if err != nil {
		return nil, err
	}
	vals := chartutil.Values{}
	if valuesFile != "" {
		data, err := values.ReadFile("values/" + valuesFile)
		if err != nil {
			return nil, err
		}
		if vals, err = chartutil.ReadValues(data); err != nil {
			return nil, err
		}
	}
	// Rendered here and applied by Client, like everything else: no release is kept
	// in the cluster. Helm's own install action would bring a database driver and a
	// registry client along.
	version := strings.SplitN(strings.TrimPrefix(versions.Kubernetes, "v"), ".", 3)
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = chartutil.KubeVersion{Version: versions.Kubernetes, Major: version[0], Minor: version[1]}
	if err := chartutil.ProcessDependenciesWithMerge(chart, vals); err != nil {
		return nil, err
	}
	options := chartutil.ReleaseOptions{Name: release, Namespace: istioNamespace, Revision: 1, IsInstall: true}
	context, err := chartutil.ToRenderValues(chart, vals, options, capabilities)
	if err != nil {
		return nil, err
	}
	rendered, err := engine.Render(chart, context)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, crd := range chart.CRDObjects() {
		fmt.Fprintf(&out, "---\n%s\n", crd.File.Data)
	}
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		if path.Base(name) != "NOTES.txt" {
			fmt.Fprintf(&out, "---\n%s\n", rendered[name])
		}
	}
	return out.Bytes(), nil
}
