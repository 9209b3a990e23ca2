package intake_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"market40/merchants/platform/bizday"
	"market40/migrations/database/worldtest"
	"market40/payments/paymentstest"
)

// TestWeakReferenceReportedTwice reports one transfer with a weak reference by two connections.
func TestWeakReferenceReportedTwice(t *testing.T) {
	t.Parallel()
	for name, cassoFirst := range map[string]bool{"sepay first": false, "casso first": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			stall, code := w.Stall(w.Market, "A1", "970436", "1111111")
			c, casso := w.SePay(nil), w.NewFeed("casso_v2")
			order := []*paymentstest.Feed{nil, casso}
			if cassoFirst {
				order = []*paymentstest.Feed{casso, nil}
			}
			w.SendVietcombank(c, order[0], 1, code+" mua ca", paymentstest.BankTime)
			// another memo: another purchase
			w.SendVietcombank(c, order[1], 2, "MUA.CA "+code+" mua-ca", paymentstest.BankTime)
			w.SendVietcombank(c, order[1], 3, code+"-MUA CA", paymentstest.BankTime.Add(61*time.Second))
			w.WantPaid(stall, "45000", "45000")
			cases := w.WantCases("told_twice", 1)
			w.SendVietcombank(c, order[1], 3, code+"-MUA CA", paymentstest.BankTime.Add(61*time.Second))
			w.WantCases("told_twice", 1)
			w.SendVietcombank(c, order[1], 4, code+" mua ca", paymentstest.BankTime.Add(3*time.Minute)) // too far apart
			w.WantPaid(stall, "45000", "45000", "45000")
			path := "/api/v1/cases/" + cases[0].Text("id") + "/resolve"
			// two people may say that it was another one
			w.Call(w.Admin, "POST", path, paymentstest.AssignTo(stall), 200)
			w.Call(w.Key("admin", ""), "POST", path, paymentstest.AssignTo(stall), 200)
			w.WantPaid(stall, "45000", "45000", "45000", "45000")
			w.VerifyBooks()
		})
	}
}

// TestEqualPurchasesReportedTwice reports two real payments by both connections, in any order: two
// payments are posted.
func TestEqualPurchasesReportedTwice(t *testing.T) {
	t.Parallel()
	for _, order := range []string{"sscc", "scsc", "cssc", "ccss"} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			stall, code := w.Stall(w.Market, "A1", "970436", "1111111")
			c, casso := w.SePay(nil), w.NewFeed("casso_v2")
			for i, by := range order {
				w.SendVietcombank(c, map[rune]*paymentstest.Feed{'s': nil, 'c': casso}[by], i+1, code,
					paymentstest.BankTime.Add(time.Duration(i)*10*time.Second))
			}
			w.WantPaid(stall, "45000", "45000")
			w.WantCases("told_twice", 2)
			w.VerifyBooks()
		})
	}
}

// TestEqualPurchasesOfOneConnection reports two payments by one connection under two ids: both are
// posted.
func TestEqualPurchasesOfOneConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.Stall(w.Market, "A1", "970436", "1111111")
	c := w.SePay(nil)
	w.SendVietcombank(c, nil, 1, code, paymentstest.BankTime)
	w.SendVietcombank(c, nil, 2, code, paymentstest.BankTime)
	w.WantPaid(stall, "45000", "45000")
	w.WantCases("told_twice", 0)
	w.VerifyBooks()
}

// TestReportWithDateOnly reports a transfer by a feed that knows only the day, as Casso may.
func TestReportWithDateOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.Stall(w.Market, "A1", "970436", "1111111")
	c, casso := w.SePay(nil), w.NewFeed("casso_v1")
	midnight := time.Date(2026, 11, 20, 0, 0, 0, 0, bizday.Vietnam)
	w.SendVietcombank(c, nil, 1, code, paymentstest.BankTime)
	w.SendVietcombank(c, casso, 2, code, midnight)
	w.WantPaid(stall, "45000")
	w.WantCases("told_twice", 1)
	w.SendVietcombank(c, casso, 3, code, midnight.AddDate(0, 0, 1)) // another day
	w.WantPaid(stall, "45000", "45000")
	w.VerifyBooks()
}

