package intake_test

import (
	"testing"

	"market40/payments/paymentstest"
)

// TestWalletIsNoBankAccount checks that one number at a bank and at a wallet means two accounts.
func TestWalletIsNoBankAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	bank, _ := w.Stall(w.Market, "A1", "970422", "0912345678")
	for _, provider := range []string{"momo", "zalopay", "vnpay"} {
		f := w.NewFeed(provider)
		f.Play(paymentstest.Credit("810001", "0912345678", 10000))
		f.WantStates("810001", "unmatched unknown_account")
	}
	w.WantPaid(bank)
	wallet := w.wallet("W1", "0912345679")
	for _, provider := range []string{"payos", "casso_v1", "casso_v2", "pay2s", "vietqr_vn", "sepay"} {
		f := w.NewFeed(provider)
		n := paymentstest.Credit("820001", "0912345679", 20000)
		n.Reference = "FT26324000820001"
		f.Play(n)
		if got := w.Paid(wallet); len(got) > 0 {
			t.Errorf("%s credited a wallet: %v", provider, got)
		}
	}
	for _, provider := range []string{"momo", "zalopay", "vnpay", "standard"} { // "standard" names no kind
		f := w.NewFeed(provider)
		f.Play(paymentstest.Credit("83000"+provider[:1], "0912345679", 30000))
	}
	w.WantPaid(wallet, "30000", "30000", "30000", "30000")
}

// TestUnknownBank checks that a notice of an unknown bank is posted only with a memo code.
func TestUnknownBank(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	c := w.SePay(nil)
	w.Accept(c, transfer{ID: 1, Gateway: "Ngân hàng lạ", Account: "1111111", Memo: "tien ca", Amount: 1000})
	w.WantNotice(c, 1, "unmatched", "ambiguous_account")
	w.Accept(c, transfer{ID: 2, Gateway: "Ngân hàng lạ", Account: "1111111", Memo: code, Amount: 2000})
	w.WantPaid(stall, "2000")
}

// TestTerminalCountsOnItsAccount checks terminals of two banks that have one id.
func TestTerminalCountsOnItsAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	order := func(number, phone, bin, account, terminal string) object {
		return object{
			"number": number, "kind": "stall", "goods_group": "rau", "merchant": object{"full_name": "Người bán " +
				phone, "phone": phone},
			"account": object{
				"bank_bin": bin, "account_number": account, "holder_name": "NGUOI BAN",
				"holder_kind": "ca_nhan", "virtual_account": terminal,
			},
		}
	}
	path := "/api/v1/markets/" + w.Market + "/stalls"
	first := w.Call(w.Admin, "POST", path, order("V1", "0905111001", "970422", "1111111", "T01"), 201).Text("id")
	twin := w.Call(w.Admin, "POST", path, order("V2", "0905111001", "970422", "1111111", "T02"), 201).Text("id")
	other := w.Call(w.Admin, "POST", path, order("A2", "0905111002", "970436", "2222222", ""), 201)
	c := w.SePay(nil)
	w.Accept(c, transfer{
		ID: 1, Gateway: "Vietcombank", Account: "2222222", Sub: "T01", Memo: other.Text("code.code"),
		Amount: 1000,
	})
	w.Accept(c, transfer{ID: 2, Gateway: "Vietcombank", Account: "2222222", Sub: "T01", Memo: "tien rau", Amount: 2000})
	w.WantPaid(other.Text("id"), "2000", "1000")
	w.WantPaid(first)
	named := w.SePay(object{"accounts": []object{{"bank_bin": "970422", "account_number": "1111111"}}})
	w.Accept(named, transfer{ID: 3, Account: "1111111", Sub: "T02", Memo: "tien rau", Amount: 3000})
	w.WantPaid(twin, "3000")
	w.Accept(c, transfer{ID: 4, Gateway: "Vietcombank", Account: "7777777", Sub: "T01", Memo: "tien rau", Amount: 4000})
	w.WantNotice(c, 4, "unmatched", "unknown_account") // a terminal of another bank
	w.Accept(c, transfer{
		ID: 5, Gateway: "Ngân hàng lạ", Account: "7777777", Sub: "T01", Memo: "tien rau",
		Amount: 4000,
	})
	w.WantNotice(c, 5, "unmatched", "unknown_account")
	f := w.NewFeed("vietqr_vn")
	n := paymentstest.Credit("900", "1111111", 5000)
	n.VirtualAccount = "T01"
	f.Play(n)
	w.WantPaid(first, "5000")
}
