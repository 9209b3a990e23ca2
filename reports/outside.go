package reports

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/auth"
)

// Outside is what a report leaves out, because no unit of its basis holds it.
type Outside struct {
	Markets   int      `json:"markets" doc:"markets that stood in no unit of the basis on its day"`
	Merchants int      `json:"merchants" doc:"merchants operating a stall there"`
	Listed    []Market `json:"listed" nullable:"false" doc:"those markets, by code"`
}

// Text returns it in a few words; empty: nothing is left out.
func (o *Outside) Text() string {
	if o == nil || o.Markets == 0 {
		return ""
	}
	return fmt.Sprintf("%d chợ, %d tiểu thương ngoài danh sách này", o.Markets, o.Merchants)
}

// Named returns it in a few words with the names of the markets; empty: nothing is left out.
func (o *Outside) Named() string {
	text := o.Text()
	if text == "" {
		return ""
	}
	names := make([]string, 0, len(o.Listed))
	for _, m := range o.Listed {
		names = append(names, m.Name)
	}
	return text + ": " + strings.Join(names, ", ")
}

func (o *Outside) codes() []string {
	codes := make([]string, 0, len(o.Listed))
	for _, m := range o.Listed {
		codes = append(codes, m.Code)
	}
	return codes
}

// readScope reads the markets in a caller's scope, by code.
func readScope(ctx context.Context, tx pgx.Tx, caller auth.Principal) ([]Market, error) {
	rows, _ := tx.Query(ctx, `SELECT id, code, name, demo FROM markets WHERE id IN (SELECT scope_markets($1, $2)) ORDER BY code`, caller.ScopeKind, caller.ScopeID)
	markets, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Market])
	if err != nil {
		return nil, fmt.Errorf("read the markets in scope: %w", err)
	}
	return markets, nil
}

// outside are the markets in scope (with a campaign, its pilots) that no unit of a basis holds.
func (c *counted) outside(basis string) Outside {
	held := map[uuid.UUID]bool{}
	for _, u := range c.units {
		for _, m := range u.markets {
			held[m.ID] = held[m.ID] || u.basis == basis
		}
	}
	left := Outside{Listed: []Market{}}
	for _, m := range (unit{markets: c.scope}).counted(c.pilotsAsked()) {
		if !held[m.ID] {
			left.Listed = append(left.Listed, m)
		}
	}
	left.Markets = len(left.Listed)
	for _, p := range joined(c.groups.cellsOf(c.groups.set(left.Listed))).people {
		left.Merchants += one(p.operates)
	}
	return left
}

// total is how a report's total is written: its figures by code, and beside them what it leaves out.
type total struct {
	Figures

	outside *Outside
}

// MarshalJSON writes both into one object.
func (t total) MarshalJSON() ([]byte, error) {
	members := map[string]any{}
	for code, f := range t.Figures {
		members[code] = f
	}
	if t.outside != nil {
		members[outsideKey] = t.outside
	}
	return json.Marshal(members)
}

// UnmarshalJSON reads it, also of a report that was frozen without what it leaves out.
func (t *total) UnmarshalJSON(b []byte) error {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &members); err != nil {
		return err
	}
	if raw, has := members[outsideKey]; has {
		if err := json.Unmarshal(raw, &t.outside); err != nil {
			return err
		}
		delete(members, outsideKey)
	}
	t.Figures = Figures{}
	for code, raw := range members {
		var f Figure
		if err := json.Unmarshal(raw, &f); err != nil {
			return err
		}
		t.Figures[code] = f
	}
	return nil
}

var outsideType = reflect.TypeFor[Outside]()

// outsideKey stands beside the codes of the total's figures.
const outsideKey = "outside"

// MarshalJSON writes what the total leaves out into the total.
func (a Adoption) MarshalJSON() ([]byte, error) {
	type plain Adoption
	return json.Marshal(struct {
		plain
		Total total `json:"total"`
	}{plain(a), total{a.Total, a.Outside}})
}

// UnmarshalJSON reads it.
func (a *Adoption) UnmarshalJSON(b []byte) error {
	type plain Adoption
	read := struct {
		*plain
		Total total `json:"total"`
	}{plain: (*plain)(a)}
	if err := json.Unmarshal(b, &read); err != nil {
		return err
	}
	a.Total, a.Outside = read.Total.Figures, read.Total.outside
	return nil
}

// TransformSchema tells OpenAPI what stands beside the total's figures.
func (*Adoption) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	figures := s.Properties["total"]
	s.Properties["total"] = &huma.Schema{
		Type: huma.TypeObject, Description: figures.Description, AdditionalProperties: figures.AdditionalProperties, Required: []string{outsideKey},
		Properties: map[string]*huma.Schema{outsideKey: r.Schema(outsideType, true, "Outside")},
	}
	return s
}
