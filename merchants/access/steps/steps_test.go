package steps_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/merchants/access/steps"
	"market40/merchants/platform/seal"
	"market40/migrations/database/dbtest"
)

func TestStepEndsOnce(t *testing.T) {
	t.Parallel()
	db, clock := dbtest.New(t), time.Now()
	now := func() time.Time { return clock }
	keys, err := seal.Open(t.Context(), db.Pool, [seal.KeySize]byte{1}, now)
	if err != nil {
		t.Fatal(err)
	}
	some, others := steps.New("some", db, keys, now), steps.New("other", db, keys, now)
	text, err := some.Seal(t.Context(), "what the second step needs")
	if err != nil {
		t.Fatal(err)
	}
	var of string
	for name, wrong := range map[string]string{"nothing": "", "no text": "%", "a changed text": text[:len(text)-2]} {
		if _, err := some.Open(t.Context(), wrong, &of); err == nil {
			t.Errorf("%s is opened", name)
		}
	}
	if _, err := others.Open(t.Context(), text, &of); err == nil {
		t.Error("a step of another kind is opened")
	}
	id, err := some.Open(t.Context(), text, &of)
	if err != nil || of != "what the second step needs" {
		t.Fatalf("%q, %v", of, err)
	}
	if err := some.Finish(t.Context(), id, &pgx.Batch{}); err != nil {
		t.Fatal(err)
	}
	again := &pgx.Batch{}
	again.Queue(`INSERT INTO phone_code_days (day, sent) VALUES ('2026-11-22', 1)`)
	if err := some.Finish(t.Context(), id, again); !errors.Is(err, steps.ErrFinished) {
		t.Errorf("the step again: %v", err)
	}
	var left int
	if err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM phone_code_days`).
		Scan(&left); err != nil ||
		left != 0 {
		t.Errorf("the refused batch left %d rows, %v", left, err)
	}
	clock = clock.Add(11 * time.Minute)
	if _, err := some.Open(t.Context(), text, &of); err == nil {
		t.Error("a step is opened too late")
	}
}
