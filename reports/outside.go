package reports

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
)

// Outside is what a report leaves out: markets that no unit of its basis contains, and, where
// campaigns chose markets, other markets of one to four merchants.
type Outside struct {
	Markets   int      `json:"markets" doc:"markets that stood in no unit of the basis on its day, and small ones"`
	Merchants int      `json:"merchants" doc:"merchants operating a stall there"`
	Listed    []Market `json:"listed" nullable:"false" doc:"those markets, by code"`
	Small     int      `json:"small,omitempty" doc:"how many of them are left out for having one to four merchants beside the pilots of a campaign: the sum of all less that of the pilots would tell of them"`
}

// Text returns it in a few words, or "" if nothing is left out.
func (o *Outside) Text() string {
	if o == nil || o.Markets == 0 {
		return ""
	}
	text := fmt.Sprintf("%d chợ, %d tiểu thương ngoài danh sách này", o.Markets, o.Merchants)
	if o.Small > 0 {
		text += fmt.Sprintf(
			" (%d chợ dưới 5 tiểu thương ngoài chiến dịch, không cộng để giữ kín số liệu của từng người)",
			o.Small,
		)
	}
	return text
}

// Named returns it in a few words with the names of the markets, or "" if nothing is left out.
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
func readScope(ctx context.Context, tx pgx.Tx, caller roles.Principal) ([]Market, error) {
	rows, _ := tx.Query(ctx, `SELECT id, code, name, demo FROM markets WHERE id IN (SELECT scope_markets($1, $2))
		ORDER BY code`, caller.ScopeKind, caller.ScopeID)
	markets, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Market])
	if err != nil {
		return nil, fmt.Errorf("read the markets in scope: %w", err)
	}
	return markets, nil
}

// summed splits markets into those that are counted together and those that are left out.
func (c *counted) summed(markets []Market) (counted, left []Market) {
	apart := c.groups.Apart(idsOf(markets))
	counted = []Market{}
	for _, m := range markets {
		if apart[m.ID] {
			left = append(left, m)
		} else {
			counted = append(counted, m)
		}
	}
	return counted, left
}

// outside returns the markets in scope that the total of a basis leaves out; with a campaign, only
// its pilots.
func (c *counted) outside(basis string) Outside {
	held, units := map[uuid.UUID]bool{}, []unit{}
	for _, u := range c.units {
		if u.basis != basis {
			continue
		}
		units = append(units, u)
		for _, m := range u.markets {
			held[m.ID] = true
		}
	}
	_, small := c.summed(c.allOf(units))
	left := slices.Clone(small)
	for _, m := range (unit{markets: c.scope}).counted(c.pilotsAsked()) {
		if !held[m.ID] {
			left = append(left, m)
		}
	}
	return c.leftOut(left, small)
}

// leftOut describes markets that are left out; small are those with few merchants.
func (c *counted) leftOut(left, small []Market) Outside {
	slices.SortFunc(left, func(a, b Market) int { return strings.Compare(a.Code, b.Code) })
	o := Outside{Markets: len(left), Listed: append([]Market{}, left...), Small: len(small)}
	o.Merchants = c.groups.Merchants(idsOf(left))
	return o
}

// outsideOf returns the markets that the figures of some units leave out, or nil if there are none.
func (c *counted) outsideOf(units []unit) *Outside {
	_, small := c.summed(c.allOf(units))
	if len(small) == 0 {
		return nil
	}
	o := c.leftOut(small, small)
	return &o
}

// total is a report's total in JSON: its figures by code, and beside them what it leaves out.
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

// UnmarshalJSON reads both. It also reads a frozen report that does not contain what it leaves out.
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

// outsideKey is the key beside the codes of the total's figures.
const outsideKey = "outside"

// MarshalJSON writes what the total leaves out into the total.
func (a Adoption) MarshalJSON() ([]byte, error) {
	type plain Adoption
	return json.Marshal(struct {
		plain
		Total total `json:"total"`
	}{plain(a), total{a.Total, a.Outside}})
}

// UnmarshalJSON reads what the total leaves out from the total.
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

// TransformSchema describes the key beside the total's figures for OpenAPI.
func (*Adoption) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	figures := s.Properties["total"]
	s.Properties["total"] = &huma.Schema{
		Type: huma.TypeObject, Description: figures.Description, AdditionalProperties: figures.AdditionalProperties,
		Required:   []string{outsideKey},
		Properties: map[string]*huma.Schema{outsideKey: r.Schema(outsideType, true, "Outside")},
	}
	return s
}
