package reports

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/reports/figures"
	"market40/reports/scope"
)

// Outside describes what a report leaves out: markets in no unit of its basis and, with the pilots
// of campaigns, other markets of one to four merchants.
type Outside struct {
	Markets   int            `json:"markets" doc:"markets that were in no unit of the basis on its day, and small ones"`
	Merchants int            `json:"merchants" doc:"merchants operating a stall there"`
	Listed    []scope.Market `json:"listed" nullable:"false" doc:"those markets, by code"`
	Small     int            `json:"small,omitempty" doc:"how many of them are left out for having one to four merchants beside the pilots of a campaign: subtracting the pilots from the sum of all would reveal them"`
}

// Text returns how many markets are left out, in Vietnamese; empty if there are none.
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

// Named returns Text with the names of the markets; empty if there are none.
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

// splitSmall divides markets into those that are counted together, and small ones that are left out.
func (c *counted) splitSmall(markets []scope.Market) (together, small []scope.Market) {
	apart := c.Groups.Apart(scope.IDs(markets))
	together = []scope.Market{}
	for _, m := range markets {
		if apart[m.ID] {
			small = append(small, m)
		} else {
			together = append(together, m)
		}
	}
	return together, small
}

// outside returns the markets in scope that the total of a basis leaves out; with a campaign, the
// pilots among them.
func (c *counted) outside(basis string) Outside {
	units, inUnits := c.unitsIn(basis), map[uuid.UUID]bool{}
	for _, u := range units {
		for _, m := range u.Markets {
			inUnits[m.ID] = true
		}
	}
	_, small := c.splitSmall(c.allMarkets(units))
	left := slices.Clone(small)
	for _, m := range (scope.Unit{Markets: c.markets}).Counted(c.programme.Pilots()) {
		if !inUnits[m.ID] {
			left = append(left, m)
		}
	}
	return c.leftOut(left, small)
}

// leftOut describes markets that are left out. Small are those of few merchants among them.
func (c *counted) leftOut(left, small []scope.Market) Outside {
	slices.SortFunc(left, func(a, b scope.Market) int { return strings.Compare(a.Code, b.Code) })
	o := Outside{Markets: len(left), Listed: append([]scope.Market{}, left...), Small: len(small)}
	o.Merchants = c.Groups.Merchants(scope.IDs(left))
	return o
}

// outsideOf returns the markets that the figures of some units leave out; nil if there are none.
func (c *counted) outsideOf(units []scope.Unit) *Outside {
	_, small := c.splitSmall(c.allMarkets(units))
	if len(small) == 0 {
		return nil
	}
	o := c.leftOut(small, small)
	return &o
}

// total is the JSON form of a report's total: its figures by code, with what it leaves out.
type total struct {
	figures.Figures

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

// UnmarshalJSON reads a total. Older frozen reports have no list of what is left out.
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
	t.Figures = figures.Figures{}
	for code, raw := range members {
		var f figures.Figure
		if err := json.Unmarshal(raw, &f); err != nil {
			return err
		}
		t.Figures[code] = f
	}
	return nil
}

var outsideType = reflect.TypeFor[Outside]()

// outsideKey is a key of the total in JSON, beside the codes of its figures.
const outsideKey = "outside"

// MarshalJSON writes what the total leaves out into the total.
func (a Adoption) MarshalJSON() ([]byte, error) {
	type plain Adoption
	return json.Marshal(struct {
		plain
		Total total `json:"total"`
	}{plain(a), total{a.Total, a.Outside}})
}

// UnmarshalJSON reads a report.
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

// TransformSchema adds the list of what is left out to the schema of the total.
func (*Adoption) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	total := s.Properties["total"]
	s.Properties["total"] = &huma.Schema{
		Type: huma.TypeObject, Description: total.Description, AdditionalProperties: total.AdditionalProperties,
		Required:   []string{outsideKey},
		Properties: map[string]*huma.Schema{outsideKey: r.Schema(outsideType, true, "Outside")},
	}
	return s
}
