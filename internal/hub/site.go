package hub

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/workbench-dev/workbench/internal/hub/auth"
)

// site serves the console: its files, and its page for every other path, since the console itself knows them.
type site struct {
	files fs.FS
	// page is index.html; nil when the console was not built.
	page []byte
	// packed holds what was asked for of assets/, compressed, by its name: as small as it gets, once and not for everybody.
	packed sync.Map
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
			if isText(name) && takesGzip(r) {
				s.writePacked(w, name, text)
				return
			}
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

// writePacked answers with a file, compressed. What reads answers on the way leaves those alone that are already.
func (s *site) writePacked(w http.ResponseWriter, name string, text []byte) {
	packed, known := s.packed.Load(name)
	if !known {
		packed, _ = s.packed.LoadOrStore(name, pack(text))
	}
	small := packed.([]byte)
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Content-Length", strconv.Itoa(len(small)))
	_, _ = w.Write(small)
}

func pack(text []byte) []byte {
	var out bytes.Buffer
	// Neither fails: the level is a valid one, and memory takes all that is written to it.
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	_, _ = w.Write(text)
	_ = w.Close()
	return out.Bytes()
}

func isText(name string) bool {
	return slices.Contains([]string{".js", ".css", ".svg"}, path.Ext(name))
}

// takesGzip reads the Accept-Encoding header (RFC 9110, 12.5.3), in which a quality of 0 refuses.
func takesGzip(r *http.Request) bool {
	for _, one := range strings.Split(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		coding, quality, _ := strings.Cut(one, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			return strings.Trim(strings.ReplaceAll(quality, " ", ""), "0.") != "q="
		}
	}
	return false
}
