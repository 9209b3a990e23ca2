package proof

import (
	"context"
	"maps"
	"sync"
	"time"

	"market40/migrations/database"
	"market40/reports/facts"
)

// proofLasts is how long a proof is cached: many reports of one day are frozen after each other.
const proofLasts = 10 * time.Minute

// Facts identify what a proof depends on: two proofs of equal facts are the same.
type Facts struct {
	day      time.Time
	campaign string
	stamp    facts.Revision
	groups   string // a digest of the pilots, the places of markets, and how each market is divided
}

// ReadFacts reads what a proof of a day depends on.
func ReadFacts(ctx context.Context, db *database.DB, day time.Time, campaign string) (f Facts, err error) {
	f = Facts{day: day, campaign: campaign}
	tx, err := db.Pool.Begin(ctx)
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

// Cache holds the facts that were proved lately. Its zero value is empty.
type Cache struct {
	mu   sync.Mutex
	list map[Facts]time.Time
}

// Has reports whether facts were proved within the last ten minutes. Facts of a day that may still
// change are never cached.
func (c *Cache) Has(f Facts, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, found := c.list[f]
	return found && f.stamp.Settled && now.Sub(at) < proofLasts
}

// Add records that facts were proved, and drops what is too old.
func (c *Cache) Add(f Facts, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.list, func(_ Facts, at time.Time) bool { return now.Sub(at) >= proofLasts })
	if c.list == nil {
		c.list = map[Facts]time.Time{}
	}
	c.list[f] = now
}
