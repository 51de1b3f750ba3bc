package images

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Files is the content of an image being put together: paths without a leading
// slash, mapped to what lies there.
type Files map[string]file

type file struct {
	source  string // path on this machine, or
	content []byte // content, or
	link    string // target of a symbolic link; a directory when all are empty
	dir     bool
	mode    int64
	owner   int
}

// newRoot returns the skeleton of a merged-/usr root file system, with the users
// that upstream's manifests run as.
func newRoot() Files {
	f := Files{}
	for _, dir := range []string{"usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "usr/local/bin", "etc", "run", "var"} {
		f.dir(dir, 0o755, 0)
	}
	f.dir("tmp", 0o1777, 0)
	for _, dir := range []string{"bin", "sbin", "lib", "lib64"} {
		f.symlink(dir, "usr/"+dir)
	}
	f.text("etc/passwd", "root:x:0:0:root:/:/bin/sh\nistio-proxy:x:1337:1337::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
	f.text("etc/group", "root:x:0:\nistio-proxy:x:1337:\nnobody:x:65534:\n")
	f.text("etc/nsswitch.conf", "hosts: files dns\n")
	return f
}

func (f Files) dir(at string, mode int64, owner int) {
	f[at] = file{dir: true, mode: mode, owner: owner}
}
func (f Files) symlink(at, target string) { f[at] = file{link: target, mode: 0o777} }
func (f Files) text(at, content string)   { f[at] = file{content: []byte(content), mode: 0o644} }
func (f Files) program(at, source string) { f[at] = file{source: source, mode: 0o755} }
func (f Files) copy(at, source string)    { f[at] = file{source: source, mode: 0o644} }

// dynamic adds a program with the shared libraries it needs.
func (f Files) dynamic(at, source string) error {
	f.program(at, source)
	return f.libraries(source)
}

// libraries adds the shared libraries that the program or library at source
// needs, under the paths the loader looks at.
func (f Files) libraries(source string) error {
	output, err := exec.Command("ldd", source).CombinedOutput()
	if err != nil {
		if strings.Contains(string(output), "not a dynamic executable") || strings.Contains(string(output), "statically linked") {
			return nil
		}
		return fmt.Errorf("the libraries of %s can't be listed (%w): %s", source, err, strings.TrimSpace(string(output)))
	}
	for _, word := range strings.Fields(string(output)) {
		if !strings.HasPrefix(word, "/") {
			continue
		}
		at := strings.TrimPrefix(path.Clean(word), "/")
		if !strings.HasPrefix(at, "usr/") {
			at = "usr/" + at // /lib is a link to usr/lib in the image
		}
		f.program(at, word)
	}
	return nil
}

// netfilterTools adds iptables (both flavours) and nft with their plug-ins.
func (f Files) netfilterTools() error {
	for _, tool := range []string{"/usr/sbin/xtables-nft-multi", "/usr/sbin/xtables-legacy-multi", "/usr/sbin/nft"} {
		if err := f.dynamic(strings.TrimPrefix(tool, "/"), tool); err != nil {
			return err
		}
	}
	for _, family := range []string{"iptables", "ip6tables"} {
		for _, action := range []string{"", "-save", "-restore"} {
			f.symlink("usr/sbin/"+family+action, "xtables-nft-multi")
			f.symlink("usr/sbin/"+family+"-nft"+action, "xtables-nft-multi")
			f.symlink("usr/sbin/"+family+"-legacy"+action, "xtables-legacy-multi")
		}
	}
	plugins, err := filepath.Glob("/usr/lib/*/xtables/*.so")
	if err != nil || len(plugins) == 0 {
		return fmt.Errorf("the plug-ins of iptables were not found under /usr/lib/*/xtables: is the package iptables installed completely?")
	}
	for _, plugin := range plugins {
		f.copy(strings.TrimPrefix(plugin, "/"), plugin)
		// Plug-ins have libraries of their own (libm for the statistic match).
		if err := f.libraries(plugin); err != nil {
			return err
		}
	}
	return nil
}

// tar returns the files as an uncompressed layer. Times are fixed, so that equal
// files make equal layers.
func (f Files) tar() ([]byte, error) {
	var names []string
	for name := range f {
		names = append(names, name)
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if _, ok := f[dir]; !ok {
				names = append(names, dir)
				f[dir] = file{dir: true, mode: 0o755}
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	var buf bytes.Buffer
	tw := tar.NewWriter(&buf)
	for _, name := range names {
		if err := f[name].write(tw, name); err != nil {
			return nil, fmt.Errorf("putting %s into the image: %w", name, err)
		}
	}
	if err := tw.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func (x file) write(tw *tar.Writer, name string) error {
	h := &tar.Header{Name: name, Mode: x.mode, Uid: x.owner, Gid: x.owner, ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
	switch {
	case x.dir:
		h.Typeflag, h.Name = tar.TypeDir, name+"/"
		return tw.WriteHeader(h)
	case x.link != "":
		h.Typeflag, h.Linkname = tar.TypeSymlink, x.link
		return tw.WriteHeader(h)
	case x.source == "":
		h.Typeflag, h.Size = tar.TypeReg, int64(len(x.content))
		if err := tw.WriteHeader(h); err != nil {
			return err
		}
		_, err := tw.Write(x.content)
		return err
	}
	in, err := os.Open(x.source)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	h.Typeflag, h.Size = tar.TypeReg, info.Size()
	if err := tw.WriteHeader(h); err != nil {
		return err
	}
	_, err = io.Copy(tw, in)
	return err
}
