package reports_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"market40/merchants/auth"
	"market40/reports"
	"market40/reports/disclosure/audit"
)

// attacker asks everything that a role may ask as of one day, and adds and subtracts it by linear programming. It knows the
// register: who has a stall where.
type attacker struct {
	*world
	key, day  string
	campaigns []string
	atoms     map[string]int // a market's stalls of one zone, goods group and kind
	classes   []audit.Class
	cells     map[string]map[string]audit.Cell // by count, then by what was asked
	shown     int
	hidden    int
}

// attack returns what can be narrowed down of hidden counts.
func (w *world) attack(key, day string, campaigns ...string) *attacker {
	w.t.Helper()
	a := &attacker{world: w, key: key, day: day, campaigns: append(campaigns, ""), atoms: map[string]int{}, cells: map[string]map[string]audit.Cell{}}
	a.readRegister()
	for _, basis := range []string{"districts_2024", "communes_2025", "current"} {
		for _, campaign := range a.campaigns {
			a.askReport(basis, campaign)
		}
	}
	for _, code := range []string{"I01", "I03", "I04", "I05", "I18"} {
		for _, by := range []string{"market", "zone", "goods_group", "kind"} {
			a.askParts(code, by)
		}
	}
	return a
}

// readRegister reads the operating tenancies by name, as every officer may.
func (a *attacker) readRegister() {
	rows, err := a.db.Pool.Query(a.t.Context(), `SELECT t.merchant_id::text, s.market_id::text, s.zone, s.goods_group, s.kind
		FROM tenancies t JOIN stalls s ON s.id = t.stall_id WHERE s.kind <> 'mobile' ORDER BY 1, 2, 3, 4, 5`)
	must(a.t, err)
	people := map[string][]int{}
	for rows.Next() {
		var merchant, market, zone, goods, kind string
		must(a.t, rows.Scan(&merchant, &market, &zone, &goods, &kind))
		name := strings.Join([]string{market, zone, goods, kind}, "|")
		if _, known := a.atoms[name]; !known {
			a.atoms[name] = len(a.atoms)
		}
		if atom := a.atoms[name]; !slices.Contains(people[merchant], atom) {
			people[merchant] = append(people[merchant], atom)
		}
	}
	must(a.t, rows.Err())
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

// atomsOf are the atoms of some markets, or of a part of one.
func (a *attacker) atomsOf(markets []reports.Market, by, part string) (atoms []int) {
	place := map[string]int{"zone": 1, "goods_group": 2, "kind": 3}[by]
	for name, atom := range a.atoms {
		words := strings.Split(name, "|")
		if slices.ContainsFunc(markets, func(m reports.Market) bool { return m.ID.String() == words[0] }) && (place == 0 || words[place] == part) {
			atoms = append(atoms, atom)
		}
	}
	slices.Sort(atoms)
	return atoms
}

func (a *attacker) askReport(basis, campaign string) {
	report := a.adoption(a.key, "basis="+basis+"&as_of="+a.day+"&campaign="+campaign)
	var all []reports.Market
	for _, r := range report.Rows {
		a.noteGroup(basis+campaign+" "+r.Locality.Code, r.Markets, r.Indicators, r.Funnel)
		all = append(all, r.Markets...)
	}
	a.noteGroup(basis+campaign+" total", all, report.Total, report.Funnel)
}

// noteGroup notes what a report says of a group: every count, its evidence, and the steps of the funnel.
func (a *attacker) noteGroup(name string, markets []reports.Market, f reports.Figures, funnel *reports.Funnel) {
	atoms := a.atomsOf(markets, "", "")
	mop := countIn(f["I01"].Denominator)
	for _, code := range divisible {
		a.note(code, name, atoms, f[code], mop)
	}
	strict := f["I05"].Parts["strict"]
	a.note("strict", name, atoms, strict, mop)
	if (funnel.Active == nil) != f["I05"].Suppressed || (funnel.Habitual == nil) != strict.Suppressed {
		a.t.Errorf("%s: the funnel and I05 do not hide the same", name)
	}
	if gap := f["I06"]; gap.Suppressed != (f["I03"].Suppressed || f["I05"].Suppressed) || f["I09"].Suppressed != f["I05"].Suppressed {
		a.t.Errorf("%s: I06 and I09 do not hide what they are counted from", name)
	}
	if mixed := f["I05"].Evidence == nil; mixed && mop > 0 && (!f["I10"].Suppressed || !f["I20"].Suppressed || f["I09"].Evidence != nil) {
		a.t.Errorf("%s: what banks notified of the active is told beside a hidden evidence", name)
	}
}

func countIn(q *reports.Quantity) int {
	if q == nil {
		return 0
	}
	return int(q.IntPart())
}

// note notes one count, and its evidence by level.
func (a *attacker) note(code, name string, atoms []int, f reports.Figure, mop int) {
	if f.Suppressed && (f.Numerator != nil || f.Value != nil || f.Evidence != nil || f.FreshAt != nil) {
		a.t.Errorf("%s of %s is hidden and says %+v", code, name, f)
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
		var n *reports.Quantity
		if e := f.Evidence; e != nil {
			n = reports.Count([]int{e.A, e.B, e.D}[i])
		}
		a.noteCount(code+" "+level, name, atoms, n, most)
	}
}

func (a *attacker) noteCount(count, name string, atoms []int, n *reports.Quantity, most int) {
	register := slices.Contains([]string{"I01", "I02"}, count[:3])
	cell := audit.Cell{Name: name, Atoms: atoms, Most: most}
	if n != nil {
		value := countIn(n)
		if 0 < value && value < 5 && !register {
			a.t.Errorf("%s of %s is %d", count, name, value)
		}
		cell.Value = &value
		a.shown++
	} else {
		a.hidden++
		if register && len(count) == 3 {
			a.t.Errorf("%s of %s is hidden, and the register tells it by name", count, name)
		}
	}
	if a.cells[count] == nil {
		a.cells[count] = map[string]audit.Cell{}
	}
	key := fmt.Sprint(atoms)
	if old, known := a.cells[count][key]; known && (old.Value == nil) != (cell.Value == nil) {
		a.t.Errorf("%s of %s and of %s: one is hidden", count, name, old.Name)
	}
	a.cells[count][key] = cell
}

func (a *attacker) askParts(code, by string) {
	answer := a.get(a.key, "/api/v1/reports/drill-down?basis=current&indicator="+code+"&by="+by+"&as_of="+a.day)
	if answer.Code != http.StatusOK {
		a.t.Fatalf("%s by %s is answered by %d: %s", code, by, answer.Code, answer.Body)
	}
	var said reports.DrillDown
	must(a.t, json.Unmarshal(answer.Body.Bytes(), &said))
	for _, p := range said.Parts {
		if code == "I06" {
			continue
		}
		a.noteCount(code, fmt.Sprintf("%s %s %q", p.Market.Code, by, p.Part), a.atomsOf([]reports.Market{p.Market}, by, p.Part), p.Figure.Numerator, countIn(p.Figure.Denominator))
	}
}

// findings are the hidden counts that can be narrowed down.
func (a *attacker) findings() (found []string) {
	for count, cells := range a.cells {
		if !slices.Contains([]string{"I03", "I04", "I05", "strict", "I18", "I05 A"}, count) {
			continue // what the register tells; and of other levels only the best of a merchant's several counts
		}
		p := audit.Published{Classes: a.classes}
		for _, c := range cells {
			p.Cells = append(p.Cells, c)
		}
		narrow, err := p.Audit()
		if err != nil {
			a.t.Errorf("%s: %v", count, err)
		}
		for _, f := range narrow {
			found = append(found, count+": "+f.String())
		}
	}
	slices.Sort(found)
	return found
}

// town gives a world markets with zones that are not their goods groups, merchants of several stalls, zones and markets, and a campaign.
func (w *world) town(seed uint64, campaign string) {
	w.t.Helper()
	r := rand.New(rand.NewPCG(seed, 40)) //nolint:gosec // an invented town
	var markets []uuid.UUID
	for i := range 4 + r.IntN(4) {
		markets = append(markets, w.market(fmt.Sprintf("T%d-%d", seed, i), communes[r.IntN(len(communes))]...))
	}
	type row struct {
		Market, Stall, Merchant, Tenancy uuid.UUID
		Zone, Goods                      string
		Paid, Word                       bool
	}
	var rows []row
	add := func(m, merchant uuid.UUID, rate int) {
		paid := r.IntN(100) < rate
		rows = append(rows, row{m, uuid.New(), merchant, uuid.New(), string(rune('A' + r.IntN(3))), []string{"thit", "rau", "khac"}[r.IntN(3)], paid, !paid && r.IntN(12) == 0})
	}
	for _, m := range markets {
		rate, size := []int{0, 10, 40, 60, 95, 100}[r.IntN(6)], []int{3, 6, 12, 20, 40}[r.IntN(5)]
		for range size {
			merchant := uuid.New()
			add(m, merchant, rate)
			if r.IntN(15) == 0 {
				add(m, merchant, rate)
			}
		}
	}
	for range r.IntN(3) {
		merchant, first := uuid.New(), r.IntN(len(markets))
		add(markets[first], merchant, 50)
		add(markets[(first+1)%len(markets)], merchant, 50)
	}
	given, err := json.Marshal(rows)
	must(w.t, err)
	w.exec(`WITH p AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS p ("Market" uuid, "Stall" uuid, "Merchant" uuid, "Tenancy" uuid, "Zone" text, "Goods" text, "Paid" bool, "Word" bool)), s AS (
			INSERT INTO stalls (id, market_id, number, kind, zone, goods_group, created_at) SELECT "Stall", "Market", "Stall", 'stall', "Zone", "Goods", now() FROM p
		), m AS (
			INSERT INTO merchants (id, full_name, created_at) SELECT DISTINCT "Merchant", 'X', now() FROM p
		), t AS (
			INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid, approved_at, created_at) SELECT "Tenancy", "Market", "Stall", "Merchant", '(,)', '2024-01-01', now() FROM p
		), d AS (
			INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount) SELECT "Tenancy", '2026-11-20', "Market", 2, 1000 FROM p WHERE "Paid"
		)
		INSERT INTO confirmations (id, market_id, tenancy_id, amount, occurred_at, recorded_at, actor_id)
		SELECT "Tenancy", "Market", "Tenancy", 1000, '2026-11-20', now(), $2 FROM p WHERE "Word"`, given, w.owner)
	id := uuid.New()
	w.exec(`INSERT INTO campaigns (id, code, name, legal_ref, basis, starts_on, created_by, created_at) VALUES ($1, $2, 'x', 'x', 'districts_2024', '2026-01-01', $3, now())`, id, campaign, w.staff)
	for i, m := range markets {
		if i%2 == 0 {
			w.exec(`INSERT INTO pilots (id, campaign_id, locality_id, market_id, valid, designated_by, designated_at)
				SELECT gen_random_uuid(), $1, p.locality_id, $2, '[2026-01-01,)', $3, now() FROM market_places p JOIN locality_versions v ON v.locality_id = p.locality_id AND v.level = 'district'
				WHERE p.market_id = $2 ON CONFLICT DO NOTHING`, id, m, w.staff)
		}
	}
}

// Whoever asks everything and adds and subtracts it by linear programming narrows no hidden count down.
func TestNothingHiddenCanBeNarrowed(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newNovember(t)
			w.town(seed, "C40")
			a := w.attack(w.key(auth.ProvinceOfficer, ""), asOf, "C40")
			for _, found := range a.findings() {
				t.Error(found)
			}
			if a.shown == 0 || a.hidden == 0 {
				t.Errorf("%d counts were shown and %d hidden", a.shown, a.hidden)
			}
			t.Logf("%d counts shown, %d hidden, of %d counts", a.shown, a.hidden, len(a.cells))
		})
	}
}
