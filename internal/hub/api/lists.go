package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// fillLists makes every list that is nil an empty one, so that clients never meet null where the document says list.
func fillLists(_ huma.Context, _ string, v any) (any, error) {
	value := reflect.ValueOf(v)
	if value.Kind() == reflect.Struct {
		// What a handler returns by value can't be changed in place.
		copied := reflect.New(value.Type())
		copied.Elem().Set(value)
		value = copied
	}
	fill(value)
	return value.Interface(), nil
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem())
		}
	case reflect.Struct:
		if !v.CanSet() {
			return
		}
		for i := range v.NumField() {
			if field := v.Field(i); field.CanSet() {
				fill(field)
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			if v.CanSet() {
				v.Set(reflect.MakeSlice(v.Type(), 0, 0))
			}
			return
		}
		switch v.Type().Elem().Kind() {
		case reflect.Struct, reflect.Pointer, reflect.Slice:
			for i := range v.Len() {
				fill(v.Index(i))
			}
		}
	}
}
