// Package problem defines the refusals that a caller may read. A use case returns New(kind, code, vi,
// en); package web answers it as RFC 9457 application/problem+json in Vietnamese or English. Any
// other error becomes a 500 without details, and is logged once.
package problem

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Kind is the kind of a refusal; its number is the HTTP status.
type Kind int

// Left is the status in logs and metrics of a request that its caller gave up. No standard has one, and
// the answer has no reader; nginx uses this number.
const Left = 499

// The kinds of refusal (merchants/access/roles/README.md, "Errors").
const (
	Malformed    Kind = http.StatusBadRequest            // the text could not be read
	Unauthorized Kind = http.StatusUnauthorized          // a stranger
	Forbidden    Kind = http.StatusForbidden             // in scope and not allowed
	NotFound     Kind = http.StatusNotFound              // does not exist, or lies in another scope
	Conflict     Kind = http.StatusConflict              // conflicts with the present state
	TooLarge     Kind = http.StatusRequestEntityTooLarge // past a named limit
	Unsupported  Kind = http.StatusUnsupportedMediaType  // a body of a kind that is not read here
	Invalid      Kind = http.StatusUnprocessableEntity   // readable and wrong
	TooMany      Kind = http.StatusTooManyRequests       // past a rate
	Unavailable  Kind = http.StatusServiceUnavailable    // the database is down: try again
	internal     Kind = http.StatusInternalServerError
	left         Kind = Left
)

// Error is a refusal: a stable code, a sentence in both languages and, for invalid input, the
// fields at fault.
type Error struct {
	Kind       Kind
	Code       string // stable, snake_case
	Vi, En     string // the sentence for the caller
	Fields     []Field
	RetryAfter int // seconds; 0: no such header
}

// Field is one field at fault, named as the caller wrote it ("account.bank_bin").
type Field struct{ Name, Code, Vi, En string }

// New returns a refusal of a kind with its stable code and its sentence in Vietnamese and English.
func New(kind Kind, code, vi, en string) *Error {
	return &Error{Kind: kind, Code: code, Vi: vi, En: en}
}

// Of returns the refusal of one invalid field.
func Of(field, code, vi, en string) *Error {
	return InFields(Field{field, code, vi, en})
}

// InFields returns the refusal of one or more invalid fields. With one field its code is the
// refusal's code.
func InFields(fields ...Field) *Error {
	e := New(Invalid, "invalid_input", "Dữ liệu chưa đúng, xem từng trường.", "The input is invalid, see each field.")
	e.Fields = fields
	if len(fields) == 1 {
		e.Code, e.Vi, e.En = fields[0].Code, fields[0].Vi, fields[0].En
	}
	return e
}

// Missing returns the refusal for an id that does not exist or lies in another scope; both look
// alike.
func Missing(what string) *Error {
	return New(NotFound, "not_found", "Không tìm thấy.", "No such "+what+".")
}

// Required returns the fault of a field that is absent.
func Required(field string) Field {
	return Field{Name: field, Code: "required", Vi: "Thiếu trường này.", En: "This field is required."}
}

// UnknownValue returns the field error for a word outside a list, and names the list.
func UnknownValue(field, got string, known ...string) Field {
	list := strings.Join(known, ", ")
	return Field{
		field, "unknown_value",
		fmt.Sprintf("%q không có trong danh sách: %s.", shortenText(got), list),
		fmt.Sprintf("%q is not one of: %s.", shortenText(got), list),
	}
}

func shortenText(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// Error returns the English sentence with its code, for logs.
func (e *Error) Error() string {
	var s strings.Builder
	s.WriteString(e.Code + ": " + e.En)
	for _, f := range e.Fields {
		if len(e.Fields) > 1 {
			s.WriteString(" " + f.Name + ": " + f.En)
		}
	}
	return s.String()
}

// GetStatus returns the HTTP status (huma.StatusError).
func (e *Error) GetStatus() int { return int(e.Kind) }

// Is makes errors.Is(err, &Error{Code: "…"}) compare codes.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code
}
