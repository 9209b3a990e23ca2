package reports_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"market40/merchants/access/roles"
)

var oracleWorlds = flag.Int("oracle.worlds", 10, "how many drawn worlds the reports are held against the oracle in")

// served is a figure in the API's answer, read without the program's own types.
type served struct {
	Numerator, Denominator *decimal.Decimal
	Value                  *string
	Suppressed             bool
	Evidence               *struct{ A, B, C, D int }
	Interval               *struct{ Low, High decimal.Decimal }
	FreshAt                *time.Time `json:"fresh_at"`
	Parts                  map[string]served
	Period                 *string
}

type servedRow struct {
	Locality   struct{ Level, Code string }
	Markets    []struct{ Code string }
	Indicators map[string]served
	Coverage   served
	Funnel     map[string]*int
	servedStatus
	Rank         *int
	Designations []json.RawMessage
}

// servedStatus is the status of a row or of a designation.
type servedStatus struct {
	Status struct {
		Code     *string
		Reason   string
		ReasonEN string `json:"reason_en"`
	}
	// the reason why there is no status
	StatusReason string `json:"status_reason"`
	Target       *servedTarget
}

type servedTarget struct {
	Value string
	DueOn string `json:"due_on"`
}

type servedReport struct {
	Rows     []servedRow
	Total    map[string]served
	Coverage served
	Funnel   map[string]*int
	outside  servedOutside
}

type servedOutside struct {
	Markets, Merchants int
	Listed             []struct{ Code string }
}

// UnmarshalJSON extracts what the total leaves out, which the JSON stores between the figures.
func (r *servedReport) UnmarshalJSON(b []byte) error {
	type plain servedReport
	read := struct {
		*plain
		Total map[string]json.RawMessage
	}{plain: (*plain)(r)}
	if err := json.Unmarshal(b, &read); err != nil {
		return err
	}
	r.Total = map[string]served{}
	for code, raw := range read.Total {
		var f served
		into := any(&f)
		if code == "outside" {
			into = &r.outside
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return err
		}
		if code != "outside" {
			r.Total[code] = f
		}
	}
	return nil
}

// drawnQuestion is a world, the keys that request its reports, and what was compared or could not be
// compared.
type drawnQuestion struct {
	*world
	managers         []string
	admin            string
	compared, hidden int
	comparisons      map[string]*comparison // by figure, as "manager I05" or "admin I05 strict"
	drawn            map[string]int         // the number of worlds that contained each situation
	// the designations of this world as an earlier basis returned them
	designations map[string]string
	// whether a market's page hides how many were paid on a day of this world
	silent map[string]bool
}

// comparison counts comparisons with the oracle: all, those with a known value, those that are not
// zero, and how often the figure was hidden.
type comparison struct{ compared, known, nonzero, hidden int }

// record counts one comparison.
func (c *comparing) record(code string, known, nonzero bool) {
	t := c.comparisonOf(code)
	t.compared++
	if known {
		t.known++
	}
	if nonzero {
		t.nonzero++
	}
}

func (c *comparing) comparisonOf(code string) *comparison {
	key := strings.Fields(c.who)[0] + " " + code
	if c.comparisons[key] == nil {
		c.comparisons[key] = &comparison{}
	}
	return c.comparisons[key]
}

// bases are all bases of the reports.
var bases = []string{"districts_2024", "districts_2024_merged", "communes_2025", "current"}

// TestTheOracleAgrees compares I01–I20 with a second, independent computation, in worlds generated
// around the limits of every window. It compares the whole report in every basis, its table, the
// trend, a market's page and the drill-down.
func TestTheOracleAgrees(t *testing.T) {
	t.Parallel()
	a := &drawnQuestion{world: newNovember(t), comparisons: map[string]*comparison{}, drawn: map[string]int{}}
	a.admin = a.Key(roles.Admin, "")
	var markets []*factMarket
	for i := range 4 {
		m := &factMarket{code: fmt.Sprintf("M%d", i)}
		m.id = a.AddMarket(m.code)
		markets = append(markets, m)
		a.managers = append(a.managers, a.Key(roles.Manager, "market:"+m.code))
	}
	campaign := uuid.New()
	a.Exec(`INSERT INTO campaigns (id, code, name, legal_ref, basis, starts_on, created_by, created_at)
		VALUES ($1, 'CHO40', 'x', 'x', 'districts_2024', '2025-01-01', $2, now())`, campaign, a.staff)
	// each world is removed before the next
	a.Exec(`ALTER TABLE report_steps DISABLE TRIGGER USER; ALTER TABLE report_versions DISABLE TRIGGER USER`)
	worlds, failed := 0, false
	rapid.Check(t, func(rt *rapid.T) {
		if !failed && worlds == *oracleWorlds {
			return
		}
		worlds++
		defer func() { failed = failed || rt.Failed() }()
		w := drawWorld(rt, markets)
		a.Exec(cleared)
		if err := (&writing{world: a.world, campaign: campaign}).write(w); err != nil {
			rt.Fatal(err)
		}
		w.situations(a.drawn)
		a.designations, a.silent = map[string]string{}, map[string]bool{}
		a.send(rt, w, dayOf(asOf))
		for _, before := range [][]int{{-1, 1, 6, 7}, {20, 21, 22, 30}, {52, 53, 61, 84}} {
			a.send(rt, w, dayOf(asOf).AddDate(0, 0, -rapid.SampledFrom(before).Draw(rt, "before")))
		}
		for range 3 {
			a.trend(rt, w)
		}
	})
	t.Logf("%d worlds: %d figures agree, %d were hidden; generated %v", worlds, a.compared, a.hidden, a.drawn)
	for _, code := range slices.Sorted(maps.Keys(a.comparisons)) {
		t.Logf("%-34s %+v", code, *a.comparisons[code])
	}
	if !failed && worlds >= 10 {
		a.everyCase(t, worlds)
	}
}

