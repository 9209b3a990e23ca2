package reports

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/reports/disclosure/audit"
	"market40/reports/facts"
)

// ErrUnproved means that a hidden figure of a day could be narrowed down, or that nothing could be
// proved.
type ErrUnproved struct{ Findings []string }

func (e *ErrUnproved) Error() string { return "not proved: " + strings.Join(e.Findings, "; ") }

// Prove bounds every hidden count of a question's day by linear programming over everything that a
// role may request of that day. It uses only published figures and the register, not the rule
// itself. It returns an *ErrUnproved if a count can be narrowed down.
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
	everything := roles.Principal{Role: roles.ProvinceOfficer, ScopeKind: roles.ScopeAll}
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

// proofLasts is how long a proof is cached. A programme freezes many reports of one day one after
// the other.
const proofLasts = 10 * time.Minute

// proofFacts identify the facts of a proof, to compare them with those of an earlier one.
type proofFacts struct {
	day      time.Time
	campaign string
	stamp    facts.Revision
	// a digest of what is counted together: pilots, locations of markets, and how each is divided
	groups string
}

// proofs are the recent proofs.
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

// narrowed returns the hidden counts that can be narrowed down, and those that could not be proved.
// by is the dimension in which the parts of each market are published.
func (c *counted) narrowed(ctx context.Context, by map[uuid.UUID]string) (found []string, err error) {
	note := func(p audit.Published, of string, a audited) {
		if p.HidesNothing() {
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
