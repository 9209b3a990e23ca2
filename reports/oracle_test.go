package reports_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"market40/merchants/auth"
)

var oracleWorlds = flag.Int("oracle.worlds", 12, "how many drawn worlds the reports are held against the oracle in")

// served is a figure as the API says it, read without the program's own types.
type served struct {
	Numerator, Denominator *decimal.Decimal
	Value                  *string
	Suppressed             bool
	Evidence               *struct{ A, B, C, D int }
	Parts                  map[string]served
	Period                 *string
}

type servedRow struct {
	Locality   struct{ Level, Code string }
	Markets    []struct{ Code string }
	Indicators map[string]served
	Coverage   served
	Funnel     map[string]*int
}

type servedReport struct {
	Rows     []servedRow
	Total    map[string]served
	Coverage served
	Funnel   map[string]*int
}

// asked is a world, the keys that ask for its reports, and what was compared and what could not be.
type asked struct {
	*world
	managers         []string
	admin            string
	compared, hidden int
	told             map[string]int // of them those that tell something, by indicator: with a number, to managers and (of several markets) to the admin
}

// TestTheOracleAgrees holds I01–I20 against a second, independent computation, in worlds drawn around the bounds of every window.
func TestTheOracleAgrees(t *testing.T) {
	t.Parallel()
	a := &asked{world: newNovember(t), told: map[string]int{}}
	a.admin = a.key(auth.Admin, "")
	var markets []*factMarket
	for i := range 4 {
		m := &factMarket{code: fmt.Sprintf("M%d", i)}
		m.id = a.market(m.code)
		markets = append(markets, m)
		a.managers = append(a.managers, a.key(auth.Manager, "market:"+m.code))
	}
	campaign := uuid.New()
	a.exec(`INSERT INTO campaigns (id, code, name, legal_ref, basis, starts_on, created_by, created_at) VALUES ($1, 'CHO40', 'x', 'x', 'districts_2024', '2025-01-01', $2, now())`, campaign, a.staff)
	worlds, failed := 0, false
	rapid.Check(t, func(rt *rapid.T) {
		if !failed && worlds == *oracleWorlds {
			return
		}
		worlds++
		defer func() { failed = failed || rt.Failed() }()
		w := draw(rt, markets)
		a.exec(cleared)
		if err := (&writing{world: a.world, campaign: campaign}).write(w); err != nil {
			rt.Fatal(err)
		}
		a.ask(rt, w, dayOf(asOf))
		for _, before := range [][]int{{-1, 1, 6, 7}, {20, 21, 22, 30}, {52, 53, 61, 84}} {
			a.ask(rt, w, dayOf(asOf).AddDate(0, 0, -rapid.SampledFrom(before).Draw(rt, "before")))
		}
	})
	t.Logf("%d worlds: %d figures agree, %d were hidden", worlds, a.compared, a.hidden)
	t.Log(a.told)
	for _, code := range strings.Fields("I01 I02 I03 I04 I05 I06 I07 I09 I10 I11 I12 I14 I16 I19 I20") {
		if !failed && worlds >= 10 && a.told["manager "+code] == 0 {
			t.Errorf("%s told of nothing in %d worlds", code, worlds)
		}
	}
}

// ask holds the reports of a day against the oracle: an admin's of all markets in every basis, with the campaign and without, and each market's own manager's.
func (a *asked) ask(rt *rapid.T, w *factWorld, moment time.Time) {
	bases := []string{"districts_2024", "communes_2025", "current"}
	for _, basis := range bases {
		for _, campaign := range []bool{false, true} {
			a.report(rt, w, question{"admin", a.admin, basis, campaign, w.markets, moment})
		}
	}
	for i, key := range a.managers {
		basis, campaign := rapid.SampledFrom(bases).Draw(rt, "basis"), rapid.IntRange(1, 5).Draw(rt, "campaign") == 5
		a.report(rt, w, question{"manager of " + w.markets[i].code, key, basis, campaign, w.markets[i : i+1], moment})
	}
}

// question is who asks for what.
type question struct {
	who, key, basis string
	campaign        bool
	scope           []*factMarket
	moment          time.Time
}

// launched is I13 of some districts: told with a campaign only, and of a unit only in the campaign's own basis.
func (q question) launched(w *factWorld, own bool, districts ...string) counted {
	if !q.campaign || !own {
		return counted{}
	}
	return w.launchedOf(districts, q.moment)
}

func (q question) query() string {
	query := "basis=" + q.basis + "&as_of=" + q.moment.Format(time.DateOnly)
	if q.campaign {
		query += "&campaign=CHO40"
	}
	return query
}