// TestReportsAtOnce reports each transfer by both connections at the same moment.
func TestReportsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.Stall(w.Market, "A1", "970436", "1111111")
	one, two := w.SePay(nil), w.SePay(nil)
	const transfers = 10
	var all sync.WaitGroup
	for n := range transfers {
		for _, connection := range []string{one, two} {
			all.Go(func() {
				w.Accept(connection, transfer{
					ID: n + 1, Gateway: "Vietcombank", Account: "1111111", Memo: code,
					Amount: 1000 + n, Reference: "5243.65937",
				})
			})
		}
	}
	all.Wait()
	if paid := len(w.Paid(stall)); paid != transfers {
		t.Errorf("%d payments of %d transfers", paid, transfers)
	}
	w.WantCases("told_twice", transfers)
	w.VerifyBooks()
}

// TestOneTransferOfTwoReferences reports one transfer by two connections, or by two formats of one
// connection. At most one of the references is strong.
func TestOneTransferOfTwoReferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.Stall(w.Market, "A1", "970436", "1111111")
	c, casso := w.SePay(nil), w.NewFeed("casso_v2")
	paid := []string{}
	for i, references := range [][2]string{
		{"FT26324000000001", ""},
		{"", "FT26324000000002"},
		{"FT26324000000003", "5017 - 48678"},
		{"3079", ""},
		{"", ""},
		{"3080", "5017 - 48679"},
	} {
		at := paymentstest.BankTime.Add(time.Duration(i) * 10 * time.Minute)
		w.Accept(c, transfer{
			ID: 10 + i, Gateway: "Vietcombank", Account: "1111111", Memo: code + " mua ca",
			Amount: 45000, Reference: references[0], Date: at.Format(time.DateTime),
		})
		n := paymentstest.Credit(strconv.Itoa(20+i), "1111111", 45000)
		n.BankBIN, n.Memo, n.Reference, n.OccurredAt = "970436", code+"-MUA CA", references[1], at.Add(20*time.Second)
		casso.Play(n)
		paid = append(paid, "45000")
		w.WantPaid(stall, paid...)
		w.WantCases("told_twice", i+1)
	}
	w.Accept(c, transfer{
		ID: 30, Gateway: "Vietcombank", Account: "1111111", Memo: code + " mua ca", Amount: 46000,
		Reference: "3081", Date: paymentstest.BankTime.Format(time.DateTime),
	})
	w.sendBankHub(c, "01a22d6c-1bc3-75ed-87eb-88d5275c8c04", code+" mua ca", "3081", 46000)
	w.WantPaid(stall, append([]string{"46000"}, paid...)...)
	w.WantCases("told_twice", 7)
	terminal, _ := w.Stall(w.Market, "A2", "970436", "2222222") // its account is a virtual one of the account of A1
	w.Accept(c, transfer{
		ID: 31, Gateway: "Vietcombank", Account: "1111111", Sub: "2222222", Memo: "mua ca",
		Amount: 47000, Reference: "FT26324000000031", Date: paymentstest.BankTime.Format(time.DateTime),
	})
	n := paymentstest.Credit("32", "1111111", 47000)
	n.BankBIN, n.Memo, n.Reference, n.OccurredAt = "970436", "mua ca", "FT26324000000031", paymentstest.BankTime
	casso.Play(n)
	w.WantPaid(terminal, "47000")
	w.WantPaid(stall, append([]string{"46000"}, paid...)...)
	w.WantCases("told_twice", 8)
	w.VerifyBooks()
}

