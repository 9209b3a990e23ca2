package intake_test

import (
	"testing"
	"time"
)

// TestMatching checks the order of payments/README.md, "A payment's way", step 5.
func TestMatching(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	c := w.SePay(nil)
	a, codeA := w.Stall(w.Market, "A1", "970422", "1111111")
	b, codeB := w.Stall(w.Market, "A2", "970436", "2222222")

	t.Run("the account alone, when one open stall receives on it", func(t *testing.T) {
		w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: "tien ca", Amount: 1000})
		w.WantNotice(c, 1, "posted", "account")
		w.WantPaid(a, "1000")
	})
	t.Run("another bank's account of the same number is unknown", func(t *testing.T) {
		w.Accept(c, transfer{ID: 2, Gateway: "Vietcombank", Account: "1111111", Memo: "tien ca", Amount: 1000})
		w.WantNotice(c, 2, "unmatched", "unknown_account")
	})
	t.Run("a valid code on a foreign account is a case, the money waits in suspense", func(t *testing.T) {
		w.Accept(c, transfer{ID: 3, Account: "1111111", Memo: codeB, Amount: 3000})
		w.WantNotice(c, 3, "unmatched", "foreign_account")
		w.WantPaid(b)
		w.WantCases("foreign_account", 1)
		w.Accept(c, transfer{ID: 4, Account: "7777777", Memo: codeB, Amount: 3000})
		w.WantNotice(c, 4, "unmatched", "foreign_account")
	})
	t.Run("two different codes are a case", func(t *testing.T) {
		w.Accept(c, transfer{ID: 5, Account: "1111111", Memo: codeA + " " + codeB, Amount: 5000})
		w.WantNotice(c, 5, "unmatched", "ambiguous_code")
		w.Accept(c, transfer{ID: 6, Account: "1111111", Memo: codeA + " " + codeA, Amount: 6000})
		w.WantNotice(c, 6, "posted", "memo_code")
	})
	t.Run("a cut code counts as absent", func(t *testing.T) {
		w.Accept(c, transfer{ID: 7, Account: "1111111", Memo: codeA[:len(codeA)-1], Amount: 7000})
		w.WantNotice(c, 7, "posted", "account")
	})
	t.Run("an account of two stalls needs the code", func(t *testing.T) {
		other := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", object{
			"number": "A3", "kind": "stall", "goods_group": "rau",
			"merchant": object{"full_name": "Người bán A1", "phone": "0905000001"},
			"account": object{
				"bank_bin": "970422", "account_number": "1111111", "holder_name": "NGUOI BAN",
				"holder_kind": "ca_nhan",
			},
		}, 201)
		w.Accept(c, transfer{ID: 8, Account: "1111111", Memo: "tien ca", Amount: 8000})
		w.WantNotice(c, 8, "unmatched", "no_single_stall")
		w.Accept(c, transfer{ID: 9, Account: "1111111", Memo: "tien ca " + other.Text("code.code"), Amount: 9000})
		w.WantPaid(other.Text("id"), "9000")
	})
	t.Run("a closed stall's code is posted to its last tenancy and opens a case", func(t *testing.T) {
		closed, code := w.Stall(w.Market, "A9", "970422", "9999999")
		w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+closed+"/close", object{"reason": "nghỉ bán"}, 200)
		w.Accept(c, transfer{ID: 10, Account: "9999999", Memo: code, Amount: 10000})
		w.WantNotice(c, 10, "posted", "memo_code")
		w.WantPaid(closed, "10000")
		w.WantCases("closed_stall", 1)
	})
}

func TestScopeOfAConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	here, codeHere := w.Stall(w.Market, "A1", "970422", "1111111")
	there := w.RegisterMarket(w.Admin, "CHOBANGOI", "22366")
	far, codeFar := w.Stall(there, "B1", "970422", "2222222")
	ofMarket := w.SePay(object{"owner": object{"kind": "market", "id": w.Market}})
	w.Accept(ofMarket, transfer{ID: 1, Account: "1111111", Memo: codeHere, Amount: 1000})
	w.Accept(ofMarket, transfer{ID: 2, Account: "2222222", Memo: codeFar, Amount: 2000})
	w.WantPaid(here, "1000")
	w.WantPaid(far)
	w.WantNotice(ofMarket, 2, "unmatched", "foreign_account")
	named := w.SePay(object{"accounts": []object{{"bank_bin": "970422", "account_number": "2222222"}}})
	w.Accept(named, transfer{ID: 1, Account: "1111111", Memo: "tien", Amount: 3000})
	w.WantNotice(named, 1, "unmatched", "unknown_account")
	w.Accept(named, transfer{ID: 2, Account: "2222222", Memo: "tien", Amount: 4000})
	w.WantPaid(far, "4000")
}

