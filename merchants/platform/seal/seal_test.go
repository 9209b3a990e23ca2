package seal_test

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/seal"
	"market40/migrations/database/dbtest"
)

func testPlace() seal.Place {
	return seal.Place{Table: "accounts", Column: "number", ID: uuid.New()}
}

func TestSealedValueOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	keys, err := seal.Open(t.Context(), db.Pool, [32]byte{1}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	at := testPlace()
	sealed, err := keys.Seal(t.Context(), at, []byte("0123456789"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("0123456789")) {
		t.Error("the plain text is in the sealed value")
	}
	if plain, err := keys.Open(t.Context(), at, sealed); err != nil || string(plain) != "0123456789" {
		t.Errorf("opened %q, %v", plain, err)
	}
	other := at
	other.Column = "holder"
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for name, try := range map[string]struct {
		at     seal.Place
		sealed []byte
	}{
		"another row": {testPlace(), sealed}, "another column": {other, sealed}, "changed": {at, changed},
		"cut": {at, sealed[:10]}, "empty": {at, nil},
	} {
		if _, err := keys.Open(t.Context(), try.at, try.sealed); !errors.Is(err, seal.ErrUnreadable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnotherSecretIsRefused(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	if _, err := seal.Open(t.Context(), db.Pool, [32]byte{1}, time.Now); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Open(t.Context(), db.Pool, [32]byte{2}, time.Now); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("got %v", err)
	}
}

func TestMonthsHaveKeysOfTheirOwn(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	clock := time.Date(2026, 11, 30, 23, 59, 0, 0, time.UTC)
	keys, err := seal.Open(t.Context(), db.Pool, [32]byte{1}, func() time.Time { return clock })
	if err != nil {
		t.Fatal(err)
	}
	at := testPlace()
	november, err := keys.Seal(t.Context(), at, []byte("a"))
	if err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(2 * time.Minute)
	if _, err := keys.Seal(t.Context(), at, []byte("b")); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pool.Exec(t.Context(), `DELETE FROM sealed_keys WHERE id = '2026-11'`); err != nil {
		t.Fatal(err)
	}
	later, err := seal.Open(t.Context(), db.Pool, [32]byte{1}, func() time.Time { return clock })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := later.Open(t.Context(), at, november); !errors.Is(err, seal.ErrUnreadable) {
		t.Errorf("a value after its month's key was destroyed: %v", err)
	}
}

func TestTwoProcessesAgreeOnTheKeys(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	indexes := make([][]byte, 8)
	var wait sync.WaitGroup
	for i := range indexes {
		wait.Go(func() {
			keys, err := seal.Open(t.Context(), db.Pool, [32]byte{7}, time.Now)
			if err != nil {
				t.Error(err)
				return
			}
			indexes[i] = keys.Index("account", "0123456789")
		})
	}
	wait.Wait()
	for _, index := range indexes {
		if !bytes.Equal(index, indexes[0]) {
			t.Fatal("two processes index the same account differently")
		}
	}
}

func TestIndexDiffersByKind(t *testing.T) {
	t.Parallel()
	keys, err := seal.Open(t.Context(), dbtest.New(t).Pool, [32]byte{1}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(keys.Index("phone", "0905000001"), keys.Index("account", "0905000001")) {
		t.Error("a phone and an account of the same digits have one index")
	}
}

func TestLast4NeverShowsAWholeNumber(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"0101234567890": "7890", "12345678": "5678", "1234567": "4567",
		"12345": "2345", "1234": "34", "7": "", "": "",
	} {
		if got := seal.Last4(number); got != want {
			t.Errorf("of %s %q is shown, want %q", number, got, want)
		}
	}
}
