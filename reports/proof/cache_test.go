package proof

import (
	"fmt"
	"testing"
	"time"

	"market40/merchants/platform/bizday"
	"market40/migrations/database/dbtest"
)

// A proof is cached for the same facts only. A change of the register, of the programme or of a
// market's location makes it invalid, and so does time. No proof is cached for a day that may still
// change.
func TestChangeVoidsCachedProof(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, bizday.Vietnam)
	var cache Cache
	exec := func(sql string) {
		t.Helper()
		if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	const one = `'00000000-0000-7000-8000-0000000000a1'`
	const two = `'00000000-0000-7000-8000-0000000000a2'`
	exec(`INSERT INTO actors (id, role) VALUES (` + one + `, 'admin')`)
	exec(`INSERT INTO markets (id, code, name, class, kind, created_at) VALUES (` + one +
		`, 'DAM', 'x', 1, 'dan_sinh', now())`)
	exec(`INSERT INTO market_places (id, market_id, locality_id, valid) SELECT ` + one + `, ` + one + `, locality_id,
		'(,)' FROM locality_versions WHERE level = 'district' AND code = '568'`)
	exec(`INSERT INTO stalls (id, market_id, number, kind, goods_group, created_at) VALUES (` + one + `, ` + one +
		`, 'A1', 'stall', 'khac', now())`)
	exec(`INSERT INTO merchants (id, full_name, created_at) VALUES (` + one + `, 'x', now()), (` + two +
		`, 'y', now())`)
	exec(
		`INSERT INTO campaigns (id, code, name, legal_ref, basis, starts_on, due_day, created_by, created_at) VALUES (` + one + `, 'CHO40', 'x', 'x', 'districts_2024', '2026-01-01', 5, ` + one + `, now())`,
	)
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	facts := func(on time.Time) Facts {
		t.Helper()
		f, err := ReadFacts(t.Context(), db, on, "CHO40")
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, change := range []string{
		`INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid, created_at) VALUES (` + one + `, ` + one +
			`, ` + one + `, ` + one + `, '(,)', now())`,
		`UPDATE tenancies SET valid = '[2026-10-05,)'`,
		`UPDATE tenancies SET merchant_id = ` + two,
		`INSERT INTO stall_states (id, stall_id, state, valid) VALUES (` + one + `, ` + one +
			`, 'suspended', '[2026-10-20,)')`,
		`UPDATE stalls SET zone = 'B'`,
		`UPDATE markets SET parts_by = CASE parts_by WHEN 'zone' THEN 'goods_group' ELSE 'zone' END`,
		`UPDATE market_places SET locality_id = (SELECT locality_id FROM locality_versions
			WHERE level = 'district' AND code = '569')`,
		`INSERT INTO pilots (id, campaign_id, locality_id, market_id, valid, designated_by, designated_at)
			SELECT ` + one + `, ` + one + `, locality_id, ` + one + `, '[2026-01-01,)', ` + one + `, now()
				FROM locality_versions WHERE level = 'district' AND code = '569'`,
		`INSERT INTO markets (id, code, name, class, kind, created_at) VALUES (` + two +
			`, 'DINH', 'x', 1, 'dan_sinh', now())`,
	} {
		before := facts(day)
		cache.Add(before, now)
		if !cache.Has(facts(day), now) {
			t.Fatal("a proof of the same facts is not cached")
		}
		exec(change)
		if cache.Has(facts(day), now) {
			t.Errorf("the proof still holds after %s", change)
		}
	}
	cached := facts(day)
	cache.Add(cached, now)
	if cache.Has(cached, now.Add(proofLasts)) {
		t.Error("a proof is cached for ever")
	}
	moving := facts(time.Now().In(bizday.Vietnam).AddDate(0, 0, 1)) // payments of today write no row
	cache.Add(moving, now)
	if cache.Has(moving, now) {
		t.Error(fmt.Sprint("a proof of ", moving.day, " is cached"))
	}
}
