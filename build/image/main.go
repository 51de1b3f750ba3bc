// Command image packs one static program into a container image and writes it as an archive that `docker load`,
// `podman load`, `crane push` and `workbench-local load-image` read. It needs no container engine, and equal input
// gives an equal image.
//
//	go run ./build/image --tag docker.io/workbench-dev/workbench:dev --output bin/images/workbench.tar bin/workbench
//
// It makes one layer with that program, a user without rights and, when asked, certificates; for anything more, use a
// real image builder.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "image:", err)
		}
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	tag := flags.String("tag", "", "full name of the image, such as docker.io/workbench-dev/workbench:dev")
	output := flags.String("output", "", "archive to write")
	certificates := flags.String("certificates", "", "PEM file with certificate authorities to put into the image (empty: none)")
	arch := flags.String("arch", runtime.GOARCH, "processor the program was built for")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: image --tag NAME:TAG --output FILE.tar PROGRAM")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *tag == "" || *output == "" || flags.NArg() != 1 {
		return errors.New("give --tag, --output and one program; --help says more")
	}
	source := flags.Arg(0)
	program, err := os.ReadFile(source)
	if err != nil {
		return fmt.Errorf("the program can't be read: %w", err)
	}
	img := image{tag: *tag, arch: *arch, name: filepath.Base(source), program: program}
	if *certificates != "" {
		if img.certificates, err = os.ReadFile(*certificates); err != nil {
			return fmt.Errorf("the certificates can't be read: %w", err)
		}
	}
	archive, err := img.archive()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(*output), 0o755); err != nil {
		return err
	}
	// Written aside first: an archive cut off in the middle would look like a finished one to make.
	aside := *output + ".new"
	if err := os.WriteFile(aside, archive, 0o644); err != nil {
		return fmt.Errorf("the image can't be written: %w", err)
	}
	return os.Rename(aside, *output)
}
