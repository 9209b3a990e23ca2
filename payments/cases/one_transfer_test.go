package cases_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"market40/merchants/platform/bizday"
	"market40/payments/paymentstest"
)

// sharedStall registers a further stall of the merchant of another one, on the same account.
func (w *world) sharedStall(market, number, first, bin, account string) (id, code string) {
	w.T.Helper()
	var merchant string
	must(w.T, w.DB.Pool.QueryRow(w.T.Context(), `SELECT merchant_id FROM tenancies WHERE stall_id = $1`, first).
		Scan(&merchant))
	made := w.Call(w.Admin, "POST", "/api/v1/markets/"+market+"/stalls", object{
		"number": number, "kind": "stall", "zone": "A", "goods_group": "hai_san", "merchant": object{"id": merchant},
		"account": object{
			"bank_bin": bin, "account_number": account, "holder_name": "NGUOI BAN",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	return made.Text("id"), made.Text("code.code")
}

// twoMarkets has one merchant with a stall in each of two markets, both on account 1111111: money
// that names no code waits in the inbox.
func (w *world) twoMarkets() (here, hereCode, there, thereCode string) {
	w.T.Helper()
	here, hereCode = w.Stall(w.Market, "A1", "970422", "1111111")
	there, thereCode = w.sharedStall(w.RegisterMarket(w.Admin, "CHOBANGOI", "22366"), "B1", here, "970422", "1111111")
	return here, hereCode, there, thereCode
}

const sharedReference = "FT26253000030653"

// oneTransfer is one transfer as each connection reports it.
func oneTransfer(memo string) transfer {
	return transfer{ID: 1, Account: "1111111", Memo: memo, Amount: 25000, Reference: sharedReference}
}

// TestAssignedTransferIsPostedOnce reports by a second and a third connection, with the memo code,
// what two people assigned.
func TestAssignedTransferIsPostedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, hereCode, there, thereCode := w.twoMarkets()
	first, second, third := w.SePay(nil), w.SePay(nil), w.SePay(nil)
	w.Accept(first, oneTransfer("tien ca"))
	w.Decide("no_single_stall", paymentstest.AssignTo(here))
	w.Accept(second, oneTransfer(hereCode))
	w.Accept(third, oneTransfer(thereCode)) // another market's ledger account of the same bank account
	w.WantNotice(second, 1, "ignored", "duplicate_of:")
	w.WantNotice(third, 1, "ignored", "duplicate_of:")
	w.WantPaid(here, "25000")
	w.WantPaid(there)
	w.VerifyBooks()
}

// TestPostedTransferIsNotAssigned reports a transfer with its memo code first; two people cannot
// assign the report of the other connection.
func TestPostedTransferIsNotAssigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, hereCode, there, _ := w.twoMarkets()
	first, second := w.SePay(nil), w.SePay(nil)
	w.Accept(first, transfer{ID: 1, Account: "1111111", Memo: "tien ca", Amount: 99, Reference: "FT26253000030654"})
	waiting := "/api/v1/cases/" + w.WantCases("no_single_stall", 1)[0].Text("id") + "/resolve"
	w.Accept(second, transfer{ID: 1, Account: "1111111", Memo: hereCode, Amount: 99, Reference: "FT26253000030654"})
	other := w.Key("admin", "")
	for _, stall := range []string{here, there} {
		w.Call(w.Admin, "POST", waiting, paymentstest.AssignTo(stall), 200)
		if got := w.Call(other, "POST", waiting, paymentstest.AssignTo(stall), 409).Text(
			"code"); got != "told_already" {
			t.Errorf("refused as %q", got)
		}
	}
	w.WantPaid(here, "99")
	w.WantPaid(there)
	w.VerifyBooks()
}

// TestUnknownAccountIsRegisteredLater assigns a transfer to an unregistered account, and reports it
// again after the account is registered.
func TestUnknownAccountIsRegisteredLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, _ := w.Stall(w.Market, "A9", "970422", "9999999")
	first, second := w.SePay(nil), w.SePay(nil)
	w.Accept(first, oneTransfer("tien ca"))
	w.Decide("unknown_account", paymentstest.AssignTo(old))
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	w.Accept(second, oneTransfer(code))
	w.WantNotice(second, 1, "ignored", "duplicate_of:")
	w.WantPaid(old, "25000")
	w.WantPaid(stall)
	w.VerifyBooks()
}

