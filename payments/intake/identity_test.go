package intake_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"market40/payments/banks"
	"market40/payments/money"
	"market40/payments/paymentstest"
)

// TestIdentityOfReferences checks ids that are a bank's reference, which may have four digits:
// account and time distinguish them.
func TestIdentityOfReferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	first, _ := w.Stall(w.Market, "A1", "970416", "1111111")
	second, _ := w.Stall(w.Market, "A2", "970416", "2222222")
	payos := w.NewFeed("payos")
	onFirst, onSecond := paymentstest.Credit("3079", "1111111", 30000), paymentstest.Credit("3079", "2222222", 40000)
	later, sameDay := onFirst, onFirst
	later.OccurredAt, later.Amount = paymentstest.BankTime.AddDate(0, 0, 1), money.FromDong(50000)
	sameDay.OccurredAt = paymentstest.BankTime.Add(time.Hour)
	for range 2 { // a repeat is the same
		for _, n := range []banks.Notice{onFirst, onSecond, later, sameDay} {
			payos.Play(n)
		}
	}
	w.WantPaid(first, "30000", "50000", "30000")
	w.WantPaid(second, "40000")
	w.WantCases("conflict", 0)
	if n := len(payos.States("3079")); n != 4 {
		t.Errorf("the reference finds %d notices, want 4", n)
	}

	seconds := onFirst
	seconds.OccurredAt = paymentstest.BankTime.Add(37 * time.Second)
	for range 2 {
		payos.Play(seconds)
	}
	w.WantPaid(first, "30000", "30000", "50000", "30000")
	w.WantCases("conflict", 0)
}

// TestIdentityOfVietQR checks a transaction between two owners of one feed, which has a debit leg
// and a credit leg.
func TestIdentityOfVietQR(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	payee, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	payer, _ := w.Stall(w.Market, "A2", "970422", "2222222")
	f := w.NewFeed("vietqr_vn")
	for i, debitFirst := range []bool{true, false} {
		id := fmt.Sprint("TX-", i)
		in, out := paymentstest.Credit(id, "1111111", 25000), paymentstest.Credit(id, "2222222", 25000)
		out.Direction = banks.Out
		legs := []banks.Notice{in, out}
		if debitFirst {
			legs = []banks.Notice{out, in}
		}
		for _, n := range append(legs, legs...) {
			f.Play(n)
		}
		if got := f.States(id); len(got) != 2 {
			t.Errorf("debit first %v: notices are %q", debitFirst, got)
		}
	}
	w.WantPaid(payee, "25000", "25000")
	w.WantPaid(payer)
	w.WantCases("conflict", 0)
}

// TestVietQRWithoutId checks that a notice without transactionid is identified by its reference,
// with account and time.
func TestVietQRWithoutId(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	first, _ := w.Stall(w.Market, "A1", "970416", "1111111")
	second, _ := w.Stall(w.Market, "A2", "970416", "2222222")
	f := w.NewFeed("vietqr_vn")
	for range 2 {
		for i, account := range []string{"1111111", "2222222"} {
			n := paymentstest.Credit("", account, int64(1000+i))
			n.Reference = "3079"
			f.Play(n)
		}
	}
	w.WantPaid(first, "1000")
	w.WantPaid(second, "1001")
	w.WantCases("conflict", 0)
}

// TestIgnoredTakesNoIdentity checks for every provider that an ignored notice does not use up the
// identity of a later credit.
func TestIgnoredTakesNoIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	for _, provider := range banks.ProviderNames() {
		t.Run(provider, func(t *testing.T) {
			f := w.NewFeed(provider)
			good := paymentstest.Credit("70001", "1111111", 60000)
			for _, why := range []banks.Ignore{banks.IgnoreFailed, banks.IgnoreDebit} {
				n := good
				n.Ignore = why
				if why == banks.IgnoreDebit {
					n.Direction = banks.Out
				}
				r, err := f.Provider.Compose(n, f.Secrets, time.Now())
				if err != nil {
					continue // the provider has no words for it
				}
				items, err := f.Provider.Parse(r)
				must(t, err)
				if items[0].Notice.Ignore != why {
					continue
				}
				before := len(f.States("70001"))
				f.Deliver(r)
				f.Deliver(r)
				if got := f.States("70001"); len(got) != before+1 || got[before] != "ignored "+string(why) {
					t.Errorf("notices are %q", got)
				}
			}
			ignored := len(f.States("70001"))
			for range 2 {
				f.Play(good)
			}
			got := f.States("70001")
			if len(got) != ignored+1 || got[ignored] != "unmatched unknown_account" {
				t.Errorf("notices are %q, want the credit last", got)
			}
			w.WantCases("conflict", 0)
		})
	}
}

