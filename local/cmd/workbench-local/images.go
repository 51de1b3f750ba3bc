package main

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/spf13/cobra"

	"github.com/workbench-dev/workbench/local/images"
)

// imageFlags describe an image made from files of this machine.
type imageFlags struct {
	ref        string
	binary     string
	entrypoint string
	user       string
	files      []string
}

func (f *imageFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.ref, "ref", "", "the image's name, HOST/PATH:TAG")
	cmd.Flags().StringVar(&f.binary, "binary", "", "a static program; it lies in the image's root under its own name")
	cmd.Flags().StringVar(&f.entrypoint, "entrypoint", "", "what the image runs, words parted by spaces (default: the program)")
	cmd.Flags().StringVar(&f.user, "user", "65532:65532", "numeric user[:group] that it runs as")
	cmd.Flags().StringArrayVar(&f.files, "file", nil, "another file or program, SOURCE=DESTINATION; may be repeated")
}

func (f *imageFlags) make() (v1.Image, error) {
	if f.ref == "" {
		return nil, fmt.Errorf("the image needs a name: give --ref HOST/PATH:TAG")
	}
	if f.binary == "" && len(f.files) == 0 {
		return nil, fmt.Errorf("the image %s would be empty: give --binary PATH or --file SOURCE=DESTINATION", f.ref)
	}
	extra := map[string]string{}
	for _, pair := range f.files {
		source, destination, ok := strings.Cut(pair, "=")
		if !ok || source == "" || destination == "" {
			return nil, fmt.Errorf("%q isn't a file for the image: write SOURCE=DESTINATION", pair)
		}
		extra[source] = destination
	}
	return images.FromBinary(f.binary, extra, images.Config{Entrypoint: strings.Fields(f.entrypoint), User: f.user})
}

func loadImageCommand(o *options) *cobra.Command {
	flags := &imageFlags{}
	cmd := &cobra.Command{
		Use:   "load-image [FILE.tar…]",
		Short: "Make images available to the cluster's pods",
		Long: `Load-image takes images into the cluster, either from tarballs as docker save
writes them, or made on the spot from a static program (--ref and --binary). Pods
pull them by their names. An image that is loaded again replaces the old one for
pods with imagePullPolicy Always; others keep what the node has pulled.`,
		Example: `  workbench-local load-image web.tar
  workbench-local load-image --ref example.com/shop/web:v1 --binary bin/web`,
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := o.cluster()
			if err != nil {
				return err
			}
			if !c.Exists() {
				return c.NotRunning()
			}
			for _, path := range args {
				names, err := c.LoadTarball(path)
				if err != nil {
					return err
				}
				for _, name := range names {
					fmt.Println(name)
				}
			}
			if flags.ref == "" && len(args) > 0 {
				return nil
			}
			img, err := flags.make()
			if err != nil {
				return err
			}
			if err := c.PutImage(flags.ref, img); err != nil {
				return err
			}
			fmt.Println(flags.ref)
			return nil
		},
	}
	flags.add(cmd)
	return cmd
}

func imageCommand() *cobra.Command {
	flags := &imageFlags{}
	var out string
	cmd := &cobra.Command{
		Use:     "image",
		Short:   "Make an image tarball from a static program",
		Example: "  workbench-local image --ref example.com/shop/web:v1 --binary bin/web -o web.tar",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			img, err := flags.make()
			if err != nil {
				return err
			}
			return images.WriteTarball(out, flags.ref, img)
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVarP(&out, "output", "o", "image.tar", "the tarball to write")
	return cmd
}
