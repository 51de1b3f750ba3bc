package hub

import (
	"bytes"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/workbench-dev/workbench/internal/hub/auth"
)

// site serves the console: its files, and its page for every other path, since the console itself knows them.
type site struct {
	files fs.FS
	// page is index.html; nil when the console was not built.
	page []byte
}

func newSite(files fs.FS) *site {
	s := &site{files: files}
	if page, err := fs.ReadFile(files, "index.html"); err == nil {
		s.page = page
	}
	return s
}

// ServeHTTP implements http.Handler.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		writeProblem(w, http.StatusMethodNotAllowed, "Pages can only be read.")
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if text, err := fs.ReadFile(s.files, name); err == nil && name != "index.html" && !strings.HasPrefix(path.Base(name), ".") {
		if strings.HasPrefix(name, "assets/") {
			// Their names change with their content.
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(text))
		return
	}
	switch {
	case strings.HasPrefix(name, "assets/"):
		writeProblem(w, http.StatusNotFound, "This file is of another version of the console: load the page again.")
	case s.page == nil:
		writeProblem(w, http.StatusNotFound, "This hub was built without the console. The API is described at /docs.")
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store") // it holds the nonce of this answer
		_, _ = w.Write(auth.WithNonce(r.Context(), s.page))
	}
}
