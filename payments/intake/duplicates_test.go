package intake_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"market40/merchants/platform/bizday"
	"market40/payments/paymentstest"
)

// TestAWeakReferenceToldTwice: two connections tell one transfer whose reference alone does not
// name it.
func TestAWeakReferenceToldTwice(t *testing.T) {
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

// TestEqualPurchasesToldTwice: two real payments, told by both connections in any order, are two
// payments.
func TestEqualPurchasesToldTwice(t *testing.T) {
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

// TestOneConnectionTellsEqualPurchases: what one connection tells under two ids are two payments.
func TestOneConnectionTellsEqualPurchases(t *testing.T) {
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

// TestAFeedOfDatesTellsToo: Casso may know the day alone.
func TestAFeedOfDatesTellsToo(t *testing.T) {
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

// TestConnectionsTellAtOnce: each of some transfers comes through both connections at the same
// moment.
func TestConnectionsTellAtOnce(t *testing.T) {
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

// TestOneTransferOfTwoReferences: two connections, or two ways of one, tell one transfer; not both
// give it a reference that names it for ever.
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
	w.hub(c, "01a22d6c-1bc3-75ed-87eb-88d5275c8c04", code+" mua ca", "3081", 46000)
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

// TestLaterPurchasesAreNotToldTwice: where one connection dates a transfer later than the other,
// the next equal purchase is still a new one.
func TestLaterPurchasesAreNotToldTwice(t *testing.T) {
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

// TestAStrongReferenceOnTwoAccounts: a virtual account and the account behind it are registered as
// two stalls', and one transfer is told of each, with another memo or by one connection. One is
// posted; the other waits for people, who may say that it was another one.
func TestAStrongReferenceOnTwoAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	main, _ := w.Stall(w.Market, "A1", "970422", "3333333")
	virtual, _ := w.Stall(w.Market, "A2", "970422", "VQRQAFMGQ4306")
	c, casso := w.SePay(nil), w.NewFeed("casso_v1")
	w.Accept(c, transfer{
		ID: 1, Account: "3333333", Sub: "VQRQAFMGQ4306", Memo: "Qafmgq4306 mua ca", Amount: 50000,
		Reference: "FT26324000030654",
	})
	n := paymentstest.Credit("2", "3333333", 50000)
	n.BankBIN, n.Memo, n.Reference, n.OccurredAt = "970422", "mua ca", "FT26324000030654", paymentstest.BankTime
	casso.Play(n)
	w.Accept(c, transfer{ID: 3, Account: "3333333", Memo: "mua ca", Amount: 60000, Reference: "FT26324000030655"})
	w.Accept(c, transfer{
		ID: 4, Account: "3333333", Sub: "VQRQAFMGQ4306", Memo: "mua ca", Amount: 60000,
		Reference: "FT26324000030655",
	})
	w.WantPaid(virtual, "50000")
	w.WantPaid(main, "60000")
	cases := w.WantCases("told_twice", 2)
	path := "/api/v1/cases/" + cases[0].Text("id") + "/resolve"
	w.Call(w.Admin, "POST", path, paymentstest.AssignTo(main), 200)
	w.Call(w.Key("admin", ""), "POST", path, paymentstest.AssignTo(main), 200)
	w.WantCases("told_twice", 1)
	// another amount
	w.Accept(c, transfer{
		ID: 5, Account: "3333333", Sub: "VQRQAFMGQ4306", Memo: "mua", Amount: 70000,
		Reference: "FT26324000030655",
	})
	w.WantPaid(virtual, "70000", "50000")
	w.VerifyBooks()
}

// TestAClockAheadTellsToo: a feed whose clock is ahead is dated by its receipt, some minutes after
// the transfer.
func TestAClockAheadTellsToo(t *testing.T) {
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

// hub sends what Bank Hub tells of a transfer to 1111111, on the route of a connection of SePay.
func (w *world) hub(connection, id, memo, reference string, amount int) {
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

// TestTheWayOfTellingIsRemembered: what Bank Hub tells of a transfer that the webhook told is no
// second purchase, when it is tried again and when people decide on it as the later content of an
// id.
func TestTheWayOfTellingIsRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	c := w.SePay(nil)
	must(t, w.Execute(`ALTER TABLE notices ADD CONSTRAINT trap CHECK (external_id <> 'hub-1' OR state = 'pending')`))
	for i, amount := range []int{46000, 47000} {
		w.Accept(c, transfer{
			ID: i + 1, Account: "1111111", Memo: code, Amount: amount, Reference: "3081",
			Date: paymentstest.BankTime.Format(time.DateTime),
		})
	}
	w.hub(c, "hub-1", code, "3081", 46000)
	must(t, w.Execute(`ALTER TABLE notices DROP CONSTRAINT trap`))
	for until := time.Now().Add(paymentstest.Patience); len(w.OpenCases("told_twice")) == 0; time.Sleep(
		100 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("what was tried again is no case; the stall was paid %v", w.Amounts(stall))
		}
	}
	w.hub(c, "hub-2", code, "5017", 90000)
	w.hub(c, "hub-2", code, "3081", 47000)
	path := "/api/v1/cases/" + w.WantCases("conflict", 1)[0].Text("id") + "/resolve"
	w.Call(w.Admin, "POST", path, paymentstest.AssignTo(stall), 200)
	if got := w.Call(w.Key("admin", ""), "POST", path, paymentstest.AssignTo(stall), 409).Text(
		"code"); got != "told_already" {
		t.Errorf("refused as %q", got)
	}
	w.WantPaid(stall, "90000", "47000", "46000")
	w.VerifyBooks()
}
