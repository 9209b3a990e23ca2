package reports_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"market40/migrations/database/worldtest"
	"market40/reports/figures"
)

// code issues a static code for a tenancy.
func (w *world) code(tenancy uuid.UUID, issued string) string {
	w.T.Helper()
	account, code := w.account(tenancy, "2024-01-01"), uuid.NewString()
	w.Exec(`INSERT INTO codes (code, kind, market_id, stall_id, tenancy_id, account_id, state, issued_at)
		SELECT $1, 'stall', market_id, stall_id, id, $3, 'current', $4::text::timestamptz FROM tenancies WHERE id = $2`,
		code, tenancy, account, issued)
	return code
}

// scanned records a scan at the stall of a code. named reports whether the scan names that code.
func (w *world) scanned(code, verdict, at string, named bool, by uuid.UUID) {
	w.T.Helper()
	w.Exec(`INSERT INTO code_checks (id, market_id, stall_id, code, verdict, checked_at, actor_id)
		SELECT $2, market_id, stall_id, CASE WHEN $5::boolean THEN code END, $3, $4::text::timestamptz, $6 FROM codes
		WHERE code = $1`,
		code, uuid.New(), verdict, at, named, by)
}

// opened adds a tenancy that began before the records.
func (w *world) opened(market uuid.UUID) uuid.UUID {
	w.T.Helper()
	return w.AddTenancy(w.operating(market), w.AddMerchant("Người bán"), sinceAlways)
}

func TestReady(t *testing.T) {
	// scans of one code, in order of time
	type scan struct{ verdict, at string }
	one := func(scans ...scan) func(*world, uuid.UUID) {
		return func(w *world, m uuid.UUID) {
			code := w.code(w.opened(m), "2026-01-01")
			for _, s := range scans {
				w.scanned(code, s.verdict, s.at, s.verdict != "foreign", w.staff)
			}
		}
	}
	ended := func(state, at string) func(*world, uuid.UUID) {
		return func(w *world, m uuid.UUID) {
			one(scan{"official", lastWeek})(w, m)
			w.Exec(`UPDATE codes SET state = $2, ended_at = $3::text::timestamptz WHERE market_id = $1`, m, state, at)
		}
	}
	checkSituations(t, []situation{
		{"never scanned", one(), "0/1 {0 0 0 0}"},
		{"official last week", one(scan{"official", lastWeek}), "1/1 {0 0 0 1}"},
		{"official at 00:00 of the day", one(scan{"official", midnight}), "1/1 {0 0 0 1}"},
		{"official just after", one(scan{"official", after}), "0/1 {0 0 0 0}"},
		{"official thirty days ago", one(scan{"official", thirtyAgo}), "1/1 {0 0 0 1}"},
		{"official longer ago", one(scan{"official", before30}), "0/1 {0 0 0 0}"},
		{"swapped since", one(scan{"official", lastWeek}, scan{"swapped", before}), "0/1 {0 0 0 0}"},
		{"a foreign code hangs there since", one(scan{"official", lastWeek}, scan{"foreign", before}), "0/1 {0 0 0 0}"},
		{"swapped, put right", one(scan{"swapped", lastWeek}, scan{"official", before}), "1/1 {0 0 0 1}"},
		{"swapped just after", one(scan{"official", lastWeek}, scan{"swapped", after}), "1/1 {0 0 0 1}"},
		{"superseded at 00:00", ended("superseded", midnight), "0/1 {0 0 0 0}"},
		{"superseded just after", ended("superseded", after), "1/1 {0 0 0 1}"},
		{"the new code not yet scanned", func(w *world, m uuid.UUID) {
			tenancy := w.opened(m)
			w.scanned(w.code(tenancy, "2026-01-01"), "official", lastWeek, true, w.staff)
			w.Exec(`UPDATE codes SET state = 'superseded', ended_at = $2::text::timestamptz WHERE market_id = $1`, m,
				before)
			w.code(tenancy, before)
		}, "0/1 {0 0 0 0}"},
		{"one of two codes passed, the other not scanned", func(w *world, m uuid.UUID) {
			tenancy := w.opened(m)
			w.scanned(w.code(tenancy, "2026-01-01"), "official", lastWeek, true, w.staff)
			w.code(tenancy, "2026-01-01")
		}, "1/1 {0 0 0 1}"},
		{"a suspended stall's code", func(w *world, m uuid.UUID) {
			stall := w.AddStall(
				worldtest.Stall{Market: m, Kind: "stall", States: map[string]string{"suspended": "(,)"}},
			)
			w.scanned(
				w.code(w.AddTenancy(stall, w.AddMerchant("Người bán"), sinceAlways), "2026-01-01"),
				"official",
				lastWeek,
				true,
				w.staff,
			)
		}, "0/0 {0 0 0 0}"},
		{"an order's code is no static code", func(w *world, m uuid.UUID) {
			one(scan{"official", lastWeek})(w, m)
			w.Exec(`UPDATE codes SET kind = 'order', amount = 1, expires_at = now() WHERE market_id = $1`, m)
		}, "0/1 {0 0 0 0}"},
	}, func(i figures.Figures) string { return fmt.Sprint(shortFigure(i["I03"]), " ", *i["I03"].Evidence) })
}

// TestReadyByWhom checks that the evidence depends on who scanned. A person who sells for the owner
// sees no more than the owner.
func TestReadyByWhom(t *testing.T) {
	checkSituations(t, []situation{
		{"scanned by the owner only", func(w *world, m uuid.UUID) {
			w.scanned(w.code(w.opened(m), "2026-01-01"), "official", lastWeek, true, w.owner)
		}, "1/1 {0 1 0 0}"},
		{"scanned by who sells there for the owner: no more than the owner's word", func(w *world, m uuid.UUID) {
			code := w.code(w.opened(m), "2026-01-01")
			w.scanned(code, "official", lastWeek, true, w.owner)
			w.scanned(code, "official", before, true, w.seller)
		}, "1/1 {0 1 0 0}"},
		{"scanned by the team, then by who sells there", func(w *world, m uuid.UUID) {
			code := w.code(w.opened(m), "2026-01-01")
			w.scanned(code, "official", lastWeek, true, w.staff)
			w.scanned(code, "official", before, true, w.seller)
		}, "1/1 {0 0 0 1}"},
		{"scanned by the team, then by the owner", func(w *world, m uuid.UUID) {
			code := w.code(w.opened(m), "2026-01-01")
			w.scanned(code, "official", lastWeek, true, w.staff)
			w.scanned(code, "official", before, true, w.owner)
		}, "1/1 {0 0 0 1}"},
		{"two stalls, one scanned by the team: by best evidence, once", func(w *world, m uuid.UUID) {
			merchant := w.AddMerchant("Người bán")
			for _, by := range []uuid.UUID{w.owner, w.staff} {
				w.scanned(w.code(w.AddTenancy(w.operating(m), merchant, sinceAlways), "2026-01-01"), "official",
					lastWeek, true, by)
			}
		}, "1/1 {0 0 0 1}"},
	}, func(i figures.Figures) string { return fmt.Sprint(shortFigure(i["I03"]), " ", *i["I03"].Evidence) })
}
