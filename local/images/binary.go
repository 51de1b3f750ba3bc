package images

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// defaultUser is nobody in particular, as in many images without a shell.
const defaultUser = "65532:65532"

var numericUser = regexp.MustCompile(`^[0-9]+(:[0-9]+)?$`)

// FromBinary makes an image of one static program, which lies in the root under
// its own name, and of more files (source to destination). Either may be missing.
// The entry point defaults to the program, the user to 65532.
func FromBinary(binary string, more map[string]string, config Config) (v1.Image, error) {
	files := newRoot()
	if binary != "" {
		name := filepath.Base(binary)
		files.program(name, binary)
		if len(config.Entrypoint) == 0 {
			config.Entrypoint = []string{"/" + name}
		}
	}
	for source, destination := range more {
		info, err := os.Stat(source)
		if err != nil {
			return nil, fmt.Errorf("the file for the image can't be read: %w", err)
		}
		files[strings.TrimLeft(destination, "/")] = file{source: source, mode: int64(info.Mode().Perm())}
	}
	if config.User == "" {
		config.User = defaultUser
	}
	if !numericUser.MatchString(config.User) {
		return nil, fmt.Errorf("the user %q isn't numeric: write UID or UID:GID", config.User)
	}
	return Make(files, config)
}
