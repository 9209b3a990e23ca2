package merchants_test

import (
	"strings"
	"testing"

	"market40/merchants/access/roles"
	"market40/merchants/registertest"
	"market40/migrations/database/worldtest"
)

func TestRolesFollowTheContract(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "111122223333")
	path := "/api/v1/stalls/" + s.Text("id")
	for _, c := range []struct {
		role              roles.Role
		scope             string
		whole, accounts   bool
		writes, registers bool
	}{
		{"admin", "", true, true, true, true},
		{"province_officer", "", false, true, false, false},
		{"locality_officer", "locality:22366", false, true, false, false},
		{"locality_officer", "locality:districts_2024/568", false, true, false, false},
		{"manager", "market:CHODAM", false, true, true, false},
		{"merchant", "stall:" + s.Text("id"), true, true, false, false},
		{"team", "locality:22366", false, false, false, false},
		{"auditor", "", false, true, false, false},
		{"integration", "market:CHODAM", true, true, false, false},
	} {
		name := string(c.role) + " " + c.scope
		key := w.Key(c.role, c.scope)
		seen := w.Call(key, "GET", path, nil, 200)
		if whole := seen.At("code.payload") != nil; whole != c.whole {
			t.Errorf("%s sees the payload: %v", name, whole)
		}
		if phone := seen.Text("merchant.phone"); strings.HasPrefix(phone, "••••") == c.whole ||
			!strings.HasSuffix(phone, "001") {
			t.Errorf("%s sees the phone %q", name, phone)
		}
		number := seen.Text("accounts.0.account_number")
		if want := map[bool]string{true: "111122223333", false: "••••3333"}[c.whole]; c.accounts && number != want ||
			!c.accounts && number != "" {
			t.Errorf("%s sees the account %q", name, number)
		}
		codes := w.Call(key, "GET", "/api/v1/codes", nil, 200).Items()
		if len(codes) != 1 || (codes[0]["payload"] != nil) != c.whole {
			t.Errorf("%s lists codes %v", name, codes)
		}
		if c.writes {
			w.Call(key, "PATCH", path, object{"zone": "Khu A"}, 200)
		} else {
			w.Refuse(key, "PATCH", path, object{"zone": "Khu A"}, 403, "not_allowed")
			w.Refuse(key, "POST", path+"/close", nil, 403, "not_allowed")
			w.Refuse(key, "POST", "/api/v1/markets/"+w.Market+"/stalls", w.StallOrder("X", "5"), 403, "not_allowed")
		}
		if !c.registers {
			w.Refuse(key, "POST", "/api/v1/markets", worldtest.MarketOrder("OTHER", "22366"), 403, "not_allowed")
		}
	}
}

func TestAnotherScopesIdsAreMissing(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	neighbour := w.Stall("A2", "2222")
	other := w.RegisterMarket(w.Admin, "XOMMOI", "22402")
	for _, key := range []string{w.Key("manager", "market:XOMMOI"), w.Key("locality_officer", "locality:22402")} {
		for _, path := range []string{"", "/codes"} {
			w.Refuse(key, "GET", "/api/v1/stalls/"+s.Text("id")+path, nil, 404, "not_found")
		}
		w.Refuse(key, "PATCH", "/api/v1/stalls/"+s.Text("id"), object{}, 404, "not_found")
		for _, step := range []string{"suspend", "reopen", "close", "codes"} {
			w.Refuse(key, "POST", "/api/v1/stalls/"+s.Text("id")+"/"+step, nil, 404, "not_found")
		}
		w.Refuse(
			key,
			"POST",
			"/api/v1/stalls/"+s.Text("id")+"/accounts",
			registertest.Account("970436", "3"),
			404,
			"not_found",
		)
		w.Refuse(key, "POST", "/api/v1/stalls/"+s.Text("id")+"/tenancies", object{"merchant": w.Merchant("M")}, 404,
			"not_found")
		w.Refuse(key, "GET", "/api/v1/markets/"+w.Market, nil, 404, "not_found")
		w.Refuse(key, "GET", "/api/v1/markets/"+w.Market+"/stalls", nil, 404, "not_found")
		w.Refuse(key, "GET", "/api/v1/codes?market_id="+w.Market, nil, 404, "not_found")
		if markets := w.Call(key, "GET", "/api/v1/markets", nil, 200).Items(); len(markets) != 1 ||
			markets[0].Text("id") != other {
			t.Errorf("the other market's caller lists %v", markets)
		}
		if codes := w.Call(key, "GET", "/api/v1/codes", nil, 200).Items(); len(codes) != 0 {
			t.Errorf("the other market's caller lists codes %v", codes)
		}
	}
	mine := w.Key("merchant", "stall:"+s.Text("id"))
	w.Refuse(mine, "GET", "/api/v1/stalls/"+neighbour.Text("id"), nil, 404, "not_found")
	if list := w.Call(mine, "GET", "/api/v1/markets/"+w.Market+"/stalls", nil, 200).Items(); len(list) != 1 ||
		list[0].Text("id") != s.Text("id") {
		t.Errorf("a merchant lists %v", list)
	}
	w.Refuse(w.Key("manager", "stall:"+s.Text("id")), "POST", "/api/v1/markets/"+w.Market+"/stalls",
		w.StallOrder("X", "5"), 403, "not_allowed")
	outside := w.Call(w.Admin, "POST", "/api/v1/markets/"+other+"/stalls", w.StallOrder("B1", "4444"), 201)
	stranger := w.StallOrder("X", "5").With("merchant", object{"id": outside.Text("merchant.id")})
	w.Refuse(w.Key("manager", "market:CHODAM"), "POST", "/api/v1/markets/"+w.Market+"/stalls", stranger, 422,
		"merchant_unknown")
	for _, path := range []string{"/api/v1/markets", "/api/v1/banks", "/api/v1/localities", "/api/v1/stalls/" +
		s.Text("id")} {
		w.Refuse("", "GET", path, nil, 401, "sign_in")
		w.Call(w.Admin, "GET", path, nil, 200)
	}
	w.Refuse(w.Admin, "GET", "/api/v1/stalls/none", nil, 404, "not_found")
}
