package promql

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

const (
	// MaxReach is how far back a query may look, ranges, offsets and subqueries added up.
	MaxReach = 24 * time.Hour
	// maxPoints is how many points a subquery may compute.
	maxPoints = 1000
	// maxSelectors is how many selectors a query may have.
	maxSelectors = 20
)

// namespaceLabels are the labels by which the usual scrape rules, Istio and OpenTelemetry name the namespace that a
// series is about. Each is set by whoever scrapes or by the proxy, not by the application.
var namespaceLabels = []string{"namespace", "kubernetes_namespace", "k8s_namespace_name", "destination_service_namespace", "destination_workload_namespace"}

// language is PromQL without what is experimental: that could change under a task, and info() reads series that no
// selector of the query shows.
var language = parser.NewParser(parser.Options{})

// Prepare is the query as it may be sent for a task: placeholders filled in, and every selector kept to the task's
// namespace. It must give one number: an instant vector or a scalar.
func Prepare(query string, values Values) (string, error) {
	filled, err := fill(query, values)
	if err != nil {
		return "", err
	}
	expression, err := language.ParseExpr(filled)
	if err != nil {
		return "", fmt.Errorf("the query is not PromQL: %w", err)
	}
	if t := expression.Type(); t != parser.ValueTypeVector && t != parser.ValueTypeScalar {
		return "", fmt.Errorf("the query gives a %s: it must give one number, so take a rate or an average over the range", parser.DocumentedType(t))
	}
	scoped := scope{namespace: values.Namespace}
	parser.Inspect(expression, scoped.visit)
	if scoped.selectors == 0 {
		scoped.problems = append(scoped.problems, errors.New("the query reads nothing: name a metric"))
	}
	if scoped.selectors > maxSelectors {
		scoped.problems = append(scoped.problems, fmt.Errorf("the query has %d selectors: at most %d are possible", scoped.selectors, maxSelectors))
	}
	if err := errors.Join(scoped.problems...); err != nil {
		return "", err
	}
	return expression.String(), nil
}

// Check says what is wrong with a query as a person wrote it, before its task exists.
func Check(query string) error {
	_, err := Prepare(query, Values{Task: "task", Namespace: "namespace", Service: "service", Stable: "stable", Canary: "canary"})
	var elsewhere *OtherNamespaceError
	if errors.As(err, &elsewhere) {
		return nil // the namespace may be written out; only with the real one can be told
	}
	return err
}

// OtherNamespaceError says that a query names another namespace than its task's.
type OtherNamespaceError struct {
	Selector, Label, Value, Namespace string
}

// Error is the sentence.
func (e *OtherNamespaceError) Error() string {
	return fmt.Sprintf("%s reads namespace %q, and the query may read %q only: write %s=\"{{namespace}}\"", e.Selector, e.Value, e.Namespace, e.Label)
}

// scope keeps the selectors of an expression to a namespace.
type scope struct {
	namespace string
	selectors int
	problems  []error
}

func (s *scope) visit(node parser.Node, path []parser.Node) error {
	selector, ok := node.(*parser.VectorSelector)
	if !ok {
		return nil
	}
	s.selectors++
	if err := checkReach(selector, path); err != nil {
		s.problems = append(s.problems, err)
	}
	found := false
	for _, matcher := range selector.LabelMatchers {
		if matcher.Type != labels.MatchEqual || !slices.Contains(namespaceLabels, matcher.Name) {
			continue
		}
		if matcher.Value != s.namespace {
			s.problems = append(s.problems, &OtherNamespaceError{Selector: selector.String(), Label: matcher.Name, Value: matcher.Value, Namespace: s.namespace})
		}
		found = true
	}
	if !found {
		selector.LabelMatchers = append(selector.LabelMatchers, labels.MustNewMatcher(labels.MatchEqual, "namespace", s.namespace))
	}
	return nil
}

// checkReach adds up how far back a selector looks, with all that it stands in.
func checkReach(selector *parser.VectorSelector, path []parser.Node) error {
	reach := max(selector.OriginalOffset, 0)
	if selector.Timestamp != nil || selector.StartOrEnd != 0 {
		return fmt.Errorf("%s looks at a fixed time: leave the @ out", selector)
	}
	if selector.OriginalOffset < 0 {
		return fmt.Errorf("%s looks into the future: leave the negative offset out", selector)
	}
	for _, node := range path {
		switch outer := node.(type) {
		case *parser.MatrixSelector:
			reach += outer.Range
		case *parser.SubqueryExpr:
			if outer.Timestamp != nil || outer.StartOrEnd != 0 || outer.OriginalOffset < 0 {
				return errors.New("a subquery looks at a fixed time or into the future: leave the @ or the negative offset out")
			}
			step := outer.Step
			if step == 0 {
				step = time.Minute
			}
			if outer.Range/step > maxPoints {
				return fmt.Errorf("the subquery [%s:%s] has %d points: at most %d are possible, take a longer step", model.Duration(outer.Range), model.Duration(step), outer.Range/step, maxPoints)
			}
			reach += outer.Range + outer.OriginalOffset
		}
	}
	if reach > MaxReach {
		return fmt.Errorf("%s looks back %s: at most %s are possible", selector, model.Duration(reach), model.Duration(MaxReach))
	}
	return nil
}

// Quote is a string as PromQL writes it.
func Quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}
