package reports_test

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// divisible are the indicators that are published for parts of a market.
var divisible = strings.Fields("I01 I02 I03 I04 I05 I06 I14 I16 I18")

// drillDown compares the parts of a figure with the oracle, their sum with the figure, and the
// figure with the report.
func (a *drawnQuestion) drillDown(rt *rapid.T, w *factWorld, q question) {
	by := rapid.SampledFrom([]string{"market", "zone", "goods_group", "kind"}).Draw(rt, "by")
	code := rapid.SampledFrom(divisible).Draw(rt, "indicator")
	if by == "market" {
		code = rapid.SampledFrom(counting).Draw(rt, "indicator")
	}
	locality := ""
	if rapid.Bool().Draw(rt, "unit") {
		locality = rapid.SampledFrom(q.scope).Draw(rt, "of").unit(q.basis)
	}
	var got struct {
		Figure json.RawMessage
		Parts  []servedPart

		Withheld []servedPart
	}
	a.reading(rt, q.key, "drill-down?indicator="+code+"&by="+by+"&locality="+locality+"&"+q.query(), &got)
	c := &comparing{TB: rt, drawnQuestion: a, question: q, where: "drill-down of " + code + " " + locality}
	var of unread
	a.reading(rt, q.key, "adoption?"+q.query(), &of)
	if same := of.figure(locality, code); string(got.Figure) != same {
		c.wrong(code, "the drill-down says %s, the report %s", got.Figure, same)
	}
	want, withheld := map[string]*oracle{}, 0
	group := w.group(q.scope, q.basis, locality, q.campaign, q.moment)
	whole := &oracle{factWorld: w, group: group, moment: q.moment}
	for _, m := range group {
		if by == "market" { // also a market without merchants
			want[m.code+" "] = &oracle{factWorld: w, group: []*factMarket{m}, moment: q.moment}
			continue
		}
		if q.who == "admin" && by != m.partsBy() {
			withheld++
			continue
		}
		for name, part := range whole.partsOf(m, by) {
			want[m.code+" "+name] = part
		}
	}
	if len(got.Withheld) != withheld {
		c.wrong(code, "parts of %d markets by %s are withheld, not of %d", len(got.Withheld), by, withheld)
	}
	if len(got.Parts) != len(want) {
		c.wrong(code, "%d parts by %s, not %d", len(got.Parts), by, len(want))
	}
	for _, p := range got.Parts {
		part := want[p.Market.Code+" "+p.Part]
		switch {
		case part == nil:
			c.wrong(code, "a part %s of %s", p.Part, p.Market.Code)
		case by == "market":
			of := part.figures()[code]
			if q.who == "admin" {
				of.fresh = nil // as on the market's page
			}
			c.figure(code, p.Figure, of)
		default:
			c.part(by, p.Figure, part.figures()[code], code)
		}
	}
	if withheld == 0 && code != "I18" && slices.Contains(divisible, code) {
		c.sum(code, got.Figure, got.Parts, whole, want)
	}
}

// sum checks that the merchants of the parts are the merchants of the figure, apart from those in
// several parts. If no merchant is in several parts and nothing is hidden, I01, I02 and I03 also
// add up, because they depend only on what operates there.
func (c *comparing) sum(code string, raw json.RawMessage, parts []servedPart, whole *oracle, want map[string]*oracle) {
	var figure served
	if err := json.Unmarshal(raw, &figure); err != nil {
		c.Fatal(err)
	}
	merchants, counted, hidden := 0, 0, figure.Suppressed
	for _, p := range parts {
		merchants += int(p.Figure.Denominator.IntPart())
		if hidden = hidden || p.Figure.Suppressed; !hidden {
			counted += int(p.Figure.Numerator.IntPart())
		}
	}
	places := map[uuid.UUID]int{}
	for _, part := range want {
		for _, m := range part.mop() {
			places[m]++
		}
	}
	again := 0
	for _, n := range places {
		again += n - 1
	}
	if of := int(figure.Denominator.IntPart()); merchants != of+again || len(places) != of || len(whole.mop()) != of {
		c.wrong(code, "the parts have %d merchants, %d of them repeated; the whole has %d", merchants, again, of)
	}
	if again == 0 && !hidden && slices.Contains([]string{"I01", "I02", "I03"}, code) {
		c.record("sums", true, counted > 0)
		if n := int(figure.Numerator.IntPart()); counted != n {
			c.wrong(code, "the parts add up to %d, not %d", counted, n)
		}
	}
}
