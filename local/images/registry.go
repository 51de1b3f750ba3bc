package images

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Registry answers the pull half of the OCI distribution API
// (github.com/opencontainers/distribution-spec) from image stores, the first one
// that has a name winning. It reads the disk at every request, so an image is
// served as soon as it is stored and a restart loses nothing. Pushing isn't
// offered: images come in through Store.
//
// The library's own registry keeps manifests in memory and would have to be fed
// anew at each start, which is why this one exists.
type Registry struct{ Stores []Store }

// Serve answers on the listener until it is closed.
func (r Registry) Serve(listener net.Listener) error { return http.Serve(listener, r) }

func (r Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		refuse(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "This registry only serves images; load them with `workbench-local load-image`.")
		return
	}
	path := strings.TrimPrefix(req.URL.Path, "/v2/")
	if path == "" || path == "/v2" {
		w.WriteHeader(http.StatusOK)
		return
	}
	if repository, reference, ok := cutLast(path, "/manifests/"); ok {
		r.manifest(w, req, repository, reference)
		return
	}
	if _, digest, ok := cutLast(path, "/blobs/"); ok {
		r.blob(w, req, digest)
		return
	}
	refuse(w, http.StatusNotFound, "UNSUPPORTED", "There is nothing at this address.")
}

func (r Registry) manifest(w http.ResponseWriter, req *http.Request, repository, reference string) {
	for _, store := range r.Stores {
		d, ok := store.find(repository, reference)
		if !ok {
			continue
		}
		data, err := os.ReadFile(store.blob(d.Digest))
		if err != nil {
			refuse(w, http.StatusInternalServerError, "UNKNOWN", err.Error())
			return
		}
		w.Header().Set("Content-Type", string(d.MediaType))
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Header().Set("Docker-Content-Digest", d.Digest.String())
		if req.Method == http.MethodGet {
			_, _ = w.Write(data)
		}
		return
	}
	refuse(w, http.StatusNotFound, "MANIFEST_UNKNOWN", fmt.Sprintf("The image %s:%s isn't in this cluster; load it with `workbench-local load-image`.", repository, reference))
}

func (r Registry) blob(w http.ResponseWriter, req *http.Request, digest string) {
	hash, err := v1.NewHash(digest)
	if err != nil {
		refuse(w, http.StatusBadRequest, "DIGEST_INVALID", err.Error())
		return
	}
	for _, store := range r.Stores {
		f, err := os.Open(store.blob(hash))
		if err != nil {
			continue
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			continue
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Docker-Content-Digest", digest)
		http.ServeContent(w, req, "", info.ModTime(), f)
		return
	}
	refuse(w, http.StatusNotFound, "BLOB_UNKNOWN", "This blob isn't in this cluster.")
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": []map[string]string{{"code": code, "message": message}}})
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
