package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// Formats of -o.
const (
	formatTable   = "table"
	formatWide    = "wide"
	formatJSON    = "json"
	formatYAML    = "yaml"
	formatName    = "name"
	formatPicture = "picture"
	formatText    = "text"
)

// outputFlag is -o.
type outputFlag struct {
	format  string
	allowed []string
}

// add registers -o; the first format is the usual one.
func (o *outputFlag) add(command *cobra.Command, allowed ...string) {
	o.allowed = allowed
	command.Flags().StringVarP(&o.format, "output", "o", allowed[0], "output format: "+strings.Join(allowed, ", "))
	mustRegister(command, "output", cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp))
}

func (o *outputFlag) check() error {
	if slices.Contains(o.allowed, o.format) {
		return nil
	}
	return usagef("-o %s is not possible here: choose one of %s", o.format, strings.Join(o.allowed, ", "))
}

// structured prints an object or a list as JSON, YAML or names; handled is false for formats that are for people.
func (o *outputFlag) structured(out io.Writer, object runtime.Object) (handled bool, err error) {
	var printer printers.ResourcePrinter
	switch o.format {
	case formatJSON:
		printer = &printers.JSONPrinter{}
	case formatYAML:
		printer = &printers.YAMLPrinter{}
	case formatName:
		return true, printNames(out, object)
	default:
		return false, nil
	}
	return true, (&printers.OmitManagedFieldsPrinter{Delegate: printer}).PrintObj(object, out)
}

// printNames prints kind and name of an object, or of each one of a list.
func printNames(out io.Writer, object runtime.Object) error {
	printer := &printers.NamePrinter{}
	if !meta.IsListType(object) {
		return printer.PrintObj(object, out)
	}
	return meta.EachListItem(object, func(item runtime.Object) error { return printer.PrintObj(item, out) })
}

// withKinds fills the kinds in that the API server leaves out of typed answers.
func withKinds(object runtime.Object) runtime.Object {
	gvk := v1alpha1.GroupVersion
	switch typed := object.(type) {
	case *v1alpha1.ReleaseTask:
		typed.SetGroupVersionKind(gvk.WithKind("ReleaseTask"))
	case *v1alpha1.ReleaseAction:
		typed.SetGroupVersionKind(gvk.WithKind("ReleaseAction"))
	case *v1alpha1.ReleaseTaskList:
		typed.SetGroupVersionKind(gvk.WithKind("ReleaseTaskList"))
		_ = meta.EachListItem(typed, func(item runtime.Object) error { withKinds(item); return nil })
	case *v1alpha1.ReleaseActionList:
		typed.SetGroupVersionKind(gvk.WithKind("ReleaseActionList"))
		_ = meta.EachListItem(typed, func(item runtime.Object) error { withKinds(item); return nil })
	}
	return object
}

// writeTable writes rows in columns as kubectl does; empty cells are shown as <none>.
func writeTable(out io.Writer, header []string, rows [][]string) error {
	writer := printers.GetNewTabWriter(out)
	fmt.Fprintln(writer, strings.Join(header, "\t"))
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = orElse(oneLine(cell), "<none>")
		}
		fmt.Fprintln(writer, strings.Join(cells, "\t"))
	}
	return writer.Flush()
}

// oneLine keeps a cell in its row and control characters out of the terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

// ago is how long something is past, as kubectl writes ages.
func ago(now time.Time, then metav1.Time) string {
	if then.IsZero() {
		return "<unknown>"
	}
	return duration.HumanDuration(now.Sub(then.Time))
}
