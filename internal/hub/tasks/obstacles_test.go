package tasks

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/workbench-dev/workbench/internal/hub/api"
)

// The console has words of its own for each obstacle, by the reasons that the document of the API names: it names those
// that the preflight gives, and no other.
func TestReasonsOfObstacles(t *testing.T) {
	values := map[string]string{}
	inspect(t, "../../../api/v1alpha1/releasetask_conditions.go", func(node ast.Node) {
		if spec, ok := node.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
				values[spec.Names[0].Name], _ = strconv.Unquote(literal.Value)
			}
		}
	})
	var given []string
	inspect(t, "../../release/preflight.go", func(node ast.Node) {
		if name, ok := node.(*ast.SelectorExpr); ok && strings.HasPrefix(name.Sel.Name, "Reason") && !slices.Contains(given, values[name.Sel.Name]) {
			given = append(given, values[name.Sel.Name])
		}
	})
	field, _ := reflect.TypeFor[api.Obstacle]().FieldByName("Reason")
	named := strings.Split(field.Tag.Get("enum"), ",")
	slices.Sort(given)
	slices.Sort(named)
	if diff := cmp.Diff(given, named); diff != "" {
		t.Errorf("reasons (-preflight +API):\n%s", diff)
	}
}

func inspect(t *testing.T, file string, visit func(ast.Node)) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(node ast.Node) bool {
		visit(node)
		return true
	})
}
