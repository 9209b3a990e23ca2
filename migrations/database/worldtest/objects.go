package worldtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"strconv"
	"strings"
)

// Object is a decoded JSON object. A path names members and positions in it, such as
// "accounts.0.bank_bin".
type Object map[string]any

// Decode returns the object in an answer, which is empty if the answer is no object.
func Decode(answer *httptest.ResponseRecorder) Object {
	o := Object{}
	_ = json.Unmarshal(answer.Body.Bytes(), &o)
	return o
}

// At returns the value at a path, or nil if there is none.
func (o Object) At(path string) any {
	var at any = map[string]any(o)
	for name := range strings.SplitSeq(path, ".") {
		switch parent := at.(type) {
		case map[string]any:
			at = parent[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(parent) {
				return nil
			}
			at = parent[i]
		default:
			return nil
		}
	}
	return at
}

// Text returns the value at a path as text, or "" if there is none.
func (o Object) Text(path string) string {
	if at := o.At(path); at != nil {
		return fmt.Sprint(at)
	}
	return ""
}

// Member returns the object at a path, or nil if there is none.
func (o Object) Member(path string) Object {
	member, _ := o.At(path).(map[string]any)
	return member
}

// List returns the objects of the list at a path.
func (o Object) List(path string) []Object {
	list, _ := o.At(path).([]any)
	objects := make([]Object, len(list))
	for i, item := range list {
		objects[i], _ = item.(map[string]any)
	}
	return objects
}

// Items returns the objects of a page.
func (o Object) Items() []Object { return o.List("items") }

// With returns a copy of an object with another value at a path of names.
func (o Object) With(path string, value any) Object {
	changed := maps.Clone(o)
	outer, inner, nested := strings.Cut(path, ".")
	if nested {
		value = o[outer].(Object).With(inner, value)
	}
	changed[outer] = value
	return changed
}
