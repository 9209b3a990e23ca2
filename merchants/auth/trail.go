package auth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/migrations/database"
)

const (
	sealEvery = time.Minute
	// settled is how long after its end a minute is sealed: longer than adding to it may take.
	settled = time.Minute
	// recordWithin bounds that: what could not be added by then is an error, and never comes late to a sealed minute.
	recordWithin = 20 * time.Second
)

// Event is one line of the audit trail: who did what, from where, on which object, with which result.
type Event struct {
	ID        uuid.UUID  `json:"id"`
	At        time.Time  `json:"at"`
	ActorID   *uuid.UUID `json:"actor_id" doc:"the API key or the user; null: a stranger"`
	SessionID *uuid.UUID `json:"session_id"`
	Address   string     `json:"address" doc:"address and port"`
	Method    string     `json:"method"`
	Route     string     `json:"route"`
	Object    string     `json:"object" doc:"the path as it was asked for"`
	Status    int        `json:"status"`
}

const eventColumns = `id, at, actor_id, session_id, address, method, route, object, status`

// Trail is the audit trail. Its rows are added and never changed; each closed minute's are sealed with the seal of the
// minute before, so that a row that was changed, added or taken away later shows.
type Trail struct {
	db  *database.DB
	now func() time.Time
}

// NewTrail keeps the trail in db.
func NewTrail(db *database.DB, now func() time.Time) *Trail { return &Trail{db, now} }

// Record adds an event; its id and time are given here.
func (t *Trail) Record(ctx context.Context, e Event) error {
	ctx, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	_, err := t.db.Pool.Exec(ctx, `INSERT INTO audit_events (`+eventColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		uuid.Must(uuid.NewV7()), t.now(), e.ActorID, e.SessionID, e.Address, e.Method, e.Route, e.Object, e.Status)
	if err != nil {
		return fmt.Errorf("record %s %s: %w", e.Method, e.Route, err)
	}
	return nil
}

