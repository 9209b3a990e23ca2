package reports_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/reports"
	"market40/reports/disclosure/audit"
	"market40/reports/figures"
	"market40/reports/scope"
)

// attacker requests everything that a role may request as of one day and tries to derive hidden
// counts by linear programming. It knows the register: which merchant has which stall.
type attacker struct {
	*world
	key, day  string
	campaigns []string
	atoms     map[string]int // a market's stalls of one zone, goods group and kind
	classes   []audit.Class
	cells     map[string]map[string]audit.Cell // by count, then by the set of atoms
	shown     int
	hidden    int
	covered   map[string]int    // merchants with an account that sends notices to the platform
	trends    map[string]string // the figure of the day, by indicator, basis, campaign and locality
}

// attack collects all answers that the attacker can get as of a day.
func (w *world) attack(key, day string, campaigns ...string) *attacker {
	w.T.Helper()
	a := &attacker{
		world: w, key: key, day: day, campaigns: append(campaigns, ""), atoms: map[string]int{},
		cells: map[string]map[string]audit.Cell{}, trends: map[string]string{}, covered: map[string]int{},
	}
	a.readRegister()
	a.askTrends() // before a report reads all facts: a trend reads only the facts of its indicator
	for _, basis := range []string{"districts_2024", "districts_2024_merged", "communes_2025", "current"} {
		for _, campaign := range a.campaigns {
			a.askReport(basis, campaign)
		}
	}
	a.checkTrends()
	// I01 comes first: its denominators give the size of each part
	for _, code := range []string{"I01", "I03", "I04", "I05", "I14", "I16", "I18"} {
		for _, by := range []string{"market", "zone", "goods_group", "kind"} {
			a.askParts(code, by)
		}
	}
	return a
}

// readRegister reads the operating tenancies by name, as every officer may.
func (a *attacker) readRegister() {
	rows, err := a.DB.Pool.Query(a.T.Context(), `SELECT t.merchant_id::text, s.market_id::text, s.zone, s.goods_group,
		s.kind
		FROM tenancies t JOIN stalls s ON s.id = t.stall_id WHERE s.kind <> 'mobile' ORDER BY 1, 2, 3, 4, 5`)
	must(a.T, err)
	people := map[string][]int{}
	for rows.Next() {
		var merchant, market, zone, goods, kind string
		must(a.T, rows.Scan(&merchant, &market, &zone, &goods, &kind))
		name := strings.Join([]string{market, zone, goods, kind}, "|")
		if _, known := a.atoms[name]; !known {
			a.atoms[name] = len(a.atoms)
		}
		if atom := a.atoms[name]; !slices.Contains(people[merchant], atom) {
			people[merchant] = append(people[merchant], atom)
		}
	}
	must(a.T, rows.Err())
	numbers := map[string]int{}
	for _, atoms := range people {
		slices.Sort(atoms)
		n, known := numbers[fmt.Sprint(atoms)]
		if !known {
			n = len(a.classes)
			numbers[fmt.Sprint(atoms)] = n
			a.classes = append(a.classes, audit.Class{Atoms: atoms, Operates: 1<<len(atoms) - 1})
		}
		a.classes[n].People++
	}
}

// askTrends requests the point of the day for every indicator, once for all units of one basis and
// once for one unit.
func (a *attacker) askTrends() {
	for n := 1; n <= 24; n++ {
		code := fmt.Sprintf("I%02d", n)
		for _, campaign := range a.campaigns {
			for _, locality := range []string{"", "568"} {
				query := "indicator=" + code + "&basis=districts_2024&campaign=" + campaign + "&locality=" + locality
				var said struct {
					Points []struct {
						AsOf   string `json:"as_of"`
						Figure json.RawMessage
					}
				}
				answer := a.get(a.key, "/api/v1/reports/trend?months=1&to="+a.day[:7]+"&"+query)
				must(a.T, json.Unmarshal(answer.Body.Bytes(), &said))
				if answer.Code != http.StatusOK || len(said.Points) != 1 || said.Points[0].AsOf != a.day {
					a.T.Fatalf("%s is answered with %d: %s", query, answer.Code, answer.Body)
				}
				a.trends[code+" "+campaign+" "+locality] = string(said.Points[0].Figure)
			}
		}
	}
}

