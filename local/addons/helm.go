package addons

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
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
	// in the cluster.
	install := action.NewInstall(&action.Configuration{})
	install.DryRun, install.ClientOnly, install.IncludeCRDs = true, true, true
	install.ReleaseName, install.Namespace = release, istioNamespace
	version := strings.SplitN(strings.TrimPrefix(versions.Kubernetes, "v"), ".", 3)
	install.KubeVersion = &chartutil.KubeVersion{Version: versions.Kubernetes, Major: version[0], Minor: version[1]}
	rendered, err := install.Run(chart, vals)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(rendered.Manifest)
	for _, hook := range rendered.Hooks {
		out.WriteString("\n---\n" + hook.Manifest)
	}
	return out.Bytes(), nil
}