// Events are the trail, newest first, after a place in it.
func (t *Trail) Events(ctx context.Context, before uuid.UUID, actor *uuid.UUID, limit int) ([]Event, error) {
	if before == uuid.Nil {
		before = uuid.Max
	}
	rows, err := t.db.Pool.Query(ctx, `SELECT `+eventColumns+` FROM audit_events WHERE id < $1 AND ($2::uuid IS NULL OR actor_id = $2) ORDER BY id DESC LIMIT $3`, before, actor, limit)
	if err != nil {
		return nil, fmt.Errorf("read the trail: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
	if err != nil {
		return nil, fmt.Errorf("read the trail: %w", err)
	}
	return list, nil
}

// Run seals closed minutes until ctx ends; of several replicas one does it at a time.
func (t *Trail) Run(ctx context.Context) {
	for {
		if err := t.Seal(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "sealing the audit trail failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(sealEvery):
		}
	}
}

// minuteSeal is one sealed minute.
type minuteSeal struct {
	minute time.Time
	events int
	sum    hash.Hash
	value  []byte
}

func sealAfter(before []byte, minute time.Time) *minuteSeal {
	s := &minuteSeal{minute: minute, sum: sha256.New()}
	s.write(string(before), strconv.FormatInt(minute.Unix(), 10))
	return s
}

// write adds texts, each behind its length, so that no two lists of texts are one.
func (s *minuteSeal) write(texts ...string) {
	for _, text := range texts {
		_ = binary.Write(s.sum, binary.BigEndian, uint64(len(text))) // a hash never fails
		s.sum.Write([]byte(text))
	}
}

func (s *minuteSeal) add(e *Event) {
	s.events++
	s.write(e.ID.String(), strconv.FormatInt(e.At.UnixMicro(), 10), idText(e.ActorID), idText(e.SessionID), e.Address, e.Method, e.Route, e.Object, strconv.Itoa(e.Status))
}

func idText(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

// eachMinute chains the seals of the events from a moment on to another, in the order of minutes and ids.
func eachMinute(ctx context.Context, tx pgx.Tx, last []byte, from, to time.Time, do func(*minuteSeal)) error {
	rows, err := tx.Query(ctx, `SELECT `+eventColumns+` FROM audit_events WHERE at >= $1 AND at < $2 ORDER BY date_trunc('minute', at, 'UTC'), id`, from, to)
	if err != nil {
		return fmt.Errorf("read the trail: %w", err)
	}
	var open *minuteSeal
	finish := func() {
		if open != nil {
			open.value = open.sum.Sum(nil)
			last = open.value
			do(open)
		}
	}
	for rows.Next() {
		e, err := pgx.RowToStructByPos[Event](rows)
		if err != nil {
			rows.Close()
			return fmt.Errorf("read the trail: %w", err)
		}
		if minute := e.At.UTC().Truncate(time.Minute); open == nil || !open.minute.Equal(minute) {
			finish()
			open = sealAfter(last, minute)
		}
		open.add(&e)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the trail: %w", err)
	}
	finish()
	return nil
}

// Seal seals every settled minute that has events and no seal.
func (t *Trail) Seal(ctx context.Context) error {
	return t.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var mine bool
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, t.db.LockID("job:seal-audit")).Scan(&mine); err != nil || !mine {
			return err
		}
		var last []byte
		var from time.Time
		err := tx.QueryRow(ctx, `SELECT minute + interval '1 minute', seal FROM audit_seals ORDER BY minute DESC LIMIT 1`).Scan(&from, &last)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("read the last seal: %w", err)
		}
		batch := &pgx.Batch{}
		err = eachMinute(ctx, tx, last, from, t.now().UTC().Add(-settled).Truncate(time.Minute), func(s *minuteSeal) {
			batch.Queue(`INSERT INTO audit_seals (minute, events, seal) VALUES ($1, $2, $3)`, s.minute, s.events, s.value)
		})
		if err != nil || batch.Len() == 0 {
			return err
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

// TrailProof is what Verify found.
type TrailProof struct {
	Events, Minutes int // sealed
	Last            time.Time
	Seal            []byte // the last one: write it down elsewhere, and what was cut off the end shows too
	Faults          []string
}

// Verify computes every seal again from the rows.
func (t *Trail) Verify(ctx context.Context) (*TrailProof, error) {
	p := &TrailProof{}
	err := t.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		*p = TrailProof{}
		if _, err := tx.Exec(ctx, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT minute, events, seal FROM audit_seals ORDER BY minute`)
		if err != nil {
			return fmt.Errorf("read the seals: %w", err)
		}
		kept := map[int64]minuteSeal{}
		var s minuteSeal
		_, err = pgx.ForEachRow(rows, []any{&s.minute, &s.events, &s.value}, func() error {
			kept[s.minute.Unix()] = minuteSeal{minute: s.minute, events: s.events, value: bytes.Clone(s.value)}
			p.Last, p.Seal = s.minute, bytes.Clone(s.value)
			return nil
		})
		if err != nil || len(kept) == 0 {
			return err
		}
		return p.compare(ctx, tx, kept)
	})
	return p, err
}

func (p *TrailProof) compare(ctx context.Context, tx pgx.Tx, kept map[int64]minuteSeal) error {
	fault := func(minute time.Time, what string) {
		p.Faults = append(p.Faults, minute.UTC().Format(time.RFC3339)+": "+what)
	}
	err := eachMinute(ctx, tx, nil, time.Time{}, p.Last.Add(time.Minute), func(s *minuteSeal) {
		p.Events += s.events
		p.Minutes++
		k, found := kept[s.minute.Unix()]
		delete(kept, s.minute.Unix())
		switch {
		case !found:
			fault(s.minute, fmt.Sprintf("%d events came after the seals", s.events))
		case k.events != s.events:
			fault(s.minute, fmt.Sprintf("sealed with %d events, %d are there", k.events, s.events))
		case !bytes.Equal(k.value, s.value):
			fault(s.minute, "the seal is another: this minute was changed, or one before it")
		}
	})
	for _, k := range kept {
		fault(k.minute, fmt.Sprintf("sealed with %d events, none is there", k.events))
	}
	return err
}
