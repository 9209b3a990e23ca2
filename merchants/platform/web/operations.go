package web

import "github.com/danielgtaylor/huma/v2"

// Body is a huma input or output with a T as its body.
type Body[T any] struct{ Body T }

// Answer returns an output with a value as its body, or the error instead.
func Answer[T any](value T, err error) (*Body[T], error) {
	if err != nil {
		return nil, err
	}
	return &Body[T]{value}, nil
}

// WithoutSignIn marks an operation that needs no key and no session.
func WithoutSignIn(o huma.Operation) huma.Operation {
	o.Security = []map[string][]string{{}}
	return o
}

// Tagged returns a function that describes the operations of one tag; status 0 is huma's default.
func Tagged(tag string) func(method, path, id, summary string, status int) huma.Operation {
	return func(method, path, id, summary string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: status,
			Tags: []string{tag},
		}
	}
}
