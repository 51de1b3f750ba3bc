package hub

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/auth"
)

//go:embed document.html
var documentPage string

// serveDocument serves the OpenAPI document and the page made of it. The page is plain HTML: it works without a script,
// without the internet and under the hub's content security policy.
func serveDocument(mux *http.ServeMux, described huma.API) error {
	asYAML, err := described.OpenAPI().YAML()
	if err != nil {
		return fmt.Errorf("the API's document can't be written: %w", err)
	}
	asJSON, err := described.OpenAPI().MarshalJSON()
	if err != nil {
		return fmt.Errorf("the API's document can't be written: %w", err)
	}
	page, err := renderDocument(described.OpenAPI())
	if err != nil {
		return fmt.Errorf("the API's page can't be made: %w", err)
	}
	serve := func(path, contentType string, text func(*http.Request) []byte) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Cache-Control", "no-cache")
			_, _ = w.Write(text(r))
		})
	}
	serve("/openapi.yaml", "application/yaml", func(*http.Request) []byte { return asYAML })
	serve("/openapi.json", "application/json", func(*http.Request) []byte { return asJSON })
	serve("/docs", "text/html; charset=utf-8", func(r *http.Request) []byte { return auth.WithNonce(r.Context(), page) })
	return nil
}

// shownTag is a chapter of the page.
type shownTag struct {
	Name, ID, Description string
	Operations            []shownOperation
}

type shownOperation struct {
	ID, Method, Path, Summary, Description, Access string
	Parameters                                     []shownField
	Body                                           string
	Answers                                        []shownAnswer
}

type shownAnswer struct {
	Status, Description, Schema string
}

type shownSchema struct {
	Name   string
	Fields []shownField
}

type shownField struct {
	Name, In, Type, Description string
	Required                    bool
}

func renderDocument(document *huma.OpenAPI) ([]byte, error) {
	byTag := map[string]*shownTag{}
	var tags []*shownTag
	for _, tag := range document.Tags {
		shown := &shownTag{Name: tag.Name, ID: strings.ReplaceAll(strings.ToLower(tag.Name), " ", "-"), Description: tag.Description}
		byTag[tag.Name], tags = shown, append(tags, shown)
	}
	for path, item := range document.Paths {
		for _, operation := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if operation != nil {
				tag := byTag[operation.Tags[0]]
				tag.Operations = append(tag.Operations, showOperation(path, operation))
			}
		}
	}
	for _, tag := range tags {
		slices.SortFunc(tag.Operations, func(a, b shownOperation) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
		})
	}
	var schemas []shownSchema
	for name, schema := range document.Components.Schemas.Map() {
		schemas = append(schemas, shownSchema{Name: name, Fields: showFields(schema)})
	}
	slices.SortFunc(schemas, func(a, b shownSchema) int { return cmp.Compare(a.Name, b.Name) })

	var page bytes.Buffer
	parsed, err := template.New("document").Parse(documentPage)
	if err != nil {
		return nil, err
	}
	err = parsed.Execute(&page, map[string]any{
		"Title": document.Info.Title, "Version": document.Info.Version, "Description": document.Info.Description,
		"Tags": tags, "Schemas": schemas, "Nonce": auth.NoncePlaceholder,
	})
	return page.Bytes(), err
}

func showOperation(path string, operation *huma.Operation) shownOperation {
	shown := shownOperation{
		ID: operation.OperationID, Method: operation.Method, Path: path, Summary: operation.Summary, Description: operation.Description,
		Access: accessInWords(operation.Extensions[api.AccessKey]),
	}
	for _, parameter := range operation.Parameters {
		shown.Parameters = append(shown.Parameters, shownField{
			Name: parameter.Name, In: parameter.In, Type: typeOf(parameter.Schema), Required: parameter.Required,
			Description: describe(parameter.Schema),
		})
	}
	if operation.RequestBody != nil {
		for _, media := range operation.RequestBody.Content {
			shown.Body = typeOf(media.Schema)
		}
	}
	for status, response := range operation.Responses {
		answer := shownAnswer{Status: status, Description: response.Description}
		if code, err := strconv.Atoi(status); err != nil || code >= 300 && code != http.StatusFound {
			continue // all of them are problems, and told once
		}
		for kind, media := range response.Content {
			answer.Schema = typeOf(media.Schema)
			if kind != "application/json" {
				answer.Schema = kind
			}
		}
		shown.Answers = append(shown.Answers, answer)
	}
	slices.SortFunc(shown.Answers, func(a, b shownAnswer) int { return cmp.Compare(a.Status, b.Status) })
	return shown
}

func accessInWords(access any) string {
	switch access {
	case string(api.Public):
		return "anybody"
	case string(api.SignedIn):
		return "who signed in"
	case string(api.ForViewer):
		return "Viewer and above"
	case string(api.ForEditor):
		return "Editor and above"
	case string(api.ForAdmin):
		return "Admin"
	}
	return "platform administrators"
}

func showFields(schema *huma.Schema) []shownField {
	var fields []shownField
	for name, property := range schema.Properties {
		fields = append(fields, shownField{
			Name: name, Type: typeOf(property), Description: describe(property), Required: slices.Contains(schema.Required, name),
		})
	}
	slices.SortFunc(fields, func(a, b shownField) int { return cmp.Compare(a.Name, b.Name) })
	return fields
}

// typeOf names a type; that of a schema by its name alone.
func typeOf(schema *huma.Schema) string {
	switch {
	case schema == nil:
		return ""
	case schema.Ref != "":
		return schema.Ref[strings.LastIndexByte(schema.Ref, '/')+1:]
	case schema.Type == huma.TypeArray:
		return "list of " + typeOf(schema.Items)
	case len(schema.OneOf) > 0:
		var types []string
		for _, one := range schema.OneOf {
			types = append(types, typeOf(one))
		}
		return strings.Join(types, " or ")
	case schema.Format == "date-time":
		return "time"
	}
	return cmp.Or(schema.Type, "any")
}

// describe is the description with the limits.
func describe(schema *huma.Schema) string {
	if schema == nil {
		return ""
	}
	parts := []string{}
	if schema.Description != "" {
		parts = append(parts, schema.Description)
	}
	enum := schema.Enum
	if schema.Items != nil {
		enum = append(enum, schema.Items.Enum...)
	}
	if len(enum) > 0 {
		values := make([]string, len(enum))
		for i, value := range enum {
			values[i] = fmt.Sprint(value)
		}
		parts = append(parts, "One of "+strings.Join(values, ", ")+".")
	}
	for _, limit := range []struct {
		words string
		value any
		there bool
	}{
		{"At least %v.", number(schema.Minimum), schema.Minimum != nil}, {"At most %v.", number(schema.Maximum), schema.Maximum != nil},
		{"At most %v characters.", count(schema.MaxLength), schema.MaxLength != nil}, {"At most %v entries.", count(schema.MaxItems), schema.MaxItems != nil},
		{"Default %v.", schema.Default, schema.Default != nil},
	} {
		if limit.there {
			parts = append(parts, fmt.Sprintf(limit.words, limit.value))
		}
	}
	return strings.Join(parts, " ")
}

func number(f *float64) any {
	if f == nil {
		return nil
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}

func count(n *int) any {
	if n == nil {
		return nil
	}
	return *n
}
