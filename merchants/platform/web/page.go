package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
)

// Limits of a page of a list, in items.
const (
	MaxLimit     = 200
	defaultLimit = 50
)

// Page selects a page of a list; embed it in a huma input.
type Page struct {
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"items per page"`
	After string `query:"after" maxLength:"4000" doc:"the value of next in the page before"`
}

// Mark is a place in an ordered list. Its text is an opaque, URL-safe cursor.
type Mark struct {
	At   *time.Time `json:"t,omitempty"` // for lists by time
	ID   uuid.UUID  `json:"i"`
	Text string     `json:"s,omitempty"` // for lists by a word, such as a stall's number
}

// Size returns the number of requested items.
func (p Page) Size() int {
	if p.Limit < 1 || p.Limit > MaxLimit {
		return defaultLimit
	}
	return p.Limit
}

// Mark returns the position after which the page starts; the zero mark is the beginning of the
// list.
func (p Page) Mark() (Mark, error) {
	var m Mark
	if p.After == "" {
		return m, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.After)
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err != nil {
		return m, problem.Of("after", "cursor_form", "Vị trí trang không hợp lệ.", "The cursor is not valid.")
	}
	return m, nil
}

// String returns the mark as an opaque cursor.
func (m Mark) String() string {
	raw, _ := json.Marshal(m)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Cut returns a page's items from a list that has at most one more, and the cursor of the next
// page: nil at the end.
func Cut[T any](items []T, p Page, mark func(T) Mark) ([]T, *string) {
	if len(items) <= p.Size() {
		if items == nil {
			items = []T{}
		}
		return items, nil
	}
	items = items[:p.Size()]
	next := mark(items[len(items)-1]).String()
	return items, &next
}

// List is the body of every list.
type List[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next" doc:"cursor of the next page, null at the end"`
}

// Named is the id in a route's path; embed it in a huma input, which looks into exported types
// only.
type Named struct {
	ID string `path:"id"`
}

// UUID returns the id, or the refusal that the named object does not exist.
func (n Named) UUID(what string) (uuid.UUID, error) {
	id, err := uuid.Parse(n.ID)
	if err != nil {
		return id, problem.Missing(what)
	}
	return id, nil
}

// Caller returns who makes the request, and the id of its path.
func (n Named) Caller(ctx context.Context, what string) (who roles.Principal, id uuid.UUID, err error) {
	if who, err = roles.From(ctx); err != nil {
		return who, uuid.Nil, err
	}
	id, err = n.UUID(what)
	return who, id, err
}
