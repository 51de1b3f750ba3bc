package release

import "strings"

// FieldError says what is wrong with one field of a resource and what to do about it.
type FieldError struct {
	// Field is the path of the field in the resource, as the API server writes it: spec.strategy.canary.steps[1].weight.
	Field string `json:"field"`
	// Message is a sentence that can be understood without the path.
	Message string `json:"message"`
}

// Error is the path and the sentence.
func (e FieldError) Error() string { return e.Field + ": " + e.Message }

// FieldErrors is all that is wrong with a resource, in the order of its fields. An empty one is no error: return
// it as an error with AsError only.
type FieldErrors []FieldError

// Error is one line for each field.
func (e FieldErrors) Error() string {
	lines := make([]string, len(e))
	for i, fieldError := range e {
		lines[i] = fieldError.Error()
	}
	return strings.Join(lines, "\n")
}

// AsError is nil when nothing is wrong.
func (e FieldErrors) AsError() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

func (e *FieldErrors) add(field, message string) {
	*e = append(*e, FieldError{Field: field, Message: message})
}
