package merchants_test

import (
	"strings"
	"testing"

	"market40/merchants/memo"
	"market40/merchants/registertest"
	"market40/merchants/vietqr"
)

func TestAStallIsRegisteredWithTenancyAndCode(t *testing.T) {
	w := newWorld(t)
	order := w.StallOrder("  A  12 ", "0101 2345 67890")
	order["merchant"].(object)["phone"] = "+84 905 123 456"
	s := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", order, 201)
	for path, want := range map[string]string{
		"market_id": w.Market, "number": "A 12", "kind": "kiosk", "zone": "Khu A", "goods_group": "hai_san",
		"state":              "operating",
		"merchant.full_name": "Trần Thị Đậm", "merchant.household_name": "", "merchant.phone": "0905123456",
		"accounts.0.kind": "bank", "accounts.0.bank_bin": "970436", "accounts.0.bank_name": "Vietcombank",
		"accounts.0.account_number": "0101234567890", "accounts.0.holder_name": "Trần Thị Đậm",
		"accounts.0.holder_kind": "ca_nhan",
		"code.state":             "current", "code.account_id": s.Text("accounts.0.id"), "code.url": "/q/" +
			s.Text("code.code"),
		"feed.state": "none", "feed.last_notice_at": "", "tenancy.since": "",
	} {
		if got := s.Text(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	read, err := vietqr.Decode(s.Text("code.payload"))
	must(t, err)
	if read.BIN != "970436" || read.Account != "0101234567890" || read.POI != "11" ||
		read.Purpose != s.Text("code.code") ||
		read.MerchantName != "Tran Thi Dam" || read.City != "Nha Trang" {
		t.Errorf("the payload says %+v", read)
	}
	if _, err := memo.Parse(s.Text("code.code")); err != nil {
		t.Errorf("code %s: %v", s.Text("code.code"), err)
	}
	again := w.Call(w.Admin, "GET", "/api/v1/stalls/"+s.Text("id"), nil, 200)
	if again.Text("code.payload") != s.Text("code.payload") {
		t.Error("read again, the stall has another payload")
	}
}

func TestMemoStartsWithBankPrefix(t *testing.T) {
	w := newWorld(t)
	order := w.StallOrder("A1", "1")
	order["account"] = registertest.Account("970415", "113366668888")
	s := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", order, 201)
	read, err := vietqr.Decode(s.Text("code.payload"))
	must(t, err)
	if want := "SEVQR " + s.Text("code.code"); read.Purpose != want {
		t.Errorf("VietinBank's memo is %q, want %q", read.Purpose, want)
	}
}

func TestAStallMayBeVacantNotJoinedOrOnAWallet(t *testing.T) {
	w := newWorld(t)
	path := "/api/v1/markets/" + w.Market + "/stalls"
	vacant := w.Call(w.Admin, "POST", path, object{
		"number": "V", "kind": "stall", "zone": "", "goods_group": "khac",
		"merchant": nil,
	}, 201)
	if vacant.Text("state") != "vacant" || vacant["merchant"] != nil || vacant["code"] != nil ||
		vacant["tenancy"] != nil {
		t.Errorf("a vacant stall is %v", vacant)
	}
	alone := w.Call(w.Admin, "POST", path, object{"number": "N", "merchant": w.Merchant("An"), "since": "2020-01-31"},
		201)
	if alone.Text("state") != "operating" || alone["code"] != nil ||
		alone.Text("tenancy.since") != "2020-01-30T17:00:00Z" {
		t.Errorf("a stall that has not joined is %v", alone)
	}
	wallet := w.Call(w.Admin, "POST", path, object{
		"number": "W", "merchant": w.Merchant("Bình"),
		"account": object{
			"kind": "ewallet", "account_number": "MOMOW2W-88", "holder_name": "Bình",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	if wallet.Text("code.code") == "" || wallet.At("code.payload") != nil ||
		wallet.Text("accounts.0.kind") != "ewallet" {
		t.Errorf("a stall on a wallet is %v", wallet)
	}
	w.Fetch("", "/q/"+wallet.Text("code.code"), 200)
	w.Fetch("", "/q/"+wallet.Text("code.code")+".png", 404)
}

func TestAKnownPhoneMeansTheSameMerchant(t *testing.T) {
	w := newWorld(t)
	first := w.Stall("A1", "1111")
	order := w.StallOrder("A2", "1111")
	order["merchant"] = object{"full_name": "TRAN THI DAM", "phone": "84" +
		strings.TrimPrefix(first.Text("merchant.phone"), "0")}
	second := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", order, 201)
	if second.Text("merchant.id") != first.Text("merchant.id") || second.Text("merchant.full_name") != "Trần Thị Đậm" {
		t.Errorf("the second stall's merchant is %v", second["merchant"])
	}
	if second.Text("accounts.0.id") != first.Text("accounts.0.id") || second.Text("code.code") == first.Text(
		"code.code") {
		t.Error("two stalls of one merchant share the account and have their own codes")
	}
	order = w.StallOrder("A3", "2222")
	order["merchant"] = object{"id": first.Text("merchant.id")}
	if third := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", order, 201); third.Text(
		"merchant.phone") != first.Text("merchant.phone") {
		t.Errorf("the merchant named by id is %v", third["merchant"])
	}
}

func TestRegisteringIsRefused(t *testing.T) {
	w := newWorld(t)
	w.Stall("A1", "1111")
	w.Call(
		w.Admin,
		"POST",
		"/api/v1/markets/"+w.Market+"/stalls",
		w.StallOrder("A0", "77").With("account.virtual_account", "VQR 1"),
		201,
	)
	for name, c := range map[string]struct {
		path   string
		value  any
		status int
		code   string
	}{
		"number in use":         {"number", " A1 ", 409, "number_in_use"},
		"number empty":          {"number", "  ", 422, "required"},
		"kind unknown":          {"kind", "tent", 422, "unknown_value"},
		"goods unknown":         {"goods_group", "gold", 422, "unknown_value"},
		"field unknown":         {"colour", "red", 422, "unknown_field"},
		"since unreadable":      {"since", "31/01/2020", 422, "time_form"},
		"since in the future":   {"since", "2026-11-23", 422, "since_in_future"},
		"no name":               {"merchant.full_name", " ", 422, "required"},
		"no phone":              {"merchant.phone", "", 422, "required"},
		"phone too short":       {"merchant.phone", "091234567", 422, "phone_form"},
		"phone foreign":         {"merchant.phone", "+1 912345678", 422, "phone_form"},
		"tax code":              {"merchant.tax_code", "12345", 422, "tax_code_form"},
		"merchant unknown":      {"merchant", object{"id": w.Market}, 422, "merchant_unknown"},
		"account alone":         {"merchant", nil, 422, "required"},
		"bank unknown":          {"account.bank_bin", "970499", 422, "unknown_bank"},
		"bank missing":          {"account.bank_bin", "", 422, "required"},
		"account too long":      {"account.account_number", "12345678901234567890", 422, "account_form"},
		"account with a dash":   {"account.account_number", "123-456", 422, "account_form"},
		"holder missing":        {"account.holder_name", "", 422, "required"},
		"holder kind":           {"account.holder_kind", "friend", 422, "unknown_value"},
		"wallet with a bank":    {"account.kind", "ewallet", 422, "wallet_has_no_bank"},
		"another's account":     {"account.account_number", "11 11", 409, "account_in_use"},
		"another's virtual one": {"account.virtual_account", "vqr1", 409, "virtual_account_in_use"},
	} {
		o := w.Call(
			w.Admin,
			"POST",
			"/api/v1/markets/"+w.Market+"/stalls",
			w.StallOrder("B1", "9999").With(c.path,
				c.value),
			c.status,
		)
		if o.Text("code") != c.code {
			t.Errorf("%s: refused as %q, want %q: %v", name, o.Text("code"), c.code, o)
		}
	}
	if n := len(w.Call(w.Admin, "GET", "/api/v1/markets/"+w.Market+"/stalls", nil, 200).Items()); n != 2 {
		t.Errorf("%d stalls stand after the refusals, want 2", n)
	}
}

func TestStallStatesAndChanges(t *testing.T) {
	w := newWorld(t)
	a, b := w.Stall("A1", "1"), w.Stall("B1", "2")
	list := "/api/v1/markets/" + w.Market + "/stalls"
	page := w.Call(w.Admin, "GET", list+"?limit=1", nil, 200)
	next := w.Call(w.Admin, "GET", list+"?limit=1&after="+page.Text("next"), nil, 200)
	if page.Items()[0].Text("number") != "A1" || next.Items()[0].Text("number") != "B1" || next["next"] != nil {
		t.Errorf("pages are %v, %v", page, next)
	}
	path := "/api/v1/stalls/" + a.Text("id")
	changed := w.Call(w.SignInAdmin(), "PATCH", path, object{
		"number": "A9", "kind": "shop", "zone": "Dãy 3",
		"goods_group": "rau",
	}, 200)
	if changed.Text("number")+changed.Text("kind")+changed.Text("zone")+
		changed.Text("goods_group") != "A9shopDãy 3rau" {
		t.Errorf("the changed stall is %v", changed)
	}
	if cleared := w.Call(w.Admin, "PATCH", path, object{"zone": ""}, 200); cleared.Text("zone") != "" ||
		cleared.Text("number") != "A9" {
		t.Errorf("with its zone cleared the stall is %v", cleared)
	}
	w.Refuse(w.SignInAdmin(), "PATCH", path, object{"number": "B1"}, 409, "number_in_use")
	w.Refuse(w.Admin, "PATCH", path, object{"number": " "}, 422, "required")

	w.Call(w.Admin, "POST", path+"/suspend", object{"reason": "Sửa mái"}, 200)
	w.Refuse(w.Admin, "POST", path+"/suspend", nil, 409, "stall_suspended")
	if n := len(w.Call(w.Admin, "GET", list+"?state=suspended", nil, 200).Items()); n != 1 {
		t.Errorf("%d suspended stalls are listed, want 1", n)
	}
	if s := w.Call(w.Admin, "POST", path+"/reopen", nil, 200); s.Text("state") != "operating" ||
		s.Text("code.code") != a.Text("code.code") {
		t.Errorf("reopened the stall is %v", s)
	}
	closed := w.Call(w.SignInAdmin(), "POST", path+"/close", nil, 200)
	if closed.Text("state") != "closed" || closed["merchant"] != nil || closed["code"] != nil {
		t.Errorf("closed the stall is %v", closed)
	}
	if codes := w.Call(w.Admin, "GET", path+"/codes", nil, 200).Items(); len(codes) != 1 ||
		codes[0].Text("state") != "revoked" {
		t.Errorf("the closed stall's codes are %v", codes)
	}
	w.Refuse(w.Admin, "POST", path+"/tenancies", object{"merchant": w.Merchant("Mới")}, 409, "stall_closed")
	if s := w.Call(w.Admin, "POST", path+"/reopen", nil, 200); s.Text("state") != "vacant" {
		t.Errorf("reopened after closing the stall is %v", s)
	}
	w.Refuse(w.Admin, "POST", path+"/codes", nil, 409, "stall_vacant")
	if s := w.Call(w.Admin, "GET", "/api/v1/stalls/"+b.Text("id"), nil, 200); s.Text("state") != "operating" {
		t.Errorf("the neighbour is %v", s)
	}
}
