// Package console holds the built web console, so that one program serves it together with the API.
//
// It is not a web server: which headers the files get, and what an unknown path answers, is the hub's concern.
package console

import (
	"embed"
	"io/fs"
)

// dist is filled by `make console`. Before that it holds one hidden file, so that everything that imports this
// package builds without npm.
//
//go:embed all:dist
var dist embed.FS

// Assets returns the files of the console. It has no index.html when the console was not built before this program.
func Assets() fs.FS {
	assets, err := fs.Sub(dist, "dist")
	if err != nil {
		// Only an invalid path does this, and the path is a constant.
		panic(err)
	}
	return assets
}
