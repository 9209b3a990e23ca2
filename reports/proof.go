package reports

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"market40/merchants/auth"
	"market40/reports/disclosure/audit"
	"market40/reports/facts"
	"market40/reports/groups"
	"market40/reports/indicators"
)

// audited is a count of activity that Prove bounds: the numerator of a measure, or its denominator.
type audited struct {
	indicators.Row // without a code: of a measure that no indicator is

	denominator bool // whom it is about, where that is activity too
}

// auditedCounts returns all of them.
func auditedCounts() (list []audited) {
	for _, m := range indicators.Activity {
		list = append(list, audited{Row: indicators.Row{Measure: m, Divisible: true}})
	}
	for _, row := range indicators.Guarded() {
		if row.OwnDenominator && !row.Divisible {
			list = append(list, audited{row, true})
		}
		list = append(list, audited{row, false})
	}
	return list
}

// ErrUnproved says that a hidden figure of a day could be narrowed down, or that nothing could be proved.
type ErrUnproved struct{ Findings []string }

func (e *ErrUnproved) Error() string { return "not proved: " + strings.Join(e.Findings, "; ") }

// Prove bounds every hidden count of the day of a question by linear programming over all that a role may ask of that day. It uses
// what is published and the register, and nothing of the rule. Its error is an *ErrUnproved where a count can be narrowed down.
func (r *Reports) Prove(ctx context.Context, q Question) error {
	day, err := r.day(ctx, q.AsOf)
	if err != nil {
		return err
	}
	facts, err := r.proofFacts(ctx, day, q.Campaign)
	if err != nil {
		return fmt.Errorf("read what is to be proved of %s: %w", q.AsOf, err)
	}
	if r.proofs.hold(facts, r.now()) {
		return nil
	}
	everything := auth.Principal{Role: auth.ProvinceOfficer, ScopeKind: auth.ScopeAll}
	c, err := r.count(ctx, everything, ask{day: day, campaign: q.Campaign})
	if err != nil {
		return fmt.Errorf("count to prove %s: %w", q.AsOf, err)
	}
	by, err := r.partitions(ctx, c.scope)
	if err != nil {
		return err
	}
	found, err := c.narrowed(ctx, by)
	if err == nil && len(found) > 0 {
		err = &ErrUnproved{found}
	}
	if err == nil {
		r.proofs.add(facts, r.now())
	}
	return err
}

// proofLasts is how long a proof is remembered: a programme freezes many reports of one day after each other.
const proofLasts = 10 * time.Minute

// proofFacts tell whether a proof is about the same facts as an earlier one.
type proofFacts struct {
	day      time.Time
	campaign string
	stamp    facts.Revision
	groups   string // a digest of what is counted together: pilots, where markets stand, and how each is divided
}

// proofs are what was proved lately.
type proofs struct {
	mu   sync.Mutex
	list map[proofFacts]time.Time
}

func (p *proofs) hold(facts proofFacts, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, found := p.list[facts]
	return found && facts.stamp.Settled && now.Sub(at) < proofLasts
}

func (p *proofs) add(facts proofFacts, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.list, func(_ proofFacts, at time.Time) bool { return now.Sub(at) >= proofLasts })
	if p.list == nil {
		p.list = map[proofFacts]time.Time{}
	}
	p.list[facts] = now
}