// checkTrends checks that each trend point equals the figure of the day's report, byte for byte.
func (a *attacker) checkTrends() {
	for _, campaign := range a.campaigns {
		var report unread
		answer := a.get(a.key, "/api/v1/reports/adoption?basis=districts_2024&as_of="+a.day+"&campaign="+campaign)
		must(a.T, json.Unmarshal(answer.Body.Bytes(), &report))
		for _, locality := range []string{"", "568"} {
			for n := 1; n <= 24; n++ {
				code := fmt.Sprintf("I%02d", n)
				if got, want := a.trends[code+" "+campaign+" "+locality], report.figure(locality, code); got != want {
					a.T.Errorf("campaign %q, locality %q: the trend of %s says\n%s\nand the report\n%s", campaign,
						locality, code, got, want)
				}
			}
		}
	}
}

// atomsOf returns the atoms of some markets, or of one part of a market.
func (a *attacker) atomsOf(markets []scope.Market, by, part string) (atoms []int) {
	place := map[string]int{"zone": 1, "goods_group": 2, "kind": 3}[by]
	for name, atom := range a.atoms {
		words := strings.Split(name, "|")
		if slices.ContainsFunc(markets, func(m scope.Market) bool { return m.ID.String() == words[0] }) &&
			(place == 0 || words[place] == part) {
			atoms = append(atoms, atom)
		}
	}
	slices.Sort(atoms)
	return atoms
}

func (a *attacker) askReport(basis, campaign string) {
	report := a.adoption(a.key, "basis="+basis+"&as_of="+a.day+"&campaign="+campaign)
	var all []scope.Market
	for _, r := range report.Rows {
		a.noteGroup(basis+campaign+" "+r.Locality.Code, r.Markets, r.Indicators, r.Funnel)
		all = append(all, r.Markets...)
	}
	a.noteGroup(basis+campaign+" total", all, report.Total, report.Funnel)
}

// noteGroup records what a report publishes about a group: every count, its evidence and the steps
// of the funnel.
func (a *attacker) noteGroup(name string, markets []scope.Market, f figures.Figures, funnel *figures.Funnel) {
	atoms := a.atomsOf(markets, "", "")
	if c := f["I05"].Coverage; c != nil && c.Numerator != nil {
		a.covered[fmt.Sprint(atoms)] = *c.Numerator
	}
	mop := countIn(f["I01"].Denominator)
	for _, code := range divisible {
		a.note(code, name, atoms, f[code], mop)
	}
	strict := f["I05"].Parts["strict"]
	a.note("strict", name, atoms, strict, mop)
	if (funnel.Active == nil) != f["I05"].Suppressed || (funnel.Habitual == nil) != strict.Suppressed {
		a.T.Errorf("%s: the funnel and I05 are not hidden together", name)
	}
	if gap := f["I06"]; gap.Suppressed != (f["I03"].Suppressed || f["I05"].Suppressed) ||
		f["I09"].Suppressed != f["I05"].Suppressed {
		a.T.Errorf("%s: I06 or I09 is not hidden with the figures from which it is counted", name)
	}
	if f["I04"].Suppressed || f["I05"].Suppressed {
		for _, code := range []string{"I04", "I05", "I06", "I09", "I10", "I18", "I20", "I23"} {
			if f[code].FreshAt != nil {
				a.T.Errorf("%s: %s has a payment time beside hidden activity", name, code)
			}
		}
	}
	if mixed := f["I05"].Evidence == nil; mixed && mop > 0 && (!f["I10"].Suppressed || !f["I20"].Suppressed ||
		f["I09"].Evidence != nil) {
		a.T.Errorf("%s: figures of bank payments are published beside hidden evidence", name)
	}
}

func countIn(q *figures.Quantity) int {
	if q == nil {
		return 0
	}
	return int(q.IntPart())
}

// note records one count, and its evidence by level.
func (a *attacker) note(code, name string, atoms []int, f figures.Figure, mop int) {
	if f.Suppressed && (f.Numerator != nil || f.Value != nil || f.Evidence != nil || f.FreshAt != nil) {
		a.T.Errorf("%s of %s is hidden and contains %+v", code, name, f)
	}
	if code == "I06" {
		return
	}
	most := mop
	if f.Denominator != nil {
		most = countIn(f.Denominator)
	}
	a.noteCount(code, name, atoms, f.Numerator, most)
	levels := []string{"A", "B", "D"}
	if f.Numerator != nil {
		most = countIn(f.Numerator)
	}
	for i, level := range levels {
		var n *figures.Quantity
		if e := f.Evidence; e != nil {
			n = figures.Count([]int{e.A, e.B, e.D}[i])
		}
		a.noteCount(code+" "+level, name, atoms, n, most)
	}
}

