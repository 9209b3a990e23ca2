package ledger_test

import (
	"fmt"
	"slices"
	"testing"

	"market40/payments/ledger"
	"market40/payments/paymentstest"
)

// rules returns the rules of the books that are violated, each once, in order.
func (w *world) rules() []string {
	w.T.Helper()
	proof, err := ledger.Verify(w.T.Context(), w.DB.Pool)
	must(w.T, err)
	var rules []string
	for _, f := range proof.Faults {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

// wantFaults changes rows beside the program, and checks which rules the proof then finds violated.
func (w *world) wantFaults(sql string, rules ...string) {
	w.T.Helper()
	w.Exec(sql)
	if got := w.rules(); fmt.Sprint(got) != fmt.Sprint(rules) {
		w.T.Errorf("%s: violated are %q, want %q", sql, got, rules)
	}
}

// TestVerifyFindsEveryFault damages the rows of each rule and repairs them again.
func TestVerifyFindsEveryFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	_, memo := w.Stall(w.Market, "A1", "970422", "1111111")
	w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: memo, Amount: 45000, Reference: "FT26324000000011"})
	w.Accept(c, transfer{ID: 2, Account: "1111111", Memo: memo, Amount: 20000, Type: "out"})
	w.VerifyBooks()
	for _, table := range []string{"payments", "notice_keys"} {
		w.Exec(`ALTER TABLE ` + table + ` DISABLE TRIGGER USER`)
	}
	const copyPayment = `INSERT INTO payments (id, market_id, debit_account, credit_account, amount, debit_version,
		credit_version, case_id, reverses, occurred_at, recorded_at, reference, strong)
		SELECT overlay(id::text placing substr(md5(id::text), 1, 12) FROM 25)::uuid, market_id, debit_account, credit_account, amount,
		debit_version + 1, credit_version + 1, case_id, %s, occurred_at, recorded_at, reference, strong FROM payments`
	const removeCopy = `DELETE FROM payments WHERE credit_version = 2`
	for _, c := range []struct {
		damage, repair string
		rules          []string
	}{
		{
			`UPDATE ledger_accounts SET debits = debits + 1 WHERE kind = 'bank'`,
			`UPDATE ledger_accounts SET debits = debits - 1 WHERE kind = 'bank'`,
			[]string{"balance", "totals"},
		},
		{
			`UPDATE ledger_accounts SET version = version + 1 WHERE kind = 'stall'`,
			`UPDATE ledger_accounts SET version = version - 1 WHERE kind = 'stall'`,
			[]string{"versions"},
		},
		{
			`UPDATE notices SET state = 'posted' WHERE direction = 'out'`,
			`UPDATE notices SET state = 'ignored' WHERE direction = 'out'`,
			[]string{"notice without payment"},
		},
		{
			`UPDATE notices SET state = 'ignored' WHERE direction = 'in'`,
			`UPDATE notices SET state = 'posted' WHERE direction = 'in'`,
			[]string{"payment without notice"},
		},
		{
			`UPDATE notices SET amount = 45001 WHERE direction = 'in'`,
			`UPDATE notices SET amount = 45000 WHERE direction = 'in'`,
			[]string{"amount"},
		},
		{
			`UPDATE notice_keys SET external_id = 'x' || external_id`,
			`UPDATE notice_keys SET external_id = substr(external_id, 2)`,
			[]string{"notice without key"},
		},
		{
			`INSERT INTO notice_keys SELECT connection_id, 'lost', gen_random_uuid(), digest, part FROM notice_keys LIMIT 1`,
			`DELETE FROM notice_keys WHERE external_id = 'lost'`,
			[]string{"key without notice"},
		},
		{
			`UPDATE stall_days SET amount = amount + 1`, `UPDATE stall_days SET amount = amount - 1`,
			[]string{"day"},
		},
		{
			`UPDATE stall_days SET payments = -1, le_50k = -1`, `UPDATE stall_days SET payments = 1, le_50k = 1`,
			[]string{"bands", "day", "day below zero"},
		},
		{
			fmt.Sprintf(copyPayment, `NULL`), removeCopy,
			[]string{"balance", "bands", "day", "payment without notice", "transfer posted twice", "versions"},
		},
		{
			fmt.Sprintf(copyPayment, `gen_random_uuid()`), removeCopy,
			[]string{"balance", "bands", "day", "payment without notice", "reversal without payment", "versions"},
		},
	} {
		w.wantFaults(c.damage, c.rules...)
		w.Exec(c.repair)
		if got := w.rules(); got != nil {
			t.Fatalf("after %s the books still violate %q", c.repair, got)
		}
	}
}

// TestVerifyDatesReversals counts a reversal on its own day instead of the day of its payment.
func TestVerifyDatesReversals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, code := w.GatewayStall("A1")
	gateway := w.NewGateway()
	event := paymentstest.GatewayEvent{ID: "tx-1", Memo: code, Reference: "PG-1", At: novemberDay(25)}
	w.SendGateway(gateway, event)
	event.Void, event.At = true, novemberDay(28)
	w.SendGateway(gateway, event)
	w.VerifyBooks()
	for _, sql := range []string{
		`ALTER TABLE payments DISABLE TRIGGER payments_append_only`,
		`UPDATE payments SET occurred_at = '2026-11-28 08:00:00+07' WHERE reverses IS NOT NULL`,
		`INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount, le_50k, le_200k, le_1m, over_1m)
			SELECT tenancy_id, '2026-11-28', market_id, -1, -80000, 0, -1, 0, 0 FROM stall_days`, // the void's own date
		`UPDATE stall_days SET payments = 1, amount = 80000, le_200k = 1 WHERE day = '2026-11-25'`,
	} {
		w.Exec(sql)
	}
	proof, err := ledger.Verify(t.Context(), w.DB.Pool)
	must(t, err)
	rules := map[string]int{}
	for _, f := range proof.Faults {
		rules[f.Rule]++
	}
	if rules["day"] != 2 || rules["reversal's time"] != 1 {
		t.Errorf("the proof found %v", rules)
	}
}