// proofFacts reads what a proof of a day depends on.
func (r *Reports) proofFacts(ctx context.Context, day time.Time, campaign string) (f proofFacts, err error) {
	f = proofFacts{day: day, campaign: campaign}
	tx, err := r.db.Pool.Begin(ctx)
	if err != nil {
		return f, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if f.stamp, err = facts.ReadRevision(ctx, tx, day); err != nil {
		return f, err
	}
	return f, tx.QueryRow(ctx, `SELECT md5(concat((SELECT string_agg(p::text, ',' ORDER BY p.id) FROM pilots p), '|',
		(SELECT string_agg(p::text, ',' ORDER BY p.id) FROM market_places p), '|',
		(SELECT string_agg(concat_ws(' ', m.id, m.parts_by), ',' ORDER BY m.id) FROM markets m)))`).Scan(&f.groups)
}

// narrowed returns the hidden counts that can be narrowed down, and those of which nothing could be proved. by says along which
// dimension the parts of each market are published.
func (c *counted) narrowed(ctx context.Context, by map[uuid.UUID]string) (found []string, err error) {
	note := func(p audit.Published, of string, a audited) {
		if hidesNothing(&p) {
			return
		}
		narrow, err := p.Audit()
		if err != nil {
			found = append(found, fmt.Sprintf("%s, measure %s: %v", of, a.Measure, err))
		}
		for _, f := range narrow {
			found = append(found, fmt.Sprintf("%s, measure %s: %v", of, a.Measure, f))
		}
	}
	for _, a := range auditedCounts() {
		note(c.publishedGroups(a), "markets", a)
	}
	for _, market := range c.scope {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		parts := c.partsOf(market, by[market.ID])
		for _, a := range auditedCounts() {
			if a.Divisible {
				note(c.publishedParts(market, parts, a), market.Code, a)
			}
		}
	}
	return found, nil
}

// hidesNothing reports whether every count is published, and nobody is in several atoms.
func hidesNothing(p *audit.Published) bool {
	return !slices.ContainsFunc(p.Cells, func(c audit.Cell) bool { return c.Value == nil }) &&
		!slices.ContainsFunc(p.Classes, func(c audit.Class) bool { return len(c.Atoms) > 1 })
}

// publishedGroups is what is published of a measure in all groups of markets.
func (c *counted) publishedGroups(a audited) audit.Published {
	p := audit.Published{Apart: a.CountsJointly}
	people, holds := map[facts.MerchantID]whereabouts{}, groups.HoldsOf(a.Measure, facts.CohortOf(c.day))
	for place, id := range c.groups.Markets {
		p.Cells = append(p.Cells, a.cell(c.view([]Market{{ID: id}}), []int{place}))
		notePeople(people, place, c.groups.CellAt(place), holds)
	}
	for _, g := range c.groups.Joint() {
		var atoms []int
		for place := range c.groups.Markets {
			if g.Has(place) {
				atoms = append(atoms, place)
			}
		}
		if len(atoms) > 0 {
			p.Cells = append(p.Cells, a.cell(view{Group: g, day: c.day, version: c.version}, atoms))
		}
	}
	p.Classes = classesOf(people)
	return p
}

// publishedParts is what is published of a measure in the parts of a market, beside the market's own figure.
func (c *counted) publishedParts(market Market, parts []*groups.Part, a audited) audit.Published {
	p := audit.Published{Apart: a.CountsJointly}
	people, holds := map[facts.MerchantID]whereabouts{}, groups.HoldsOf(a.Measure, facts.CohortOf(c.day))
	var all []int
	for i, part := range parts {
		one := view{Group: part.Group(), day: c.day, version: c.version}
		p.Cells = append(p.Cells, a.cell(one, []int{i}))
		notePeople(people, i, part.Tally.Facts, holds)
		all = append(all, i)
	}
	if len(all) > 1 {
		own := a.cell(c.view([]Market{market}), all)
		own.Stays = true
		p.Cells = append(p.Cells, own)
	}
	p.Classes = classesOf(people)
	return p
}

// cell is what a reader sees of the count in one group.
func (a audited) cell(g view, atoms []int) audit.Cell {
	m := a.Measure
	shown, of := g.measure(a.Row, m), g.Tally.Measured[m].Of
	cell := audit.Cell{Name: fmt.Sprint(atoms), Atoms: atoms, Most: max(g.Tally.Merchants, of)}
	if a.denominator {
		if shown.Denominator != nil {
			cell.Value = &of
		}
		return cell
	}
	if shown.Denominator != nil {
		cell.Most = int(shown.Denominator.IntPart())
	}
	if m == indicators.Ready || m == indicators.Dormant { // whose code is printed is told by the register
		cell.Most = min(cell.Most, g.Tally.Measured[indicators.Printed].Mix.Sum())
	}
	if shown.Numerator != nil {
		n := int(shown.Numerator.IntPart())
		cell.Value = &n
	} else if shown.Denominator == nil {
		cell.Values = of + 1
	}
	if shown.Numerator == nil && m == indicators.Dormant { // the dormant are ready, observed, and not paid
		cell.Most = min(cell.Most, g.Tally.Measured[indicators.Covered].Mix.Sum())
		if able := g.measure(a.Row, indicators.Ready).Numerator; able != nil {
			cell.Most = min(cell.Most, int(able.IntPart()))
		}
		if active := g.measure(a.Row, indicators.Active30).Numerator; active != nil {
			cell.Most = min(cell.Most, g.Tally.Merchants-int(active.IntPart()))
		}
	}
	return cell
}

// whereabouts are the atoms at which a merchant is or was, as the register says by name, and at which of them it may count.
type whereabouts struct {
	atoms    []int
	operates uint32
}

// notePeople notes who is known at an atom.
func notePeople(people map[facts.MerchantID]whereabouts, atom int, at *facts.Cell, holds groups.HoldsFunc) {
	if at == nil {
		return
	}
	for id, p := range at.People {
		w := people[id]
		if belongs, _ := holds(p); belongs {
			w.operates |= 1 << len(w.atoms)
		}
		w.atoms = append(w.atoms, atom)
		people[id] = w
	}
}

// classesOf counts people by where they are and may count. Who may count nowhere is left out.
func classesOf(people map[facts.MerchantID]whereabouts) []audit.Class {
	classes := map[string]*audit.Class{}
	for _, w := range people {
		if w.operates == 0 {
			continue
		}
		key := fmt.Sprint(w)
		if classes[key] == nil {
			classes[key] = &audit.Class{Atoms: w.atoms, Operates: w.operates}
		}
		classes[key].People++
	}
	var list []audit.Class
	for _, key := range slices.Sorted(maps.Keys(classes)) {
		list = append(list, *classes[key])
	}
	return list
}
