package trail

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/jobs"
)

//go:embed seals.sql
var sealsSQL string

const (
	sealEvery = time.Minute
	// settleDelay is how long after its end a minute is sealed: longer than adding to it may take.
	settleDelay = time.Minute
	// lostAfter is after how long a request without a result counts as lost with its server: longer than any
	// may run.
	lostAfter = 10 * time.Minute
	// lookBack is how far before the last seal lost requests are looked for: longer than lostAfter.
	lookBack = time.Hour
	// sealVersion is the form of new seals. 1 knew events alone, each with its status.
	sealVersion = 2
)

// Job returns the job that seals closed minutes.
func (t *Trail) Job() jobs.Job { return jobs.Job{Name: "seal-audit", Every: sealEvery, Do: t.Seal} }

// sealedRow is a row of the trail as a seal covers it.
type sealedRow struct {
	at             time.Time
	result         bool // of audit_results: Event has but the id
	Event          Event
	status         *int
	reads, changes *string
}

func (r *sealedRow) scan(rows pgx.Rows) error {
	e := &r.Event
	err := rows.Scan(&r.at, &r.result, &e.ID, &e.ActorID, &e.SessionID, &e.Address, &e.Method, &e.Route, &e.Object,
		&r.status, &r.reads, &r.changes)
	e.At = r.at
	return err
}

// minuteSeal is one sealed minute.
type minuteSeal struct {
	minute  time.Time
	events  int // rows, results included
	version int
	sum     hash.Hash
	value   []byte
}

func sealAfter(before []byte, minute time.Time, version int) *minuteSeal {
	s := &minuteSeal{minute: minute, version: version, sum: sha256.New()}
	s.write(string(before), strconv.FormatInt(minute.Unix(), 10))
	if version > 1 {
		s.write(strconv.Itoa(version))
	}
	return s
}

// write adds texts, each behind its length, so that no two lists of texts are one.
func (s *minuteSeal) write(texts ...string) {
	for _, text := range texts {
		_ = binary.Write(s.sum, binary.BigEndian, uint64(len(text))) // a hash never fails
		s.sum.Write([]byte(text))
	}
}

func (s *minuteSeal) add(r *sealedRow) {
	s.events++
	e, status := &r.Event, ""
	if r.status != nil {
		status = strconv.Itoa(*r.status)
	}
	if s.version > 1 {
		s.write(strconv.FormatBool(r.result), textOrNone(r.reads), textOrNone(r.changes))
	}
	s.write(e.ID.String(), strconv.FormatInt(e.At.UnixMicro(), 10), idText(e.ActorID), idText(e.SessionID), e.Address,
		e.Method, e.Route, e.Object, status)
}

func textOrNone(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func idText(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

// sealing is a chain of seals over the rows from a moment on to another.
type sealing struct {
	last     []byte // the seal before
	from, to time.Time
	version  func(minute time.Time) int
	do       func(*minuteSeal)
}

// run chains the seals in the order of minutes, lines before results, and ids.
func (c *sealing) run(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, sealsSQL, c.from, c.to)
	if err != nil {
		return fmt.Errorf("read the trail: %w", err)
	}
	defer rows.Close()
	var open *minuteSeal
	finish := func() {
		if open != nil {
			open.value = open.sum.Sum(nil)
			c.last = open.value
			c.do(open)
		}
	}
	for rows.Next() {
		var r sealedRow
		if err := r.scan(rows); err != nil {
			return fmt.Errorf("read the trail: %w", err)
		}
		if minute := r.at.UTC().Truncate(time.Minute); open == nil || !open.minute.Equal(minute) {
			finish()
			open = sealAfter(c.last, minute, c.version(minute))
		}
		open.add(&r)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the trail: %w", err)
	}
	finish()
	return nil
}

// Seal seals every settled minute that has rows and no seal, and closes the lines of requests that
// were lost with their server.
func (t *Trail) Seal(ctx context.Context) error {
	return t.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		c := sealing{
			to:      t.now().UTC().Add(-settleDelay).Truncate(time.Minute),
			version: func(time.Time) int { return sealVersion },
		}
		err := tx.QueryRow(ctx, `SELECT minute + interval '1 minute', seal FROM audit_seals ORDER BY minute DESC
			LIMIT 1`).Scan(&c.from, &c.last)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("read the last seal: %w", err)
		}
		_, err = tx.Exec(ctx, `INSERT INTO audit_results (event_id, at, status) SELECT e.id, $1, NULL
			FROM audit_events e
			WHERE e.status IS NULL AND e.at >= $2 AND e.at < $3 AND NOT EXISTS (SELECT FROM audit_results r
			WHERE r.event_id = e.id)
			ON CONFLICT DO NOTHING`, t.now(), c.from.Add(-lookBack), t.now().Add(-lostAfter))
		if err != nil {
			return fmt.Errorf("close lost lines: %w", err)
		}
		batch := &pgx.Batch{}
		c.do = func(s *minuteSeal) {
			batch.Queue(`INSERT INTO audit_seals (minute, events, seal, version) VALUES ($1, $2, $3, $4)`, s.minute,
				s.events, s.value, s.version)
		}
		if err = c.run(ctx, tx); err != nil || batch.Len() == 0 {
			return err
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

// TrailProof is what Verify found.
type TrailProof struct {
	Events, Minutes int // sealed; results are rows too
	Last            time.Time
	Seal            []byte // the last one: write it down elsewhere, and what was cut off the end shows too
	Faults          []string
}

// Verify computes every seal again from the rows, each in the form that it was made in.
func (t *Trail) Verify(ctx context.Context) (*TrailProof, error) {
	p := &TrailProof{}
	err := t.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		*p = TrailProof{}
		if _, err := tx.Exec(ctx, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT minute, events, seal, version FROM audit_seals ORDER BY minute`)
		if err != nil {
			return fmt.Errorf("read the seals: %w", err)
		}
		stored := map[int64]minuteSeal{}
		var s minuteSeal
		_, err = pgx.ForEachRow(rows, []any{&s.minute, &s.events, &s.value, &s.version}, func() error {
			stored[s.minute.Unix()] = minuteSeal{
				minute: s.minute, events: s.events, value: bytes.Clone(s.value),
				version: s.version,
			}
			p.Last, p.Seal = s.minute, bytes.Clone(s.value)
			return nil
		})
		if err != nil || len(stored) == 0 {
			return err
		}
		return p.compare(ctx, tx, stored)
	})
	return p, err
}

func (p *TrailProof) compare(ctx context.Context, tx pgx.Tx, stored map[int64]minuteSeal) error {
	fault := func(minute time.Time, what string) {
		p.Faults = append(p.Faults, minute.UTC().Format(time.RFC3339)+": "+what)
	}
	c := sealing{
		to:      p.Last.Add(time.Minute),
		version: func(minute time.Time) int { return stored[minute.Unix()].version },
	}
	c.do = func(s *minuteSeal) {
		p.Events += s.events
		p.Minutes++
		k, found := stored[s.minute.Unix()]
		delete(stored, s.minute.Unix())
		switch {
		case !found:
			fault(s.minute, fmt.Sprintf("%d events were added after the seals", s.events))
		case k.events != s.events:
			fault(s.minute, fmt.Sprintf("sealed with %d events, %d exist", k.events, s.events))
		case !bytes.Equal(k.value, s.value):
			fault(s.minute, "the seal differs: this minute, or one before it, was changed")
		}
	}
	err := c.run(ctx, tx)
	for _, k := range stored {
		fault(k.minute, fmt.Sprintf("sealed with %d events, none exist", k.events))
	}
	return err
}