// TestMovedReturnedAndReopenedTransfersAreReportedAgain checks that money moved or returned by a
// case counts as posted. Money of a reopened case may be posted by another report with its stall;
// then the case cannot assign it any more.
func TestMovedReturnedAndReopenedTransfersAreReportedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do          func(w *world, here, there string) // what people do with the waiting case
		here, there string                             // what the stalls hold afterwards
		second      string                             // the second telling, with the code of here
		// how the reopened case's assignment is answered; 0: not tried
		assignAfterward int
	}{
		"returned": {func(w *world, _, _ string) {
			w.Decide("no_single_stall", object{"action": "return", "reason": "khách chuyển nhầm"})
		}, "[]", "[]", "ignored", 0},
		"moved on": {func(w *world, here, there string) {
			path := w.Decide("no_single_stall", paymentstest.AssignTo(here))
			w.Call(w.Admin, "POST", path+"/reopen", object{"reason": "nhầm sạp"}, 200)
			w.Decide("no_single_stall", paymentstest.AssignTo(there))
		}, "[-25000 25000]", "[25000]", "ignored", 0},
		"waiting again": {func(w *world, here, _ string) {
			path := w.Decide("no_single_stall", paymentstest.AssignTo(here))
			w.Call(w.Admin, "POST", path+"/reopen", object{"reason": "nhầm sạp"}, 200)
		}, "[25000 -25000 25000]", "[]", "posted", 409},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			here, hereCode, there, _ := w.twoMarkets()
			first, second := w.SePay(nil), w.SePay(nil)
			w.Accept(first, oneTransfer("tien ca"))
			c.do(w, here, there)
			w.Accept(second, oneTransfer(hereCode))
			w.WantNotice(second, 1, c.second, "")
			if c.assignAfterward != 0 {
				path := "/api/v1/cases/" + w.WantCases("no_single_stall", 1)[0].Text("id") + "/resolve"
				w.Call(w.Admin, "POST", path, paymentstest.AssignTo(there), 200)
				w.Call(w.Key("admin", ""), "POST", path, paymentstest.AssignTo(there), c.assignAfterward)
			}
			if got := fmt.Sprint(w.Amounts(here)); got != c.here {
				t.Errorf("the first stall was paid %s, want %s", got, c.here)
			}
			if got := fmt.Sprint(w.Amounts(there)); got != c.there {
				t.Errorf("the second stall was paid %s, want %s", got, c.there)
			}
			w.VerifyBooks()
		})
	}
}

// TestAssignmentsAndNoticesAtOnce lets two people assign a transfer while two other connections
// report it.
func TestAssignmentsAndNoticesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, hereCode, there, thereCode := w.twoMarkets()
	first, second, third := w.SePay(nil), w.SePay(nil), w.SePay(nil)
	other := w.Key("admin", "")
	const rounds = 12
	for n := range rounds {
		reported := transfer{
			ID: n + 1, Account: "1111111", Memo: "tien ca", Amount: 1000 + n,
			Reference: fmt.Sprintf("FT26253%09d", n),
		}
		w.Accept(first, reported)
		path := "/api/v1/cases/" + w.WantCases("no_single_stall", 1)[0].Text("id") + "/resolve"
		w.Call(w.Admin, "POST", path, paymentstest.AssignTo(there), 200)
		var all sync.WaitGroup
		all.Go(func() { w.Attempt(other, path, paymentstest.AssignTo(there)) })
		for i, connection := range []string{second, third} {
			again := reported
			again.Memo = []string{hereCode, thereCode}[i]
			all.Go(func() { w.Accept(connection, again) })
		}
		all.Wait()
		w.Attempt(w.Admin, path, object{"action": "dismiss", "reason": "đã ghi sổ"}) // refused once it was assigned
	}
	if n := len(w.Paid(here)) + len(w.Paid(there)); n != rounds {
		t.Errorf("%d payments of %d transfers", n, rounds)
	}
	w.VerifyBooks()
}

// TestVoidedTransferIsReportedAgain checks that neither another connection nor a case posts what
// the bank took back.
func TestVoidedTransferIsReportedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.GatewayStall("A1")
	_, elsewhere := w.Stall(w.Market, "A2", "970436", "2222222")
	gateway, other := w.NewGateway(), w.NewGateway()
	for n, memo := range []string{code, elsewhere} { // the second one waits in suspense, as a case
		reference := fmt.Sprintf("FT2632500000012%d", n)
		w.SendGateway(gateway, paymentstest.GatewayEvent{
			ID: fmt.Sprint("tx-", n), Memo: memo, Reference: reference,
			At: time.Date(2026, 11, 25, 8, 0, 0, 0, bizday.Vietnam),
		})
		w.SendGateway(gateway, paymentstest.GatewayEvent{
			ID: fmt.Sprint("tx-", n), Memo: memo, Reference: reference,
			Void: true, At: time.Date(2026, 11, 29, 8, 0, 0, 0, bizday.Vietnam),
		})
		w.SendGateway(other, paymentstest.GatewayEvent{
			ID: fmt.Sprint(n + 1), Memo: code, Reference: reference,
			At: time.Date(2026, 11, 25, 8, 0, 0, 0, bizday.Vietnam),
		})
		w.WantNotice(other, n+1, "ignored", "duplicate_of:")
	}
	w.WantPaid(stall, "-80000", "80000")
	path := "/api/v1/cases/" + w.WantCases("foreign_account", 1)[0].Text("id") + "/resolve"
	w.Call(w.Admin, "POST", path, paymentstest.AssignTo(stall), 409)
	w.WantPaid(stall, "-80000", "80000")
	w.VerifyBooks()
}