// TestLaterPurchasesAreNew reports purchases by two connections that date them differently: the
// next equal purchase is still a new one.
func TestLaterPurchasesAreNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.Stall(w.Market, "A1", "970436", "1111111")
	c, casso := w.SePay(nil), w.NewFeed("casso_v2")
	w.SendVietcombank(c, nil, 1, code, paymentstest.BankTime)
	w.SendVietcombank(c, casso, 2, code, paymentstest.BankTime.Add(90*time.Second))
	w.SendVietcombank(c, nil, 3, code, paymentstest.BankTime.Add(3*time.Minute))
	w.WantPaid(stall, "45000", "45000")
	w.SendVietcombank(c, casso, 4, code, paymentstest.BankTime.Add(3*time.Minute+90*time.Second))
	w.WantPaid(stall, "45000", "45000")
	w.WantCases("told_twice", 2)
	w.VerifyBooks()
}

// TestReportDatedByReceipt reports a transfer by a feed with a clock that is ahead: it is dated by
// its receipt, minutes after the transfer.
func TestReportDatedByReceipt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.Stall(w.Market, "A1", "970436", "1111111")
	c, casso := w.SePay(nil), w.NewFeed("casso_v2")
	now := time.Now().In(bizday.Vietnam)
	w.SendVietcombank(c, nil, 1, code, now.Add(-5*time.Minute))
	w.SendVietcombank(c, casso, 2, code, now.Add(7*time.Hour-5*time.Minute))
	w.WantPaid(stall, "45000")
	w.WantCases("told_twice", 1)
	w.SendVietcombank(c, casso, 3, code, now.Add(7*time.Hour-4*time.Minute))
	w.WantPaid(stall, "45000", "45000")
	w.VerifyBooks()
}

// sendBankHub reports a transfer to 1111111 as Bank Hub does, on the route of a SePay connection.
func (w *world) sendBankHub(connection, id, memo, reference string, amount int) {
	w.T.Helper()
	body := fmt.Sprintf(
		`{"transaction_id": %q, "transaction_date": %q, "account_number": "1111111", "transfer_type": "credit", "amount": %d, "content": %q, "reference_code": %q}`,
		id,
		paymentstest.BankTime.Format(time.DateTime),
		amount,
		memo,
		reference,
	)
	if status, answer := w.Hook("/webhooks/sepay/"+connection, "Apikey "+paymentstest.SePayKey,
		[]byte(body)); status != 200 {
		w.T.Fatalf("answered %d: %s", status, answer)
	}
}

// TestFormatIsStored reports a transfer by the webhook and by Bank Hub of one connection. It is no
// second purchase: neither after a retry, nor when people decide about it as later content of an
// id.
func TestFormatIsStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	c := w.SePay(nil)
	w.Exec(`ALTER TABLE notices ADD CONSTRAINT trap CHECK (external_id <> 'hub-1' OR state = 'pending')`)
	for i, amount := range []int{46000, 47000} {
		w.Accept(c, transfer{
			ID: i + 1, Account: "1111111", Memo: code, Amount: amount, Reference: "3081",
			Date: paymentstest.BankTime.Format(time.DateTime),
		})
	}
	w.sendBankHub(c, "hub-1", code, "3081", 46000)
	w.Exec(`ALTER TABLE notices DROP CONSTRAINT trap`)
	for until := time.Now().Add(worldtest.Patience); len(w.OpenCases("told_twice")) == 0; time.Sleep(
		100 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("the retried notice opened no case; the stall was paid %v", w.Amounts(stall))
		}
	}
	w.sendBankHub(c, "hub-2", code, "5017", 90000)
	w.sendBankHub(c, "hub-2", code, "3081", 47000)
	path := "/api/v1/cases/" + w.WantCases("conflict", 1)[0].Text("id") + "/resolve"
	w.Call(w.Admin, "POST", path, paymentstest.AssignTo(stall), 200)
	if got := w.Call(w.Key("admin", ""), "POST", path, paymentstest.AssignTo(stall), 409).Text(
		"code"); got != "told_already" {
		t.Errorf("refused as %q", got)
	}
	w.WantPaid(stall, "90000", "47000", "46000")
	w.VerifyBooks()
}
