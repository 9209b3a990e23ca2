package auth_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"market40/merchants/auth"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
)

// trailOf is a trail of so many minutes with three events each, sealed but for what has not settled.
func trailOf(t *testing.T, minutes int) (*database.DB, *auth.Trail) {
	t.Helper()
	db := dbtest.New(t)
	clock := time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)
	trail := auth.NewTrail(db, func() time.Time { return clock })
	for range minutes {
		for i := range 3 {
			clock = clock.Add(20 * time.Second)
			must(t, trail.Record(t.Context(), auth.Event{Address: "127.0.0.1:5000", Method: "POST", Route: "/api/v1/markets", Object: fmt.Sprint("/", i), Status: 201}))
		}
		must(t, trail.Seal(t.Context()))
	}
	return db, trail
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTrailIsSealedMinuteByMinute(t *testing.T) {
	t.Parallel()
	db, trail := trailOf(t, 6)
	p, err := trail.Verify(t.Context())
	must(t, err)
	if len(p.Faults) > 0 || p.Minutes < 4 || p.Events < 10 || len(p.Seal) != 32 {
		t.Errorf("%+v", p)
	}
	if _, err := db.Pool.Exec(t.Context(), `UPDATE audit_events SET status = 200`); err == nil || !strings.Contains(err.Error(), "append-only") {
		t.Errorf("an event was changed: %v", err)
	}
	list, err := trail.Events(t.Context(), [16]byte{}, nil, 5)
	if err != nil || len(list) != 5 || !list[0].At.After(list[4].At) {
		t.Errorf("%v, %v", list, err)
	}
}

func TestTamperedTrailIsFound(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ sql, found string }{
		"changed": {`UPDATE audit_events SET object = '/else' WHERE id = (SELECT id FROM audit_events ORDER BY id LIMIT 1)`, "the seal is another"},
		"taken":   {`DELETE FROM audit_events WHERE id = (SELECT id FROM audit_events ORDER BY id LIMIT 1)`, "are there"},
		"emptied": {`DELETE FROM audit_events WHERE at < (SELECT minute + interval '1 minute' FROM audit_seals ORDER BY minute LIMIT 1)`, "none is there"},
		"added": {`INSERT INTO audit_events SELECT gen_random_uuid(), minute - interval '1 hour', NULL, NULL, '', 'POST', '', '', 200 FROM audit_seals ORDER BY minute LIMIT 1`,
			"came after the seals"},
		"swapped": {`UPDATE audit_events a SET status = b.status + 1 FROM audit_events b WHERE a.id = b.id AND a.object = '/2'`, "the seal is another"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, trail := trailOf(t, 5)
			_, err := db.Pool.Exec(context.WithoutCancel(t.Context()), `ALTER TABLE audit_events DISABLE TRIGGER USER; `+test.sql)
			must(t, err)
			p, err := trail.Verify(t.Context())
			must(t, err)
			if !strings.Contains(strings.Join(p.Faults, "\n"), test.found) {
				t.Errorf("found %q, not %q", p.Faults, test.found)
			}
		})
	}
}