// everyCase fails if a figure was never compared or a situation never occurred. Ten worlds may lack
// three of a hundred by chance, fifty worlds none.
func (a *drawnQuestion) everyCase(t *testing.T, worlds int) {
	t.Helper()
	var lacking []string
	for _, code := range counting {
		if reported := a.comparisons["manager "+code]; reported == nil || reported.nonzero == 0 {
			lacking = append(lacking, code)
		}
	}
	for _, code := range strings.Fields("I13 I24 sums trend table rank unchecked interval outside designation") {
		if reported := a.comparisons["admin "+code]; reported == nil || reported.nonzero == 0 {
			lacking = append(lacking, code)
		}
	}
	for _, status := range strings.Fields(
		"khong_du_du_lieu can_chu_y chua_den_han chua_dat dat hidden no_merchants no_target no_campaign not_begun campaign_ended not_required exempt no_market several market_elsewhere") {
		if a.comparisons["admin status "+status] == nil && a.comparisons["manager status "+status] == nil {
			lacking = append(lacking, status)
		}
	}
	for _, situation := range situations {
		if a.drawn[situation] == 0 {
			lacking = append(lacking, situation)
		}
	}
	if len(lacking) > 3 || len(lacking) > 0 && worlds >= 50 {
		t.Errorf("in %d worlds nothing was published or generated of %q", worlds, lacking)
	}
}

// send compares the reports of a day with the oracle: an admin's of all markets in every basis, with
// and without the campaign, and the report of each market's own manager.
func (a *drawnQuestion) send(rt *rapid.T, w *factWorld, moment time.Time) {
	for _, basis := range bases {
		for _, campaign := range []bool{false, true} {
			if !moment.Equal(dayOf(asOf)) && rapid.IntRange(1, 3).Draw(rt, "asked") < 3 {
				continue
			}
			a.report(rt, w, question{"admin", a.admin, basis, campaign, w.markets, moment})
		}
	}
	for i, key := range a.managers {
		basis, campaign := rapid.SampledFrom(bases).Draw(rt, "basis"), rapid.Bool().Draw(rt, "campaign")
		a.report(rt, w, question{"manager of " + w.markets[i].code, key, basis, campaign, w.markets[i : i+1], moment})
	}
	i := rapid.IntRange(0, len(w.markets)-1).Draw(rt, "market")
	basis, campaign := rapid.SampledFrom(bases).Draw(rt, "basis"), rapid.Bool().Draw(rt, "campaign")
	ofAll := question{"admin", a.admin, basis, campaign, w.markets, moment}
	a.table(rt, ofAll)
	a.drillDown(rt, w, ofAll)
	a.drillDown(rt, w, question{
		"manager of " + w.markets[i].code, a.managers[i], basis, false, w.markets[i : i+1],
		moment,
	})
	a.page(rt, w, i, moment, "manager of "+w.markets[i].code)
	a.page(rt, w, i, moment, "admin")
}

// question is a caller and a request.
type question struct {
	who, key, basis string
	campaign        bool
	scope           []*factMarket
	moment          time.Time
}

// launched returns I13 of some districts. It is published only with a campaign, and for a unit only
// in the campaign's own basis.
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

func (a *drawnQuestion) report(rt *rapid.T, w *factWorld, q question) {
	answer := a.get(q.key, "/api/v1/reports/adoption?"+q.query())
	var got servedReport
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusOK {
		rt.Fatalf("%s is answered with %d: %s", q.query(), answer.Code, answer.Body)
	}
	c := &comparing{TB: rt, drawnQuestion: a, question: q}
	rows, values := map[string]bool{}, map[string]string{}
	for _, row := range got.Rows {
		code := row.Locality.Code
		rows[code] = true
		group := w.group(q.scope, q.basis, code, q.campaign, q.moment)
		c.where = "row " + code
		c.markets(row, group)
		want := c.group(w, group, servedReport{Total: row.Indicators, Coverage: row.Coverage, Funnel: row.Funnel})
		c.row(w, row, want)
		values[code] = want["I05"].value
		if q.who == "admin" {
			c.figure("I13", row.Indicators["I13"], q.launched(w, slices.Contains(allDistricts, code), code))
		}
	}
	for _, m := range q.scope {
		if unit := m.unit(q.basis); unit != "" && !rows[unit] {
			rt.Fatalf("%s asks %s: no row %s", q.who, q.query(), unit)
		}
	}
	c.ranks(got.Rows, values)
	c.where = "total"
	c.group(w, w.group(q.scope, q.basis, "", q.campaign, q.moment), got)
	c.outside(w, got.outside)
	if q.who == "admin" {
		c.figure("I13", got.Total["I13"], q.launched(w, true, allDistricts...))
		c.punctual(got.Total, w.punctuality(allDistricts, q.moment))
	}
}
