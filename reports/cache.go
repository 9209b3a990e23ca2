package reports

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/reports/indicators"
)

// mostKept is how many merchants, over all counts that are kept, are remembered: some 100 bytes each.
const mostKept = 400_000

// kept are facts of days that have begun, which hold until something that they tell of changes. Every change says so in its own
// transaction (fact_changes), so a snapshot tells whether facts that were read on another are what it would read itself.
type kept struct {
	mu   sync.Mutex
	list []*keptFacts // the one used last at the end
}

// keptFacts are what was read at once.
type keptFacts struct {
	about   keptAbout
	markets []uuid.UUID
	queries []string
	stamp   stamp
	cells   map[string]*cell // never written to again
	size    int              // merchants

	mu      sync.Mutex
	derived map[string]any // what was made of them: never written to again
}

// mostDerived is how many things made of the facts of a day are kept: bases and campaigns, by which markets are grouped, change
// seldom.
const mostDerived = 4

// factsOf returns facts of a day that were not read: every query's.
func factsOf(day time.Time, cells map[string]*cell) *keptFacts {
	return &keptFacts{about: keptAbout{day: day}, queries: indicators.MarketQueries(), cells: cells}
}

// has reports whether the facts of some queries are among them.
func (f *keptFacts) has(queries []string) bool { return containsAll(f.queries, queries) }

// cohort returns the cohort that is asked for on the day.
func (f *keptFacts) cohort() cohort { return cohortAt(f.about.day) }

// remembered returns what was made of facts under a key before; otherwise it makes it, once.
func remembered[T any](f *keptFacts, key string, from func() T) T {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, is := f.derived[key].(T); is {
		return known
	}
	made := from()
	if len(f.derived) >= mostDerived || f.derived == nil {
		f.derived = map[string]any{}
	}
	f.derived[key] = made
	return made
}

type keptAbout struct {
	day      time.Time
	campaign uuid.UUID // nil: none
}

// stamp tells the changes that reach back to a day and are seen by a snapshot: two of the same have seen the same, for lines are only
// added, or put together into a newer one.
type stamp struct {
	lines, newest int64
	settled       bool // the day has begun long enough ago that whoever wrote on the day before has ended
}

// readStamp reads it. Ten minutes are far more than a statement and a transaction may take.
func readStamp(ctx context.Context, tx pgx.Tx, day time.Time) (s stamp, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*), coalesce(max(id), 0), $1::date::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' < clock_timestamp() - interval '10 minutes'
		FROM fact_changes WHERE since <= $1::date`, day).Scan(&s.lines, &s.newest, &s.settled)
	if err != nil {
		return s, fmt.Errorf("read what changed: %w", err)
	}
	return s, nil
}

func aboutOf(a asked) keptAbout {
	about := keptAbout{day: a.day}
	if a.campaign != nil {
		about.campaign = *a.campaign
	}
	return about
}

// find gives what is kept of a question, as of a stamp.
func (k *kept) find(a asked, s stamp) *keptFacts {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, f := range k.list {
		if f.about == aboutOf(a) && f.stamp == s && slices.Equal(f.markets, a.markets) && containsAll(f.queries, a.queries) {
			k.list = append(slices.Delete(k.list, i, i+1), f)
			return f
		}
	}
	return nil
}

// keep remembers an answer, unless its day may still change, and forgets those that it takes the place of, and the oldest ones over
// the limit.
func (k *kept) keep(a asked, s stamp, cells map[string]*cell) *keptFacts {
	f := &keptFacts{about: aboutOf(a), markets: a.markets, queries: a.queries, stamp: s, cells: cells}
	if !s.settled {
		return f
	}
	for _, c := range cells {
		f.size += len(c.people)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = slices.DeleteFunc(k.list, func(o *keptFacts) bool {
		return o.about == f.about && slices.Equal(o.markets, f.markets) && (o.stamp != s || containsAll(f.queries, o.queries))
	})
	k.list = append(k.list, f)
	size := 0
	for i, o := range slices.Backward(k.list) {
		if size += o.size; size > mostKept {
			k.list = slices.Delete(k.list, 0, i+1)
			break
		}
	}
	return f
}

func containsAll(list, of []string) bool {
	return !slices.ContainsFunc(of, func(s string) bool { return !slices.Contains(list, s) })
}
