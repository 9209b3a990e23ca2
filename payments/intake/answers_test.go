package intake_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"market40/payments/paymentstest"
)

// TestAnswers checks every row of the table in payments/intake/README.md, "Answers to a webhook".
func TestAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	stall, code := w.Stall(w.Market, "A1", "970422", "0328400091")
	c := w.SePay(nil)
	good := transfer{
		ID: 1, Account: "0328400091", Memo: "CUSTOMER mua ca " + code, Amount: 45000,
		Reference: "FT26253000030653",
	}

	t.Run("good and new is posted at once", func(t *testing.T) {
		status, answer := w.SendTransfer(c, good)
		if status != 200 || answer != `{"success":true}` {
			t.Fatalf("answered %d %s", status, answer)
		}
		w.WantPaid(stall, "45000")
		w.WantNotice(c, 1, "posted", "memo_code")
	})
	t.Run("the same again changes nothing", func(t *testing.T) {
		again := good.Body()
		again["accumulated"] = 99 // a balance differs at a retry
		raw, _ := json.Marshal(again)
		if status, answer := w.Hook("/webhooks/sepay/"+c, "Bearer Apikey "+paymentstest.SePayKey, raw); status != 200 ||
			answer != `{"success":true}` {
			t.Fatalf("answered %d %s", status, answer)
		}
		w.WantPaid(stall, "45000")
	})
	t.Run("same id, other content is a conflict and a case; the first one remains", func(t *testing.T) {
		other := good
		other.Amount = 4500000
		for range 2 {
			w.Accept(c, other)
		}
		w.WantPaid(stall, "45000")
		w.WantCases("conflict", 1)
		if n := w.Notice(c, 1); n.Text("conflicts") != "1" || n.Text("amount") != "45000" {
			t.Errorf("notice is %v", n)
		}
	})
	t.Run("debit, sandbox are stored as ignored", func(t *testing.T) {
		w.Accept(c, transfer{ID: 2, Account: "0328400091", Memo: code, Amount: 45000, Type: "out"})
		w.WantNotice(c, 2, "ignored", "debit")
		w.Accept(c, transfer{ID: 3, Account: "0328400091", Memo: code, Amount: 45000, Reference: "SB123456"})
		w.WantNotice(c, 3, "ignored", "sandbox")
		w.Accept(c, transfer{ID: 4, Account: "0328400091", Sub: "SBSEPAY123", Memo: code, Amount: 45000})
		w.WantNotice(c, 4, "ignored", "sandbox")
		w.WantPaid(stall, "45000")
	})
	t.Run("bad signature is 401 and keeps nothing", func(t *testing.T) {
		raw, _ := json.Marshal(transfer{ID: 5, Account: "0328400091", Memo: code, Amount: 1000}.Body())
		for _, authorization := range []string{"", "Apikey wrong", "Basic " + paymentstest.SePayKey, "Apikey"} {
			if status, _ := w.Hook("/webhooks/sepay/"+c, authorization, raw); status != 401 {
				t.Errorf("%q answered %d", authorization, status)
			}
		}
		if items := w.Call(w.Admin, "GET", "/api/v1/notices?connection_id="+c+"&external_id=5", nil, 200).Items(); len(
			items) != 0 {
			t.Error("a notice without signature was stored")
		}
	})
	t.Run("unknown connection, and another provider's word", func(t *testing.T) {
		for _, path := range []string{
			"/webhooks/sepay/" + paymentstest.NewID(), "/webhooks/sepay/x",
			"/webhooks/casso_v1/" + c, "/webhooks/unknown/" + c,
		} {
			if status, _ := w.Hook(path, "Apikey "+paymentstest.SePayKey, []byte("{}")); status != 404 {
				t.Errorf("%s answered %d", path, status)
			}
		}
	})
	t.Run("over 256 KiB", func(t *testing.T) {
		if status, _ := w.Hook("/webhooks/sepay/"+c, "Apikey "+paymentstest.SePayKey,
			[]byte(strings.Repeat(" ", 256<<10+1))); status != 413 {
			t.Errorf("answered %d", status)
		}
	})
	t.Run("nothing readable is 400, stored for the operator", func(t *testing.T) {
		bodies := []string{"", "{", "[]", "null", "{}"}
		for _, amount := range []string{"0", "-5", "1.5", `"x"`, "12345678901234"} {
			bodies = append(
				bodies,
				fmt.Sprintf(
					`{"id":77,"gateway":"MBBank","transactionDate":"2026-11-20 10:11:12","accountNumber":"1","content":"","transferType":"in","transferAmount":%s}`,
					amount,
				),
			)
		}
		for _, body := range bodies {
			if status, answer := w.Hook("/webhooks/sepay/"+c, "Apikey "+paymentstest.SePayKey,
				[]byte(body)); status != 400 || !strings.Contains(answer, `"code":"unreadable"`) {
				t.Errorf("%s answered %d %s", body, status, answer)
			}
		}
		stored := w.Call(w.Admin, "GET", "/api/v1/deliveries/unreadable", nil, 200).Items()
		if len(stored) != len(bodies) || stored[0].Text("body") != bodies[len(bodies)-1] {
			t.Errorf("%d deliveries stored, want %d: %v", len(stored), len(bodies), stored)
		}
	})
	t.Run("over the NAPAS limit is stored as a case", func(t *testing.T) {
		w.Accept(c, transfer{ID: 6, Account: "0328400091", Memo: code, Amount: 500_000_000})
		w.WantNotice(c, 6, "unmatched", "over_limit")
		w.WantCases("over_limit", 1)
		w.Accept(c, transfer{ID: 7, Account: "0328400091", Memo: code, Amount: 499_999_999})
		w.WantNotice(c, 7, "posted", "memo_code")
	})
	t.Run("unknown stall is a case", func(t *testing.T) {
		w.Accept(c, transfer{ID: 8, Account: "999999", Memo: "tien rau", Amount: 20000})
		w.WantNotice(c, 8, "unmatched", "unknown_account")
		w.WantCases("unknown_account", 1)
	})
}

// TestManyAtOnce sends each notice three times from many callers: each is stored once, in one
// sequence of versions.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	type target struct{ id, code, account string }
	var stalls []target
	for i := range 5 {
		account := fmt.Sprintf("10000000%02d", i)
		id, code := w.Stall(w.Market, fmt.Sprintf("B%d", i), "970422", account)
		stalls = append(stalls, target{id, code, account})
	}
	const each = 60
	var wait sync.WaitGroup
	for worker := range 12 {
		wait.Go(func() {
			for n := range each * len(stalls) / 4 {
				i := (worker%4)*each*len(stalls)/4 + n // every notice from three workers
				s := stalls[i%len(stalls)]
				w.Accept(c, transfer{
					ID: 1000 + i, Account: s.account, Memo: s.code, Amount: 1000 + i,
					Reference: fmt.Sprintf("FT2625300%07d", i),
				})
			}
		})
	}
	wait.Wait()
	for _, s := range stalls {
		seen := map[string]bool{}
		for _, p := range w.Paid(s.id) {
			seen[p.Text("version")] = true
		}
		if len(seen) != each {
			t.Errorf("stall %s has %d versions, want %d", s.id, len(seen), each)
		}
	}
	w.VerifyBooks()
}