func (a *attacker) noteCount(count, name string, atoms []int, n *figures.Quantity, most int) {
	register := slices.Contains([]string{"I01", "I02"}, count[:3])
	cell := audit.Cell{Name: name, Atoms: atoms, Most: most}
	if n != nil {
		value := countIn(n)
		if 0 < value && value < 5 && !register {
			a.T.Errorf("%s of %s is %d", count, name, value)
		}
		cell.Value = &value
		a.shown++
	} else {
		a.hidden++
		if register && len(count) == 3 {
			a.T.Errorf("%s of %s is hidden, though the register shows it by name", count, name)
		}
	}
	if a.cells[count] == nil {
		a.cells[count] = map[string]audit.Cell{}
	}
	key := fmt.Sprint(atoms)
	if old, known := a.cells[count][key]; known && (old.Value == nil) != (cell.Value == nil) {
		a.T.Errorf("%s of %s and of %s: one is hidden", count, name, old.Name)
	}
	a.cells[count][key] = cell
}

func (a *attacker) askParts(code, by string) {
	answer := a.get(a.key, "/api/v1/reports/drill-down?basis=current&indicator="+code+"&by="+by+"&as_of="+a.day)
	if answer.Code != http.StatusOK {
		a.T.Fatalf("%s by %s is answered with %d: %s", code, by, answer.Code, answer.Body)
	}
	var said reports.DrillDown
	must(a.T, json.Unmarshal(answer.Body.Bytes(), &said))
	for _, p := range said.Parts {
		if code == "I06" {
			continue
		}
		atoms := a.atomsOf([]scope.Market{p.Market}, by, p.Part)
		most := a.cells["I01"][fmt.Sprint(atoms)].Most
		if p.Figure.Denominator != nil {
			most = countIn(p.Figure.Denominator)
		}
		a.noteCount(code, fmt.Sprintf("%s %s %q", p.Market.Code, by, p.Part), atoms, p.Figure.Numerator, most)
	}
}

// mayBeDormant counts the merchants who are ready and are observed or known to be paid. This is the
// denominator of I18, and it is hidden together with I18.
func (a *attacker) mayBeDormant(atoms []int) (n int) {
	ready, known := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
	for _, s := range a.stalls {
		if slices.Contains(atoms, a.atoms[strings.Join([]string{s.Market.String(), s.Zone, s.Goods, "stall"}, "|")]) {
			ready[s.Merchant] = ready[s.Merchant] || s.Ready
			known[s.Merchant] = known[s.Merchant] || s.Covered || s.Paid || s.Word
		}
	}
	for merchant := range ready {
		if ready[merchant] && known[merchant] {
			n++
		}
	}
	return n
}

// findings returns the hidden counts that can be narrowed down.
func (a *attacker) findings() (found []string) {
	for count, cells := range a.cells {
		if !slices.Contains([]string{"I03", "I04", "I05", "strict", "I14", "I16", "I18", "I05 A"}, count) {
			// the register is public; the other levels count only the best of a merchant's evidence
			continue
		}
		// A merchant who is ready in one market and paid in another is not dormant.
		p := audit.Published{Classes: a.classes, Apart: count == "I18"}
		for key, c := range cells {
			// the dormant merchants are ready, observed and not paid
			if count == "I18" && c.Value == nil {
				if ready := a.cells["I03"][key].Value; ready != nil {
					c.Most = min(c.Most, *ready)
				}
				if active := a.cells["I05"][key]; active.Value != nil {
					c.Most = min(c.Most, active.Most-*active.Value)
				}
				if covered, known := a.covered[key]; known {
					c.Most = min(c.Most, covered)
				}
				c.Values = a.mayBeDormant(c.Atoms) + 1
			}
			p.Cells = append(p.Cells, c)
		}
		narrow, err := p.Audit()
		if err != nil {
			a.T.Errorf("%s: %v", count, err)
		}
		for _, f := range narrow {
			found = append(found, count+": "+f.String())
		}
	}
	slices.Sort(found)
	return found
}

var towns = flag.Uint64("attack.towns", 2, "how many drawn towns are attacked")

// No hidden count can be narrowed down, even by a reader who requests everything and solves it by
// linear programming.
func TestNothingHiddenCanBeNarrowed(t *testing.T) {
	t.Parallel()
	for seed := range *towns {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newNovember(t)
			w.town(seed, "C40")
			a := w.attack(w.Key(roles.ProvinceOfficer, ""), asOf, "C40")
			for _, found := range a.findings() {
				t.Error(found)
			}
			if a.shown == 0 || a.hidden == 0 {
				t.Errorf("%d counts were visible and %d hidden", a.shown, a.hidden)
			}
			t.Logf("%d counts shown, %d hidden, of %d counts", a.shown, a.hidden, len(a.cells))
		})
	}
}