func (a *asked) report(rt *rapid.T, w *factWorld, q question) {
	answer := a.get(q.key, "/api/v1/reports/adoption?"+q.query())
	var got servedReport
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusOK {
		rt.Fatalf("%s is answered %d: %s", q.query(), answer.Code, answer.Body)
	}
	c := &comparing{TB: rt, asked: a, question: q}
	rows := map[string]bool{}
	for _, row := range got.Rows {
		code := row.Locality.Code
		rows[code] = true
		group := w.group(q.scope, q.basis, code, q.campaign, q.moment)
		c.where = "row " + code
		c.markets(row, group)
		c.group(w, group, servedReport{Total: row.Indicators, Coverage: row.Coverage, Funnel: row.Funnel})
		if q.who == "admin" {
			c.figure("I13", row.Indicators["I13"], q.launched(w, q.basis == "districts_2024", code))
		}
	}
	for _, m := range q.scope {
		if unit := m.unit(q.basis); unit != "" && !rows[unit] {
			rt.Fatalf("%s asks %s: no row %s", q.who, q.query(), unit)
		}
	}
	c.where = "total"
	c.group(w, w.group(q.scope, q.basis, "", q.campaign, q.moment), got)
	if q.who == "admin" {
		c.figure("I13", got.Total["I13"], q.launched(w, true, "568", "569", "570", "571", "572", "573", "574", "575", "576"))
	}
}

// comparing is one answer beside the oracle.
type comparing struct {
	rapid.TB
	*asked
	question
	where string
	many  bool // the figures are of several markets
}

func (c *comparing) wrong(code, format string, args ...any) {
	c.TB.Errorf("%s asks %s, %s, %s: %s", c.who, c.query(), c.where, code, fmt.Sprintf(format, args...))
}

func (c *comparing) markets(row servedRow, group []*factMarket) {
	var got, want []string
	for _, m := range row.Markets {
		got = append(got, m.Code)
	}
	for _, m := range group {
		want = append(want, m.code)
	}
	if !slices.Equal(got, want) {
		c.wrong("markets", "%v, not %v", got, want)
	}
}

func (c *comparing) group(w *factWorld, group []*factMarket, got servedReport) {
	o := &oracle{w, group, c.moment}
	c.many = len(group) > 1
	want := o.figures()
	for code, f := range want {
		c.figure(code, got.Total[code], f)
	}
	coverage := o.coverage()
	coverage.mixed = false
	c.figure("coverage", got.Coverage, coverage)
	mop := o.mop()
	printed := of(mop, func(m uuid.UUID) byte {
		if o.printed(m) {
			return 'A'
		}
		return 0
	})
	for step, n := range map[string]int{
		"registered": int(want["I01"].num.IntPart()), "verified": int(want["I02"].num.IntPart()), "printed": int(printed.num.IntPart()), "first_payment": o.firstPayment(),
		"active": int(want["I05"].num.IntPart()), "habitual": int(want["I05"].parts["strict"].num.IntPart()),
	} {
		if got.Funnel[step] == nil {
			c.hide(step)
		} else if *got.Funnel[step] != n {
			c.wrong(step, "%d, not %d", *got.Funnel[step], n)
		}
	}
}

// hide counts what cannot be compared; to a market's own manager only amounts are hidden.
func (c *comparing) hide(code string) {
	c.hidden++
	if c.who != "admin" && !slices.Contains([]string{"I08", "I08 D", "I11", "I12"}, code) {
		c.wrong(code, "hidden from the market's own manager")
	}
}

func (c *comparing) figure(code string, got served, want counted) {
	if got.Suppressed || strings.HasPrefix(code, "coverage") && got.Numerator == nil {
		c.hide(code)
		return
	}
	c.compared++
	if !want.num.IsZero() && (c.who != "admin" || c.many) {
		c.told[strings.Fields(c.who)[0]+" "+code]++
	}
	if told, said := got.text(), want.text(); told != said {
		c.wrong(code, "%s, not %s", told, said)
	}
	if want.mixed && got.Evidence == nil && c.who != "admin" {
		c.wrong(code, "has no evidence")
	}
	if e := got.Evidence; want.mixed && e != nil {
		mix := [4]int{e.A, e.B, e.C, e.D}
		if mix != want.evidence {
			c.wrong(code, "evidence %v, not %v", mix, want.evidence)
		}
		if sum := decimal.NewFromInt(int64(e.A + e.B + e.C + e.D)); !sum.Equal(*got.Numerator) {
			c.wrong(code, "evidence of %s of a numerator of %s", sum, got.Numerator)
		}
	}
	for name, part := range want.parts {
		c.figure(code+" "+name, got.Parts[name], part)
	}
	for name := range got.Parts {
		if _, known := want.parts[name]; !known {
			c.wrong(code, "a part %s", name)
		}
	}
}

func (f served) text() string {
	text := fmt.Sprint(f.Numerator, "/", f.Denominator)
	if f.Numerator == nil || f.Denominator == nil {
		text = "nothing"
	}
	if f.Value != nil {
		text += " " + *f.Value
	}
	if f.Period != nil {
		text += " of " + *f.Period
	}
	return text
}

func (f counted) text() string {
	text := fmt.Sprint(f.num, "/", f.den)
	if !f.known {
		return "nothing"
	}
	if f.value != "" {
		text += " " + f.value
	}
	if f.period != "" {
		text += " of " + f.period
	}
	return text
}