// TestWalletsPaidAfterFailure checks that a payment is posted that was authorised or failed first.
func TestWalletsPaidAfterFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	for i, c := range []struct{ provider, account, store string }{
		{"momo", "MERCHANT1", ""},
		{"momo", "MERCHANT2", "STORE-7"},
		{"vnpay", "MERCHANT3", ""},
		{"sepay_pg", "SEPAY_PG", ""},
	} {
		stall := w.wallet(fmt.Sprint("W", i), c.account)
		f := w.NewFeed(c.provider)
		paid := paymentstest.Credit("4400123456", c.account, 60000)
		paid.VirtualAccount = c.store
		failed := paid
		failed.Ignore, failed.OccurredAt = banks.IgnoreFailed, paymentstest.BankTime.Add(-time.Minute)
		again := failed
		again.OccurredAt = paymentstest.BankTime.Add(-30 * time.Second)
		for _, n := range []banks.Notice{failed, failed, again, paid, paid, failed} { // no provider promises an order
			f.Play(n)
		}
		w.WantPaid(stall, "60000")
		if c.provider == "momo" { // its time is of the answer, so that again is a repeat
			f.WantStates("4400123456", "ignored failed", "posted account")
		} else {
			f.WantStates("4400123456", "ignored failed", "ignored failed", "posted account")
		}
	}
	w.WantCases("conflict", 0)
}

// wallet registers a stall that receives on a wallet's merchant id.
func (w *world) wallet(number, account string) string {
	w.T.Helper()
	w.Phones++
	return w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", object{
		"number": number, "kind": "stall", "zone": "A", "goods_group": "hai_san",
		"merchant": object{"full_name": "Người bán " + number, "phone": fmt.Sprintf("0905%06d", w.Phones)},
		"account": object{
			"kind": "ewallet", "account_number": account, "holder_name": "NGUOI BAN",
			"holder_kind": "ca_nhan",
		},
	}, 201).Text("id")
}

// TestBankHubHasItsOwnIds checks that SePay's webhook and its Bank Hub may use the same number for
// two transactions.
func TestBankHubHasItsOwnIds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	c := w.SePay(nil)
	hub := []byte(
		`{"gateway":"MBBank","transaction_date":"2026-11-20 10:11:12","account_number":"1111111","bank_account_xid":"x",` +
			`"va":null,"payment_code":null,"content":"mua ca","transfer_type":"credit","amount":25000,"reference_code":null,"accumulated":0,"transaction_id":"7"}`,
	)
	for range 2 {
		w.Accept(c, transfer{ID: 7, Account: "1111111", Memo: "mua rau", Amount: 20000})
		if status, answer := w.Hook("/webhooks/sepay/"+c, "Apikey "+paymentstest.SePayKey, hub); status != 200 {
			t.Fatalf("answered %d: %s", status, answer)
		}
	}
	w.WantPaid(stall, "25000", "20000")
	w.WantCases("conflict", 0)
	w.VerifyBooks()
}

// TestVoidBesidePayment checks that a void of the payment gateway has its own identity and reverses
// the payment.
func TestVoidBesidePayment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall := w.wallet("W1", "SEPAY_PG")
	f := w.NewFeed("sepay_pg")
	pending, paid := paymentstest.Credit("a1b2", "SEPAY_PG", 60000), paymentstest.Credit("a1b2", "SEPAY_PG", 60000)
	pending.Ignore = banks.IgnoreFailed
	void := paid
	void.Reverses, void.ExternalID = "a1b2", "void:a1b2"
	for range 2 {
		for _, n := range []banks.Notice{pending, paid, void} {
			f.Play(n)
		}
	}
	w.WantPaid(stall, "-60000", "60000")
	f.WantStates("a1b2", "ignored failed", "posted account")
	f.WantStates("void:a1b2", "posted taken_back")
	w.WantCases("conflict", 0)
	w.VerifyBooks()
}

