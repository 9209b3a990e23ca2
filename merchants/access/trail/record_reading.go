package trail

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
)

// Reading is which of a merchant's data was read.
type Reading string

// The readings that the trail records.
const (
	ReadingPayments Reading = "payments"
	ReadingStream   Reading = "stream"   // payments as they come
	ReadingContact  Reading = "contact"  // whole phone and account numbers, and codes' payloads, which hold the account
	ReadingNotices  Reading = "notices"  // a bank's notices of the merchant's payments
	ReadingCases    Reading = "cases"    // the same, where a person had to look at it
	ReadingPersonal Reading = "personal" // everything stored about the merchant
)

type readerKey struct{}

// reader is the request that may read a merchant's data.
type reader struct {
	trail *Trail
	event Event
	begun bool // Begin wrote its line
	seen  bool // RecordReading wrote one
}

// Watch returns a context in which RecordReading writes a line, for a request that Begin wrote none
// for.
func (t *Trail) Watch(ctx context.Context, e Event) context.Context {
	return context.WithValue(ctx, readerKey{}, &reader{trail: t, event: e})
}

// ReadingRecorded reports whether RecordReading wrote a line in the context.
func ReadingRecorded(ctx context.Context) bool {
	r, _ := ctx.Value(readerKey{}).(*reader)
	return r != nil && r.seen
}

// RecordReading records which merchants' data the request of ctx is about to answer: the merchants in the
// time of these tenancies. Call it before the answer, and answer its error instead: without a line
// no data is read. It does nothing for a merchant, who reads only the own data, and for a command,
// which is not a request. It writes one row for each tenancy, in one statement.
func RecordReading(ctx context.Context, what Reading, tenancies []uuid.UUID) error {
	r, _ := ctx.Value(readerKey{}).(*reader)
	if who, err := roles.From(ctx); r == nil || err != nil || who.Role == roles.Merchant || len(tenancies) == 0 {
		return nil //nolint:nilerr // a stranger is shown no merchant's data
	}
	const reads = `INSERT INTO audit_reads (event_id, tenancy_id, what) SELECT DISTINCT $1::uuid, unnest($2::uuid[]), $3
		ON CONFLICT DO NOTHING`
	batch, e := &pgx.Batch{}, r.event
	if !r.begun { // a line of its own, with the result that it was read
		status := http.StatusOK
		e.ID, e.At = uuid.Must(uuid.NewV7()), r.trail.now()
		batch.Queue(insertEvent, e.values(&status)...)
	}
	batch.Queue(reads, e.ID, tenancies, what)
	within, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	if err := r.trail.db.Pool.SendBatch(within, batch).Close(); err != nil { // one implicit transaction
		return fmt.Errorf("record the reading of %d tenancies: %w", len(tenancies), err)
	}
	r.seen = true
	return nil
}

// Reader is one reading of a merchant's data as the merchant sees it: an office or a program, never
// a person.
type Reader struct {
	ID      uuid.UUID  `json:"id"`
	At      time.Time  `json:"at"`
	Kind    string     `json:"kind" enum:"user,key" doc:"a person of the office, or a program"`
	Role    roles.Role `json:"role"`
	Office  string     `json:"office" doc:"the name of the reader's scope; empty: the whole platform"`
	Program *string    `json:"program" doc:"the API key's name; null: a person"`
	What    Reading    `json:"what" enum:"payments,stream,contact,notices,cases,personal"`
	Screen  string     `json:"screen" doc:"the route that showed it"`
	Method  string     `json:"method"`
}

// ReadersOf is the filter of Readers.
type ReadersOf struct {
	Stall    uuid.UUID  // Nil: all of the merchant's
	Merchant *uuid.UUID // the merchant's tenancies only; nil: all
	Before   uuid.UUID  // a line's id; Nil: the newest
	BeforeOf Reading    // and which of its readings
	Limit    int
}

// Readers returns who read the data of a stall's merchants, newest first.
func (t *Trail) Readers(ctx context.Context, of ReadersOf) ([]Reader, error) {
	if of.Before == uuid.Nil {
		of.Before = uuid.Max
	}
	rows, err := t.db.Pool.Query(ctx, `WITH mine AS (
			SELECT DISTINCT r.event_id, r.what FROM tenancies t
			CROSS JOIN LATERAL (SELECT event_id, what FROM audit_reads
			WHERE tenancy_id = t.id AND (event_id, what) < ($3, $4) ORDER BY event_id DESC, what DESC LIMIT $5) r
			WHERE (t.stall_id = $1 OR $1::uuid = '00000000-0000-0000-0000-000000000000' AND t.merchant_id = $2)
			AND ($2::uuid IS NULL OR t.merchant_id = $2) ORDER BY r.event_id DESC, r.what DESC LIMIT $5)
		SELECT e.id, e.at, CASE WHEN k.id IS NULL THEN 'user' ELSE 'key' END, a.role, coalesce(
				(SELECT m.name FROM markets m WHERE s.kind = 'market' AND m.id = s.named),
				(SELECT v.name FROM locality_versions v WHERE s.kind = 'locality' AND v.locality_id = s.named
				ORDER BY v.valid @> e.at::date DESC, lower(v.valid) DESC LIMIT 1),
				(SELECT m.name FROM stalls x JOIN markets m ON m.id = x.market_id
				WHERE s.kind = 'stall' AND x.id = s.named),
				(SELECT string_agg(coalesce((SELECT m.name FROM markets m WHERE m.id = d.scope_id),
					(SELECT v.name FROM locality_versions v WHERE v.locality_id = d.scope_id
					ORDER BY v.valid @> e.at::date DESC, lower(v.valid) DESC LIMIT 1)), ', ')
				 FROM user_scopes d WHERE s.kind = 'dated' AND d.user_id = s.named
				 AND d.valid @> (e.at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date), ''),
			k.name, mine.what, e.route, e.method
		FROM mine JOIN audit_events e ON e.id = mine.event_id JOIN actors a ON a.id = e.actor_id
		LEFT JOIN api_keys k ON k.id = a.id LEFT JOIN users u ON u.id = a.id
		CROSS JOIN LATERAL (SELECT coalesce(k.scope_kind, u.scope_kind) AS kind, coalesce(k.scope_id,
		u.scope_id) AS named) s
		ORDER BY mine.event_id DESC, mine.what DESC`, of.Stall, of.Merchant, of.Before, of.BeforeOf, of.Limit)
	if err != nil {
		return nil, fmt.Errorf("list readers of stall %s: %w", of.Stall, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Reader])
	if err != nil {
		return nil, fmt.Errorf("list readers of stall %s: %w", of.Stall, err)
	}
	return list, nil
}
