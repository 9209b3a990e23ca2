package seal_test

import (
	"errors"
	"testing"
	"time"

	"market40/merchants/platform/seal"
	"market40/migrations/database/dbtest"
)

// TestServersOutliveARotation follows one server with the old secret and one with the new one over
// the turn of years.
func TestServersOutliveARotation(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	first, second, third := [32]byte{1}, [32]byte{2}, [32]byte{3}
	clock := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	now := func() time.Time { return clock }
	open := func(secret [32]byte) *seal.Keys {
		keys, err := seal.Open(t.Context(), db.Pool, secret, now)
		if err != nil {
			t.Fatalf("%v: %v", secret[0], err)
		}
		return keys
	}
	at := testPlace()
	agree := func(when string, from, to *seal.Keys) {
		t.Helper()
		sealed, err := from.Seal(t.Context(), at, []byte("0123456789"))
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if plain, err := to.Open(t.Context(), at, sealed); err != nil || string(plain) != "0123456789" {
			t.Fatalf("%s: opened %q, %v", when, plain, err)
		}
		if string(from.Index("account", "1")) != string(to.Index("account", "1")) {
			t.Fatalf("%s: two indexes", when)
		}
	}
	old := open(first)
	if err := seal.Rotate(t.Context(), db.Pool, second, third, now()); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("rotating by a stranger's secret: %v", err)
	}
	if err := seal.Rotate(t.Context(), db.Pool, first, second, now()); err != nil {
		t.Fatal(err)
	}
	if err := seal.Rotate(t.Context(), db.Pool, first, second, now()); err != nil {
		t.Errorf("the same once more: %v", err)
	}
	if err := seal.Rotate(t.Context(), db.Pool, second, third, now()); !errors.Is(err, seal.ErrUnfinished) {
		t.Errorf("before the last one is finished: %v", err)
	}
	fresh, late := open(second), open(first) // started again with either secret
	for range 3 {
		agree(clock.Format("2006-01"), old, fresh)
		agree(clock.Format("2006-01"), fresh, late)
		agree(clock.Format("2006-01"), late, old)
		clock = clock.AddDate(0, 1, 0)
	}
	// The old secret makes no month's key that only it could wrap: no other server could read
	// what it seals.
	if _, err := old.Seal(t.Context(), at, []byte("1")); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("the old secret seals in %s: %v", clock.Format("2006-01"), err)
	}
	old.Reread(func() ([32]byte, error) { return second, nil })
	agree("read again", old, fresh)
	if err := seal.Finish(t.Context(), db.Pool, first); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("finishing by the old secret: %v", err)
	}
	if err := seal.Finish(t.Context(), db.Pool, second); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Open(t.Context(), db.Pool, first, now); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("the old secret opens after the end: %v", err)
	}
	agree("after the end", open(second), old)
}

// TestNoMonthIsMadeUnderAnOldSecretMeanwhile: a server requires a new month in the middle of each
// rotation.
func TestNoMonthIsMadeUnderAnOldSecretMeanwhile(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	clock := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	keys, err := seal.Open(t.Context(), db.Pool, [32]byte{1}, func() time.Time { return clock })
	if err != nil {
		t.Fatal(err)
	}
	// A server requires new months during the rotations: what it sealed is readable by the last
	// secret.
	type value struct {
		at     seal.Place
		sealed []byte
	}
	var values []value
	for n := byte(1); n < 12; n++ {
		done := make(chan error, 1)
		past := clock.AddDate(-10, 0, 0) // a rotation that makes no key for the month that comes
		go func() { done <- seal.Rotate(t.Context(), db.Pool, [32]byte{n}, [32]byte{n + 1}, past) }()
		clock = clock.AddDate(0, 1, 0)
		at := testPlace()
		sealed, err := keys.Seal(t.Context(), at, []byte("1"))
		if err == nil {
			values = append(values, value{at, sealed})
		} else if !errors.Is(err, seal.ErrWrongKey) {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if err := seal.Finish(t.Context(), db.Pool, [32]byte{n + 1}); err != nil {
			t.Fatal(err)
		}
		keys.Reread(func() ([32]byte, error) { return [32]byte{n + 1}, nil })
	}
	last, err := seal.Open(t.Context(), db.Pool, [32]byte{12}, func() time.Time { return clock })
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		if _, err := last.Open(t.Context(), v.at, v.sealed); err != nil {
			t.Error(err)
		}
	}
}