// TestOneTransferThroughTwoConnections checks that one transfer is never posted twice, also across
// connections. With a weak reference a person decides.
func TestOneTransferThroughTwoConnections(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	one, two := w.SePay(nil), w.SePay(nil)
	w.Accept(one, transfer{ID: 1, Account: "1111111", Memo: code, Amount: 1000, Reference: "FT26253000030653"})
	w.Accept(two, transfer{ID: 900, Account: "1111111", Memo: code, Amount: 1000, Reference: `FT26253000030653\BNK`})
	w.WantPaid(stall, "1000")
	w.WantNotice(two, 900, "ignored", "duplicate_of:")
	t.Run("a weak reference wants a person", func(*testing.T) {
		w.Accept(one, transfer{ID: 2, Account: "1111111", Memo: code, Amount: 2000, Reference: "3079"})
		w.Accept(two, transfer{ID: 901, Account: "1111111", Memo: code, Amount: 2000, Reference: "3079"})
		w.WantPaid(stall, "2000", "1000")
		w.WantNotice(two, 901, "unmatched", "told_twice")
	})
	t.Run("another amount is another transfer", func(*testing.T) {
		w.Accept(two, transfer{ID: 902, Account: "1111111", Memo: code, Amount: 1001, Reference: "FT26253000030653"})
		w.WantPaid(stall, "1001", "2000", "1000")
	})
}

func TestPaidTwiceIsPostedTwiceAndFlaggedOnce(t *testing.T) {
	t.Parallel()
	for name, order := range map[string][2]int{"in order": {0, 1}, "out of order": {1, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			defer w.VerifyBooks()
			stall, _ := w.Stall(w.Market, "A1", "970422", "0328400091")
			c := w.SePay(nil)
			two := [2]transfer{
				{
					ID: 80730653, Account: "0328400091", Memo: "PAY29B5866BAF45", Amount: 100000,
					Reference: "FT26253000030653", Date: "2026-09-10 00:43:06",
				},
				{
					ID: 80730654, Account: "0328400091", Memo: "PAY29B5866BAF45", Amount: 100000,
					Reference: "FT26253000030654", Date: "2026-09-10 00:44:54",
				},
			}
			w.Accept(c, two[order[0]])
			w.Accept(c, two[order[1]])
			w.WantPaid(stall, "100000", "100000")
			w.WantCases("paid_twice", 1)
		})
	}
	t.Run("a stall's printed code is what every shopper sends", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		_, code := w.Stall(w.Market, "A1", "970422", "0328400091")
		c := w.SePay(nil)
		for i := range 3 {
			w.Accept(c, transfer{ID: i + 1, Account: "0328400091", Memo: "tien ca " + code, Amount: 20000})
		}
		w.WantCases("paid_twice", 0)
	})
}

func TestTenantsReadTheirOwnTimeOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	c := w.SePay(nil)
	stall, old := w.Stall(w.Market, "A1", "970422", "1111111")
	first := w.Key("merchant", "stall:"+stall)
	w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: old, Amount: 1000})
	w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+stall+"/tenancies", object{
		"since": time.Now().Add(-time.Second).Format(time.RFC3339), "merchant": object{
			"full_name": "Người mới",
			"phone":     "0912345678",
		},
		"account": object{
			"bank_bin": "970436", "account_number": "2222222", "holder_name": "NGUOI MOI",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	second := w.Key("merchant", "stall:"+stall)
	w.Accept(c, transfer{ID: 2, Gateway: "Vietcombank", Account: "2222222", Memo: "tien", Amount: 2000})
	w.Accept(c, transfer{ID: 3, Account: "1111111", Memo: old, Amount: 3000})
	w.WantNotice(c, 3, "posted", "memo_code")
	w.WantCases("revoked_code", 1)
	for key, want := range map[string][]string{first: {"3000", "1000"}, second: {"2000"}} {
		var got []string
		for _, p := range w.Call(key, "GET", "/api/v1/stalls/"+stall+"/payments", nil, 200).Items() {
			got = append(got, p.Text("amount"))
		}
		if len(got) != len(want) || got[0] != want[0] {
			t.Errorf("read %v, want %v", got, want)
		}
	}
}
