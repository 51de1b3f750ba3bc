package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"
)

// Env is what the commands take from the world around them, so that a test can be that world.
type Env struct {
	genericiooptions.IOStreams
	// Clock tells the time and wakes the live picture.
	Clock clock.WithTicker
	// Terminal measures the terminal that Out writes to; ok is false when Out is no terminal.
	Terminal func() (width, height int, ok bool)
	// Color allows colours where Out is a terminal.
	Color bool
	// Program is how the person calls the program: "workbench" or "kubectl workbench".
	Program string
	// Version of the program, such as v0.1.0.
	Version string
	// Config says which cluster, user and namespace are meant; its flags are those of kubectl.
	Config *genericclioptions.ConfigFlags
}

// NewEnv is the world of a real process.
func NewEnv(arguments0, version string) Env {
	return Env{
		IOStreams: genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr},
		Clock:     clock.RealClock{},
		Terminal:  func() (int, int, bool) { return measure(os.Stdout) },
		Color:     os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		Program:   programName(arguments0),
		Version:   version,
		Config:    genericclioptions.NewConfigFlags(true),
	}
}

// programName is how kubectl's users call a plug-in when the program is installed as one.
func programName(arguments0 string) string {
	name := strings.TrimSuffix(filepath.Base(arguments0), ".exe")
	if strings.HasPrefix(name, "kubectl-") || strings.HasPrefix(name, "kubectl_complete-") {
		return "kubectl workbench"
	}
	return "workbench"
}

func measure(out io.Writer) (width, height int, ok bool) {
	file, isFile := out.(*os.File)
	if !isFile || !term.IsTerminal(int(file.Fd())) || os.Getenv("TERM") == "dumb" {
		return 0, 0, false
	}
	width, height, err := term.GetSize(int(file.Fd()))
	return width, height, err == nil && width > 0 && height > 0
}
