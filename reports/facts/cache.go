package facts

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

// maxCached is how many merchants the cache holds over all days, at about 100 bytes each.
const maxCached = 400_000

// cache holds facts of days that have begun. They are valid until a fact of their days changes.
// Each change is recorded in its own transaction (fact_changes). So a snapshot can decide whether
// facts read on another snapshot equal what it would read.
type cache struct {
	mu   sync.Mutex
	list []*DayFacts // the most recently used at the end
}

// DayFacts is the facts of a day that were read together.
type DayFacts struct {
	about    topic
	markets  []uuid.UUID
	queries  []string
	revision Revision
	Cells    map[string]*Cell // read-only once stored
	size     int              // merchants

	mu      sync.Mutex
	derived map[string]any // values computed from the facts; read-only once stored
}

// maxDerived is the number of computed values that are stored for the facts of a day. The bases
// and campaigns that group the markets rarely change.
const maxDerived = 4

// NewDayFacts returns given facts of a day as the result of every query, without reading any.
func NewDayFacts(day time.Time, cells map[string]*Cell) *DayFacts {
	return &DayFacts{about: topic{day: day}, queries: indicators.MarketQueries(), Cells: cells}
}

// Has reports whether the facts of some queries are included.
func (f *DayFacts) Has(queries []string) bool { return containsAll(f.queries, queries) }

// Cohort returns the cohort of I17 on the day.
func (f *DayFacts) Cohort() Cohort { return CohortOf(f.about.day) }

// CachedValue returns the stored value of a key, or computes and stores it.
func CachedValue[T any](f *DayFacts, key string, from func() T) T {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, is := f.derived[key].(T); is {
		return known
	}
	made := from()
	if len(f.derived) >= maxDerived || f.derived == nil {
		f.derived = map[string]any{}
	}
	f.derived[key] = made
	return made
}

// topic is what facts are about.
type topic struct {
	day      time.Time
	campaign uuid.UUID // nil: none
}

// Revision identifies the changes affecting a day that a snapshot sees. Equal revisions have seen
// the same changes, because rows are only added, or merged into a newer one.
type Revision struct {
	lines, newest int64
	Settled       bool // the day began so long ago that all writers of the day before have ended
}

// ReadRevision reads the revision of the facts of a day. A day is settled after ten minutes, far
// longer than any statement or transaction may run.
func ReadRevision(ctx context.Context, tx pgx.Tx, day time.Time) (s Revision, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*), coalesce(max(id), 0),
			$1::date::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' < clock_timestamp() - interval '10 minutes'
		FROM fact_changes WHERE since <= $1::date`, day).Scan(&s.lines, &s.newest, &s.Settled)
	if err != nil {
		return s, fmt.Errorf("read what changed: %w", err)
	}
	return s, nil
}

func aboutOf(a Question) topic {
	about := topic{day: a.Day}
	if a.Campaign != nil {
		about.campaign = *a.Campaign
	}
	return about
}

// find returns the cached facts for a question as of a revision, or nil.
func (k *cache) find(a Question, s Revision) *DayFacts {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, f := range k.list {
		same := f.about == aboutOf(a) && f.revision == s && slices.Equal(f.markets, a.Markets)
		if same && containsAll(f.queries, a.Queries) {
			k.list = append(slices.Delete(k.list, i, i+1), f)
			return f
		}
	}
	return nil
}

// store adds an answer unless its day may still change. It removes the entries that the answer
// replaces, and the oldest ones above the limit.
func (k *cache) store(a Question, s Revision, cells map[string]*Cell) *DayFacts {
	f := &DayFacts{about: aboutOf(a), markets: a.Markets, queries: a.Queries, revision: s, Cells: cells}
	if !s.Settled {
		return f
	}
	for _, c := range cells {
		f.size += len(c.People)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = slices.DeleteFunc(k.list, func(o *DayFacts) bool {
		same := o.about == f.about && slices.Equal(o.markets, f.markets)
		return same && (o.revision != s || containsAll(f.queries, o.queries))
	})
	k.list = append(k.list, f)
	size := 0
	for i, o := range slices.Backward(k.list) {
		if size += o.size; size > maxCached {
			k.list = slices.Delete(k.list, 0, i+1)
			break
		}
	}
	return f
}

func containsAll(list, of []string) bool {
	return !slices.ContainsFunc(of, func(s string) bool { return !slices.Contains(list, s) })
}