// TestSameIdOtherContentIsAConflict checks that other content under the id of a credit is a
// conflict, whatever was ignored before it.
func TestSameIdOtherContentIsAConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	_, other := w.Stall(w.Market, "A2", "970422", "2222222")
	c := w.SePay(nil)
	w.Accept(c, transfer{ID: 5, Account: "1111111", Memo: "x", Amount: 1000, Type: "out"})
	w.Accept(c, transfer{ID: 5, Account: "1111111", Memo: "x", Amount: 2000})
	w.Accept(c, transfer{ID: 5, Account: "1111111", Memo: "x", Amount: 3000})
	w.WantPaid(stall, "2000")
	w.WantCases("conflict", 1)
	w.Accept(c, transfer{ID: 6, Account: "1111111", Memo: code, Amount: 4000})
	// a memo written otherwise is a retry
	w.Accept(c, transfer{ID: 6, Account: "1111111", Memo: "ck " + code, Amount: 4000})
	w.WantCases("conflict", 1)
	w.Accept(c, transfer{ID: 6, Account: "1111111", Memo: other, Amount: 4000}) // but not one that names another stall
	w.WantCases("conflict", 2)
	w.Accept(c, transfer{ID: 7, Account: "1111111", Memo: "ck", Amount: 5000})
	// nor one that names a stall where none was named
	w.Accept(c, transfer{ID: 7, Account: "1111111", Memo: "ck " + code, Amount: 5000})
	w.WantCases("conflict", 3)
	w.WantPaid(stall, "5000", "4000", "2000")
	w.VerifyBooks()
}

// TestIdentityOverTheUpgrade reverts the keys to the form without parts and migrates them again.
// Earlier notices are still repeats, and an ignored one no longer uses up the id of a credit.
func TestIdentityOverTheUpgrade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	stall, _ := w.Stall(w.Market, "A1", "970416", "1111111")
	shop := w.wallet("W1", "MERCHANT1")
	payos, momo := w.NewFeed("payos"), w.NewFeed("momo")
	posted, nextDay := paymentstest.Credit("3079", "1111111", 30000), paymentstest.Credit("3079", "1111111", 40000)
	nextDay.OccurredAt = paymentstest.BankTime.AddDate(0, 0, 1)
	paid := paymentstest.Credit("4400123456", "MERCHANT1", 60000)
	failed := paid
	failed.Ignore = banks.IgnoreFailed
	payos.Play(posted)
	momo.Play(failed)

	_, err := w.DB.Pool.Exec(t.Context(), `ALTER TABLE notice_keys DISABLE TRIGGER USER`)
	must(t, err)
	for _, before := range []struct{ id, content string }{ // as earlier programs digested them
		{"3079", "1111111\n\nin\n30000\nVND\n" + strconv.FormatInt(paymentstest.BankTime.UnixMilli(), 10) + "\n3079"},
		{"4400123456", "MERCHANT1\n\nin\n60000\nVND\n\n4400123456"},
	} {
		_, err := w.DB.Pool.Exec(t.Context(), `UPDATE notice_keys SET digest = $2 WHERE external_id = $1`, before.id,
			w.Keys.Index("notice", before.content))
		must(t, err)
	}
	up, down := migrationOf(t, "notice_identity")
	for _, sql := range []string{down, up} {
		_, err := w.DB.Pool.Exec(t.Context(), sql)
		must(t, err)
	}
	for range 2 {
		payos.Play(posted)
		payos.Play(nextDay)
		momo.Play(failed)
		momo.Play(paid)
	}
	w.WantPaid(stall, "40000", "30000")
	w.WantPaid(shop, "60000")
	momo.WantStates("4400123456", "ignored failed", "posted account")
	w.WantCases("conflict", 0)
}

// migrationOf returns the two halves of the migration of a name.
func migrationOf(t *testing.T, name string) (up, down string) {
	t.Helper()
	files, err := filepath.Glob("../../migrations/*_" + name + ".sql")
	must(t, err)
	if len(files) != 1 {
		t.Fatalf("%d migrations are called %s", len(files), name)
	}
	text, err := os.ReadFile(files[0])
	must(t, err)
	up, down, _ = strings.Cut(string(text), "-- +goose Down")
	return up, down
}
