package merchants_test

import (
	"maps"
	"strings"
	"testing"

	"market40/merchants/memo"
	"market40/merchants/vietqr"
)

func TestAStallIsRegisteredWithTenancyAndCode(t *testing.T) {
	w := newWorld(t)
	order := w.stallOrder("  A  12 ", "0101 2345 67890")
	order["merchant"].(object)["phone"] = "+84 905 123 456"
	s := w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", order, 201)
	for path, want := range map[string]string{
		"market_id": w.market, "number": "A 12", "kind": "kiosk", "zone": "Khu A", "goods_group": "hai_san",
		"state":              "operating",
		"merchant.full_name": "Trần Thị Đậm", "merchant.household_name": "", "merchant.phone": "0905123456",
		"accounts.0.kind": "bank", "accounts.0.bank_bin": "970436", "accounts.0.bank_name": "Vietcombank",
		"accounts.0.account_number": "0101234567890", "accounts.0.holder_name": "Trần Thị Đậm",
		"accounts.0.holder_kind": "ca_nhan",
		"code.state":             "current", "code.account_id": s.text("accounts.0.id"), "code.url": "/q/" +
			s.text("code.code"),
		"feed.state": "none", "feed.last_notice_at": "", "tenancy.since": "",
	} {
		if got := s.text(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	read, err := vietqr.Decode(s.text("code.payload"))
	must(t, err)
	if read.BIN != "970436" || read.Account != "0101234567890" || read.POI != "11" ||
		read.Purpose != s.text("code.code") ||
		read.MerchantName != "Tran Thi Dam" || read.City != "Nha Trang" {
		t.Errorf("the payload says %+v", read)
	}
	if _, err := memo.Parse(s.text("code.code")); err != nil {
		t.Errorf("code %s: %v", s.text("code.code"), err)
	}
	again := w.call(w.admin, "GET", "/api/v1/stalls/"+s.text("id"), nil, 200)
	if again.text("code.payload") != s.text("code.payload") {
		t.Error("read again, the stall has another payload")
	}
}

func TestMemoStartsWithBankPrefix(t *testing.T) {
	w := newWorld(t)
	order := w.stallOrder("A1", "1")
	order["account"] = account("970415", "113366668888")
	s := w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", order, 201)
	read, err := vietqr.Decode(s.text("code.payload"))
	must(t, err)
	if want := "SEVQR " + s.text("code.code"); read.Purpose != want {
		t.Errorf("VietinBank's memo is %q, want %q", read.Purpose, want)
	}
}

func TestAStallMayBeVacantNotJoinedOrOnAWallet(t *testing.T) {
	w := newWorld(t)
	path := "/api/v1/markets/" + w.market + "/stalls"
	vacant := w.call(w.admin, "POST", path, object{
		"number": "V", "kind": "stall", "zone": "", "goods_group": "khac",
		"merchant": nil,
	}, 201)
	if vacant.text("state") != "vacant" || vacant["merchant"] != nil || vacant["code"] != nil ||
		vacant["tenancy"] != nil {
		t.Errorf("a vacant stall is %v", vacant)
	}
	alone := w.call(w.admin, "POST", path, object{"number": "N", "merchant": w.merchant("An"), "since": "2020-01-31"},
		201)
	if alone.text("state") != "operating" || alone["code"] != nil ||
		alone.text("tenancy.since") != "2020-01-30T17:00:00Z" {
		t.Errorf("a stall that has not joined is %v", alone)
	}
	wallet := w.call(w.admin, "POST", path, object{
		"number": "W", "merchant": w.merchant("Bình"),
		"account": object{
			"kind": "ewallet", "account_number": "MOMOW2W-88", "holder_name": "Bình",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	if wallet.text("code.code") == "" || wallet.at("code.payload") != nil ||
		wallet.text("accounts.0.kind") != "ewallet" {
		t.Errorf("a stall on a wallet is %v", wallet)
	}
	w.fetch("/q/"+wallet.text("code.code"), 200)
	w.fetch("/q/"+wallet.text("code.code")+".png", 404)
}

func TestAKnownPhoneMeansTheSameMerchant(t *testing.T) {
	w := newWorld(t)
	first := w.stall("A1", "1111")
	order := w.stallOrder("A2", "1111")
	order["merchant"] = object{"full_name": "TRAN THI DAM", "phone": "84" +
		strings.TrimPrefix(first.text("merchant.phone"), "0")}
	second := w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", order, 201)
	if second.text("merchant.id") != first.text("merchant.id") || second.text("merchant.full_name") != "Trần Thị Đậm" {
		t.Errorf("the second stall's merchant is %v", second["merchant"])
	}
	if second.text("accounts.0.id") != first.text("accounts.0.id") || second.text("code.code") == first.text(
		"code.code") {
		t.Error("two stalls of one merchant share the account and have their own codes")
	}
	order = w.stallOrder("A3", "2222")
	order["merchant"] = object{"id": first.text("merchant.id")}
	if third := w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", order, 201); third.text(
		"merchant.phone") != first.text("merchant.phone") {
		t.Errorf("the merchant named by id is %v", third["merchant"])
	}
}

func TestRegisteringIsRefused(t *testing.T) {
	w := newWorld(t)
	w.stall("A1", "1111")
	w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", withField(w.stallOrder("A0", "77"),
		"account.virtual_account", "VQR 1"), 201)
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
		"merchant unknown":      {"merchant", object{"id": w.market}, 422, "merchant_unknown"},
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
		o := w.call(
			w.admin,
			"POST",
			"/api/v1/markets/"+w.market+"/stalls",
			withField(w.stallOrder("B1", "9999"), c.path,
				c.value),
			c.status,
		)
		if o.text("code") != c.code {
			t.Errorf("%s: refused as %q, want %q: %v", name, o.text("code"), c.code, o)
		}
	}
	if n := len(w.call(w.admin, "GET", "/api/v1/markets/"+w.market+"/stalls", nil, 200).items()); n != 2 {
		t.Errorf("%d stalls stand after the refusals, want 2", n)
	}
}

// withField changes one field, "account.bank_bin", of an order.
func withField(order object, path string, value any) object {
	changed := maps.Clone(order)
	outer, inner, nested := strings.Cut(path, ".")
	if nested {
		changed[outer] = withField(order[outer].(object), inner, value)
	} else {
		changed[outer] = value
	}
	return changed
}

func TestStallStatesAndChanges(t *testing.T) {
	w := newWorld(t)
	a, b := w.stall("A1", "1"), w.stall("B1", "2")
	list := "/api/v1/markets/" + w.market + "/stalls"
	page := w.call(w.admin, "GET", list+"?limit=1", nil, 200)
	next := w.call(w.admin, "GET", list+"?limit=1&after="+page.text("next"), nil, 200)
	if page.items()[0].text("number") != "A1" || next.items()[0].text("number") != "B1" || next["next"] != nil {
		t.Errorf("pages are %v, %v", page, next)
	}
	path := "/api/v1/stalls/" + a.text("id")
	changed := w.call(w.person(), "PATCH", path, object{
		"number": "A9", "kind": "shop", "zone": "Dãy 3",
		"goods_group": "rau",
	}, 200)
	if changed.text("number")+changed.text("kind")+changed.text("zone")+
		changed.text("goods_group") != "A9shopDãy 3rau" {
		t.Errorf("the changed stall is %v", changed)
	}
	if cleared := w.call(w.admin, "PATCH", path, object{"zone": ""}, 200); cleared.text("zone") != "" ||
		cleared.text("number") != "A9" {
		t.Errorf("with its zone cleared the stall is %v", cleared)
	}
	w.refuse(w.person(), "PATCH", path, object{"number": "B1"}, 409, "number_in_use")
	w.refuse(w.admin, "PATCH", path, object{"number": " "}, 422, "required")

	w.call(w.admin, "POST", path+"/suspend", object{"reason": "Sửa mái"}, 200)
	w.refuse(w.admin, "POST", path+"/suspend", nil, 409, "stall_suspended")
	if n := len(w.call(w.admin, "GET", list+"?state=suspended", nil, 200).items()); n != 1 {
		t.Errorf("%d suspended stalls are listed, want 1", n)
	}
	if s := w.call(w.admin, "POST", path+"/reopen", nil, 200); s.text("state") != "operating" ||
		s.text("code.code") != a.text("code.code") {
		t.Errorf("reopened the stall is %v", s)
	}
	closed := w.call(w.person(), "POST", path+"/close", nil, 200)
	if closed.text("state") != "closed" || closed["merchant"] != nil || closed["code"] != nil {
		t.Errorf("closed the stall is %v", closed)
	}
	if codes := w.call(w.admin, "GET", path+"/codes", nil, 200).items(); len(codes) != 1 ||
		codes[0].text("state") != "revoked" {
		t.Errorf("the closed stall's codes are %v", codes)
	}
	w.refuse(w.admin, "POST", path+"/tenancies", object{"merchant": w.merchant("Mới")}, 409, "stall_closed")
	if s := w.call(w.admin, "POST", path+"/reopen", nil, 200); s.text("state") != "vacant" {
		t.Errorf("reopened after closing the stall is %v", s)
	}
	w.refuse(w.admin, "POST", path+"/codes", nil, 409, "stall_vacant")
	if s := w.call(w.admin, "GET", "/api/v1/stalls/"+b.text("id"), nil, 200); s.text("state") != "operating" {
		t.Errorf("the neighbour is %v", s)
	}
}
