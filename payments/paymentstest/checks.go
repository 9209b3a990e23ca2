package paymentstest

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"market40/migrations/database/worldtest"
)

// ConnectionsPath is the path of the bank connections.
const ConnectionsPath = "/api/v1/bank-connections"

// WantDays checks a stall's days of November 2026, as "day count amount", and the sums of their
// hours.
func (w *World) WantDays(stall string, want ...string) {
	w.T.Helper()
	var got []string
	for _, d := range w.Call(w.Admin, "GET", "/api/v1/stalls/"+stall+"/days?from=2026-11-01&to=2026-11-30", nil,
		200).Items() {
		got = append(got, fmt.Sprint(d.Text("day"), " ", d.Text("count"), " ", d.Text("amount")))
		var hours float64
		for _, h := range d["hours"].([]any) {
			if hours += h.(map[string]any)["count"].(float64); h.(map[string]any)["count"].(float64) < 0 {
				w.T.Errorf("an hour of %s is %v", d.Text("day"), h)
			}
		}
		if hours != d["count"].(float64) {
			w.T.Errorf("the hours of %s hold %v payments of %v", d.Text("day"), hours, d["count"])
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.T.Errorf("the days are %v, want %v", got, want)
	}
}

// Amounts returns the amounts of a stall's payments, newest first.
func (w *World) Amounts(stall string) []string {
	w.T.Helper()
	var amounts []string
	for _, p := range w.Paid(stall) {
		amounts = append(amounts, p.Text("amount"))
	}
	return amounts
}

// Outcome posts a webhook body and returns the status and the duration.
func (w *World) Outcome(connection string, n Transfer) (status int, retryAfter string, took time.Duration) {
	w.T.Helper()
	ctx, cancel := context.WithTimeout(w.T.Context(), worldtest.Patience)
	defer cancel()
	r := w.NewRequest("", http.MethodPost, "/webhooks/sepay/"+connection, n.Body(), "Authorization", "Apikey "+SePayKey)
	begun := time.Now()
	answer, err := w.Do(r.WithContext(ctx))
	if err != nil {
		w.T.Error(err)
		return 0, "", time.Since(begun)
	}
	return answer.Code, answer.Header().Get("Retry-After"), time.Since(begun)
}

// Grow inserts n earlier payments of the only stall with payments, 300 a day until two days ago.
func (w *World) Grow(n int) {
	w.T.Helper()
	const most = 20_000 // in one statement, which has seconds
	for first := 1; first <= n; first += most {
		w.grow(n, first, min(first+most-1, n))
	}
	w.Exec(`UPDATE ledger_accounts SET version = version + 1000000`)
	w.Exec(`ANALYZE payments`)
}

func (w *World) grow(n, first, last int) {
	w.T.Helper()
	w.Exec(`INSERT INTO payments (id, market_id, debit_account, credit_account, amount,
		debit_version, credit_version, occurred_at, recorded_at, reference, strong)
		SELECT overlay(id_floor(t.at)::text placing right(gen_random_uuid()::text, 20) FROM 17)::uuid, l.market_id,
		b.id, l.id, 1000, t.n, t.n, t.at, t.at, 'FT' || t.n, true
		FROM ledger_accounts l, ledger_accounts b, (SELECT n, now() - interval '2 days' - ($1 - n) * interval '1 day' /
		300 AS at FROM generate_series($2::int, $3::int) n) t
		WHERE l.kind = 'stall' AND b.kind = 'bank' AND b.account_id IS NOT NULL`, n, first, last)
}
