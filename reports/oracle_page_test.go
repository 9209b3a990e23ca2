package reports_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// servedPart is a part of a market as the page or a drill-down returns it.
type servedPart struct {
	Market     struct{ Code string }
	Zone       *string
	GoodsGroup *string `json:"goods_group"`
	Part       string
	Merchants  int
	Figures    map[string]served
	Figure     served
}

// dividing maps each way to divide a market to a function that returns a stall's part.
var dividing = map[string]func(*factStall) string{
	"zone":        func(s *factStall) string { return s.zone },
	"goods_group": func(s *factStall) string { return s.goods },
	"kind":        func(s *factStall) string { return s.kind },
	"market":      func(*factStall) string { return "" },
}

// partsOf returns the parts of a market that have a merchant, by name.
func (o *oracle) partsOf(m *factMarket, by string) map[string]*oracle {
	parts := map[string]*oracle{}
	for _, s := range m.stalls {
		name := dividing[by](s)
		part := &oracle{
			o.factWorld,
			[]*factMarket{m},
			o.moment,
			func(s *factStall) bool { return dividing[by](s) == name },
		}
		if len(part.mop()) > 0 {
			parts[name] = part
		}
	}
	return parts
}

// page compares a market's page, its parts, fees and counts with the oracle, and with the report of
// its own manager.
func (a *drawnQuestion) page(rt *rapid.T, w *factWorld, i int, moment time.Time, who string) {
	m := w.markets[i]
	q := question{who, a.managers[i], "current", false, []*factMarket{m}, moment}
	if who == "admin" {
		q.key = a.admin
	}
	var got struct {
		Figures            map[string]served
		Coverage           served
		Funnel             map[string]*int
		Zones, Goods       []servedPart
		Unchecked, Dormant *int
		Fees               []struct {
			Month      string
			Paid       *string
			Suppressed bool
		}
	}
	a.reading(rt, q.key, "markets/"+m.id.String()+"?as_of="+moment.Format(time.DateOnly), &got)
	c := &comparing{TB: rt, drawnQuestion: a, question: q, where: "page of " + m.code}
	want := c.group(w, q.scope, servedReport{Total: got.Figures, Coverage: got.Coverage, Funnel: got.Funnel})
	o := &oracle{factWorld: w, group: q.scope, moment: moment}
	if n := int(want["I18"].num.IntPart()); got.Dormant != nil && *got.Dormant != n {
		c.wrong("dormant", "%d, not %d", *got.Dormant, n)
	}
	unchecked := o.unchecked()
	mayHide := who == "admin" && (got.Figures["I19"].Suppressed || 0 < unchecked && unchecked < 5)
	if got.Unchecked != nil && *got.Unchecked != unchecked || got.Unchecked == nil && !mayHide {
		c.wrong("unchecked", "%s, not %d", countText(got.Unchecked), unchecked)
	}
	c.record("unchecked", got.Unchecked != nil, unchecked > 0)
	var months, paid []string
	for _, f := range got.Fees {
		months = append(months, f.Month)
		if f.Paid != nil {
			paid = append(paid, *f.Paid)
		}
	}
	wantMonths, wantPaid := m.feeMonths(moment)
	if !slices.Equal(months, wantMonths) || len(paid) > 0 && !slices.Equal(paid, wantPaid) {
		c.wrong("fees", "%v %v, not %v %v", months, paid, wantMonths, wantPaid)
	}
	c.record("fee months", len(paid) > 0, len(paid) > 1)
	for by, parts := range map[string][]servedPart{"zone": got.Zones, "goods_group": got.Goods} {
		if who != "admin" || by == m.partsBy() {
			c.zones(o, m, by, parts)
		} else if len(parts) > 0 {
			c.wrong(by, "%d parts beside those by %s", len(parts), m.partsBy())
		}
	}
}

// partsBy returns the one dimension in which parts of a market are published: the dimension of its
// first stall.
func (m *factMarket) partsBy() string {
	if len(m.stalls) > 0 && m.stalls[0].zone == "" {
		return "goods_group"
	}
	return "zone"
}

func (c *comparing) zones(o *oracle, m *factMarket, by string, got []servedPart) {
	parts := o.partsOf(m, by)
	if len(got) != len(parts) {
		c.wrong(by, "%d parts, not %d", len(got), len(parts))
	}
	for _, p := range got {
		name := p.Zone
		if by == "goods_group" {
			name = p.GoodsGroup
		}
		part := parts[*name]
		if part == nil || p.Merchants != len(part.mop()) {
			c.wrong(by, "%s of %d", *name, p.Merchants)
			continue
		}
		for _, code := range []string{"I01", "I03", "I05"} {
			c.part(by, p.Figures[code], part.figures()[code], code)
		}
	}
}

// part compares a part's numerator, denominator and value.
func (c *comparing) part(by string, got served, want counted, code string) {
	c.record("parts by "+by, !got.Suppressed, got.Numerator != nil && !got.Numerator.IsZero())
	if got.Suppressed && c.who == "admin" {
		return
	}
	want.mixed, want.parts, want.interval, want.fresh = false, nil, nil, nil
	if reported, said := got.text(), want.text(); reported != said || got.Suppressed {
		c.wrong(code, "a part by %s says %s, not %s", by, reported, said)
	}
}

// unchecked counts the stalls that display a code and have no good scan in seven days: the last
// scan failed or is older.
func (o *oracle) unchecked() (n int) {
	for _, s := range o.stalls() {
		if !slices.ContainsFunc(s.tenancies, func(t *factTenancy) bool {
			return t.operating(o.moment) &&
				len(o.displayed(t)) > 0
		}) {
			continue
		}
		inOrder := false
		for _, k := range s.checks {
			if k.at.Before(o.moment) {
				inOrder = k.verdict == "official" && !k.at.Before(o.moment.AddDate(0, 0, -7))
			}
		}
		if !inOrder {
			n++
		}
	}
	return n
}

// feeMonths returns the last twelve ended months that have a summary, newest first, with the paid
// amount of the newest version.
func (m *factMarket) feeMonths(moment time.Time) (months, paid []string) {
	for month := dayOf("2026-12-01"); len(months) < 12 && month.After(dayOf("2025-01-01")); month = month.AddDate(0, -1,
		0) {
		newest := factFee{}
		for _, f := range m.fees {
			if f.month.Equal(month) && f.version > newest.version {
				newest = f
			}
		}
		if newest.version > 0 && !month.AddDate(0, 1, 0).After(moment) {
			months, paid = append(months, month.Format("2006-01")), append(paid, fmt.Sprint(newest.paid))
		}
	}
	return months, paid
}

// countText returns a count as text.
func countText(n *int) string {
	if n == nil {
		return "hidden"
	}
	return fmt.Sprint(*n)
}
