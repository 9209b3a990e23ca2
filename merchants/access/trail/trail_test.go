package trail_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/trail"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
)

// testTrail is a trail with its own clock.
type testTrail struct {
	*trail.Trail
	t     *testing.T
	db    *database.DB
	keys  *seal.Keys
	clock time.Time
}

func newTrail(t *testing.T) *testTrail {
	t.Helper()
	k := &testTrail{t: t, db: dbtest.New(t), clock: time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)}
	var err error
	k.keys, err = seal.Open(t.Context(), k.db.Pool, [seal.KeySize]byte{1}, time.Now)
	must(t, err)
	k.Trail = trail.NewTrail(k.db, k.keys, func() time.Time { return k.clock })
	return k
}

var someEvent = trail.Event{
	Address: "127.0.0.1:5000", Method: "POST", Route: "/api/v1/markets",
	Object: "/api/v1/markets",
}

// request is a request that runs one statement, and gives its line.
func (k *testTrail) request(e trail.Event, sql string, values ...any) uuid.UUID {
	k.t.Helper()
	ctx, line, err := k.Begin(k.t.Context(), e)
	must(k.t, err)
	if sql != "" {
		_, err = k.db.Pool.Exec(ctx, sql, values...)
		must(k.t, err)
	}
	must(k.t, k.End(context.WithoutCancel(k.t.Context()), line, 201))
	return line
}

// trailOf is a trail of so many minutes with three requests each, sealed but for what has not
// settled.
func trailOf(t *testing.T, minutes int) *testTrail {
	t.Helper()
	k := newTrail(t)
	for range minutes {
		for i := range 3 {
			k.clock = k.clock.Add(20 * time.Second)
			e := someEvent
			e.Object = fmt.Sprint("/", i)
			k.request(e, `INSERT INTO merchants (id, full_name, created_at) VALUES (gen_random_uuid(), 'Lan', now())`)
		}
		must(t, k.Seal(t.Context()))
	}
	return k
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (k *testTrail) readLines(f trail.LineFilter) []trail.Line {
	k.t.Helper()
	list, err := k.Lines(k.t.Context(), f, nil, uuid.Nil, 100)
	must(k.t, err)
	return list
}

func TestTrailIsSealedMinuteByMinute(t *testing.T) {
	t.Parallel()
	k := trailOf(t, 6)
	p, err := k.Verify(t.Context())
	must(t, err)
	if len(p.Faults) > 0 || p.Minutes < 4 || p.Events < 20 || len(p.Seal) != 32 {
		t.Errorf("%+v", p)
	}
	for _, table := range []string{"audit_events", "audit_results", "audit_changes", "audit_reads"} {
		for _, sql := range []string{"DELETE FROM " + table, "TRUNCATE " + table + " CASCADE"} {
			if _, err := k.db.Pool.Exec(t.Context(), `INSERT INTO audit_reads SELECT id, id, 'payments'
				FROM audit_events LIMIT 1 ON CONFLICT DO NOTHING`); err != nil {
				t.Fatal(err)
			}
			if _, err := k.db.Pool.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
}

func TestTamperedTrailIsFound(t *testing.T) {
	t.Parallel()
	const first = `(SELECT id FROM audit_events ORDER BY id LIMIT 1)`
	for name, test := range map[string]struct{ sql, found string }{
		"changed": {`UPDATE audit_events SET object = '/else' WHERE id = ` + first, "the seal differs"},
		"taken":   {`DELETE FROM audit_results WHERE event_id = ` + first, "exist"},
		"emptied": {`DELETE FROM audit_results; DELETE FROM audit_events WHERE at < (SELECT minute + interval '1 minute'
			FROM audit_seals ORDER BY minute LIMIT 1)`, "none exist"},
		"added": {
			`INSERT INTO audit_events SELECT gen_random_uuid(), minute - interval '1 hour', NULL, NULL, '',
			'POST', '', '', 200 FROM audit_seals ORDER BY minute LIMIT 1`,
			"were added after the seals",
		},
		"swapped": {`UPDATE audit_results a SET status = b.status + 1 FROM audit_results b
			WHERE a.event_id <> b.event_id`, "the seal differs"},
		"another digest": {`UPDATE audit_changes SET after = '\x00' WHERE event_id = ` + first, "the seal differs"},
		"another object": {
			`UPDATE audit_changes SET object_id = '1' WHERE event_id = ` + first,
			"the seal differs",
		},
		"a change hidden": {`DELETE FROM audit_changes WHERE event_id = ` + first, "the seal differs"},
		"a change made up": {
			`INSERT INTO audit_changes (event_id, kind, object_id, after)
			SELECT id, 'stalls', '', '\x00' FROM audit_events ORDER BY id LIMIT 1`,
			"the seal differs",
		},
		"a reading made up": {
			`INSERT INTO audit_reads SELECT id, id, 'payments' FROM audit_events ORDER BY id LIMIT 1`,
			"the seal differs",
		},
		"sealed the old way": {`ALTER TABLE audit_seals DISABLE TRIGGER USER; UPDATE audit_seals SET version = 1
			WHERE minute = (SELECT min(minute) FROM audit_seals)`, "the seal differs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := trailOf(t, 5)
			_, err := k.db.Pool.Exec(context.WithoutCancel(t.Context()), `ALTER TABLE audit_events DISABLE TRIGGER USER;
				ALTER TABLE audit_results DISABLE TRIGGER USER;
				ALTER TABLE audit_changes DISABLE TRIGGER USER; `+test.sql)
			must(t, err)
			p, err := k.Verify(t.Context())
			must(t, err)
			if !strings.Contains(strings.Join(p.Faults, "\n"), test.found) {
				t.Errorf("found %q, not %q", p.Faults, test.found)
			}
		})
	}
}

// TestOldSealsStillVerify seals a minute as the program did before results, changes and readings were
// stored.
func TestOldSealsStillVerify(t *testing.T) {
	t.Parallel()
	k := newTrail(t)
	id, sum := uuid.Must(uuid.NewV7()), sha256.New()
	at := k.clock.Add(5 * time.Second)
	for _, text := range []string{
		"", strconv.FormatInt(k.clock.Unix(), 10), // no seal before it, and the minute
		id.String(), strconv.FormatInt(at.UnixMicro(), 10), "", "", "10.0.0.1:9", "POST", "/api/v1/sessions",
		"/api/v1/sessions", "401",
	} {
		must(t, binary.Write(sum, binary.BigEndian, uint64(len(text))))
		sum.Write([]byte(text))
	}
	_, err := k.db.Pool.Exec(t.Context(), `INSERT INTO audit_events VALUES ($1, $2, NULL, NULL, '10.0.0.1:9', 'POST',
		'/api/v1/sessions', '/api/v1/sessions', 401)`, id, at)
	must(t, err)
	_, err = k.db.Pool.Exec(t.Context(), `INSERT INTO audit_seals VALUES ($1, 1, $2, 1)`, k.clock, sum.Sum(nil))
	must(t, err)
	k.clock = k.clock.Add(2 * time.Minute)
	k.request(someEvent, "")
	k.clock = k.clock.Add(3 * time.Minute)
	must(t, k.Seal(t.Context()))
	if p, err := k.Verify(t.Context()); err != nil || len(p.Faults) > 0 || p.Minutes != 2 || p.Events != 3 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestALineWithoutResultIsClosedAsUnknown(t *testing.T) {
	t.Parallel()
	k := newTrail(t)
	ctx, line, err := k.Begin(t.Context(), someEvent)
	must(t, err)
	_, err = k.db.Pool.Exec(ctx, `INSERT INTO merchants (id, full_name, created_at)
		VALUES (gen_random_uuid(), 'Lan', now())`)
	must(t, err)
	if l := k.readLines(trail.LineFilter{}); len(l) != 1 || l[0].Outcome != trail.UnderWay || l[0].Changed != 1 {
		t.Errorf("while it runs: %+v", l)
	}
	k.clock = k.clock.Add(5 * time.Minute)
	must(t, k.Seal(t.Context())) // the line's own minute
	k.clock = k.clock.Add(20 * time.Minute)
	must(t, k.Seal(t.Context()))
	l := k.readLines(trail.LineFilter{})
	if len(l) != 1 || l[0].Outcome != trail.Unknown || l[0].ID != line || l[0].Status != nil || l[0].Changed != 1 {
		t.Errorf("after the server died: %+v", l)
	}
	k.clock = k.clock.Add(5 * time.Minute)
	must(t, k.Seal(t.Context()))
	if p, err := k.Verify(t.Context()); err != nil || len(p.Faults) > 0 || p.Events != 2 {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestDigestsIdentifyRowContent follows one row through the trail, and computes its last digest by
// hand.
func TestDigestsIdentifyRowContent(t *testing.T) {
	t.Parallel()
	k := newTrail(t)
	id := uuid.Must(uuid.NewV7())
	for _, sql := range []string{
		`INSERT INTO merchants (id, full_name, created_at) VALUES ($1, 'Lan', now())`,
		`UPDATE merchants SET full_name = 'Hoa' WHERE id = $1`,
		`UPDATE merchants SET full_name = 'Hoa' WHERE id = $1`, // nothing changes
		`UPDATE merchants SET full_name = 'Lan' WHERE id = $1`,
	} {
		k.clock = k.clock.Add(time.Second)
		k.request(someEvent, sql, id)
	}
	var row string
	must(t, k.db.Pool.QueryRow(t.Context(), `SELECT to_jsonb(m)::text FROM merchants m`).Scan(&row))
	k.request(someEvent, `DELETE FROM merchants WHERE id = $1`, id)
	var steps []trail.Change
	for _, l := range k.readLines(trail.LineFilter{Object: id.String()}) { // newest first
		steps = append(steps, l.Changes...)
	}
	if len(steps) != 4 || steps[0].After != nil || steps[3].Before != nil {
		t.Fatalf("%d steps: %+v", len(steps), steps)
	}
	for i := range 3 {
		if *steps[i].Before != *steps[i+1].After {
			t.Errorf("step %d begins with another row than the one before it left", i)
		}
	}
	mac := hmac.New(sha256.New, k.keys.Index("audit", "digest"))
	mac.Write([]byte(row))
	if by := hex.EncodeToString(mac.Sum(nil)); by != *steps[1].After || *steps[1].After != *steps[3].After ||
		*steps[2].After == by {
		t.Errorf("the digest by hand is %s: %+v", by, steps)
	}
	// A session that worked for a request works for others afterwards, unmarked.
	before := len(k.readLines(trail.LineFilter{}))
	for range 20 {
		_, err := k.db.Pool.Exec(t.Context(), `INSERT INTO merchants (id, full_name, created_at)
			VALUES (gen_random_uuid(), 'Lan', now())`)
		must(t, err)
	}
	var changes int
	must(t, k.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_changes`).Scan(&changes))
	if changes != 4 || len(k.readLines(trail.LineFilter{})) != before {
		t.Errorf("%d changes after work outside of requests", changes)
	}
}

func TestARolledBackChangeLeavesNoDigest(t *testing.T) {
	t.Parallel()
	k := newTrail(t)
	ctx, line, err := k.Begin(t.Context(), someEvent)
	must(t, err)
	_, err = k.db.Pool.Exec(ctx, `WITH m AS (INSERT INTO merchants (id, full_name, created_at)
		VALUES (gen_random_uuid(), 'Lan', now())) SELECT 1/0`)
	if err == nil {
		t.Fatal("nothing failed")
	}
	must(t, k.End(ctx, line, 500))
	if l := k.readLines(trail.LineFilter{Class: 5}); len(l) != 1 || l[0].Changed != 0 || l[0].Outcome != trail.Failed {
		t.Errorf("%+v", l)
	}
}

func TestLinesAreFoundByContent(t *testing.T) {
	t.Parallel()
	k := newTrail(t)
	id := uuid.Must(uuid.NewV7())
	actor, session := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	_, err := k.db.Pool.Exec(t.Context(), `INSERT INTO actors (id, role) VALUES ($1, 'manager')`, actor)
	must(t, err)
	_, err = k.db.Pool.Exec(t.Context(), `INSERT INTO users (id, login, full_name, role, scope_kind, created_at)
		VALUES ($1, 'lan', 'Lan', 'manager', 'all', now())`, actor)
	must(t, err)
	_, err = k.db.Pool.Exec(t.Context(), `INSERT INTO sessions (id, user_id, hash, method, created_at, seen_at,
		proved_at, device, address) VALUES ($1, $2, '', 'password', now(), now(), now(), '', '')`, session, actor)
	must(t, err)
	k.request(trail.Event{Address: "10.0.0.1:1", Method: "POST", Route: "/api/v1/markets", Object: "/api/v1/markets"},
		"")
	k.clock = k.clock.Add(time.Hour)
	k.request(trail.Event{
		ActorID: &actor, SessionID: &session, Address: "10.0.0.10:2", Method: "PATCH",
		Route: "/api/v1/stalls/:id", Object: "/api/v1/stalls/" + strings.ToUpper(id.String()),
	}, "")
	must(t, k.Refused(t.Context(), trail.Event{
		Address: "[::1]:3", Method: "GET", Route: "/api/v1/notices",
		Object: "/api/v1/notices%00",
	}, 403))
	hour := k.clock
	for name, c := range map[string]struct {
		f    trail.LineFilter
		want int
	}{
		"everything": {trail.LineFilter{}, 3}, "actor": {trail.LineFilter{Actor: &actor}, 1},
		"session": {trail.LineFilter{Session: &session}, 1},
		"path":    {trail.LineFilter{Object: "/api/v1/m"}, 1}, "id": {trail.LineFilter{Object: id.String()}, 1},
		"no wildcard":    {trail.LineFilter{Object: "/api/v1/%"}, 0},
		"a sign of LIKE": {trail.LineFilter{Object: "/api/v1/notices%"}, 1},
		"route":          {trail.LineFilter{Route: "/api/v1/stalls/:id"}, 1},
		"method":         {trail.LineFilter{Method: "PATCH"}, 1}, "class": {trail.LineFilter{Class: 4}, 1},
		"address": {trail.LineFilter{Address: "10.0.0.1"}, 1},
		"IPv6":    {trail.LineFilter{Address: "::1"}, 1}, "port": {trail.LineFilter{Address: "10.0.0.10:2"}, 1},
		"from": {trail.LineFilter{From: &hour}, 2}, "to": {trail.LineFilter{To: &hour}, 1},
		"all of it": {trail.LineFilter{
			Actor: &actor, Session: &session, Method: "PATCH", Class: 2, From: &hour,
			Object: "/api/v1/stalls/", Address: "10.0.0.10",
		}, 1},
	} {
		if got := k.readLines(c.f); len(got) != c.want {
			t.Errorf("by %s: %d lines, want %d", name, len(got), c.want)
		}
	}
	newest := k.readLines(trail.LineFilter{})[0]
	rest, err := k.Lines(t.Context(), trail.LineFilter{}, &newest.At, newest.ID, 10)
	if err != nil || len(rest) != 2 {
		t.Errorf("after the newest: %d, %v", len(rest), err)
	}
}
