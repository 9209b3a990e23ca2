package merchants_test

import (
	"maps"
	"testing"
)

func TestAMerchantIsPutRight(t *testing.T) {
	w := newWorld(t)
	order := w.StallOrder("A1", "0101234567890")
	stall := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", order, 201)
	path := "/api/v1/merchants/" + stall.Text("merchant.id")
	manager := w.Key("manager", "market:CHODAM")
	corrected := w.Call(
		manager,
		"PATCH",
		path,
		object{"household_name": " Hộ kinh doanh  Đậm ", "tax_code": "4201234567"},
		200,
	)
	if corrected.Text("household_name") != "Hộ kinh doanh Đậm" || corrected.Text("full_name") != "Trần Thị Đậm" ||
		corrected.Text("phone") != "••••001" {
		t.Errorf("put right: %v", corrected)
	}
	var found, sealed bool
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT octet_length(tax_index) = 32,
		position('4201234567'::bytea IN tax_code) = 0 FROM merchants WHERE tax_code IS NOT NULL`).Scan(&found, &sealed))
	if !found || !sealed {
		t.Errorf("the tax code has an index: %v, is sealed: %v", found, sealed)
	}
	w.Refuse(manager, "PATCH", path, object{"tax_code": "12"}, 422, "tax_code_form")
	w.Refuse(manager, "PATCH", path, object{"full_name": "  "}, 422, "required")
	w.Refuse(manager, "PATCH", path, object{"phone": "0905000099"}, 422, "unknown_field")
	for _, broken := range []object{
		{"full_name": "TrÇn V¨n T©m"},
		{"full_name": "TRAÀN VAÊN TAÂM"},
		{"household_name": "Tráº§n VÄƒn TÃ½"},
	} {
		w.Refuse(manager, "PATCH", path, broken, 422, "text_encoding")
	}
	// as it came: a soft hyphen is a letter of TCVN3
	w.Refuse(manager, "PATCH", "/api/v1/stalls/"+stall.Text("id"), object{"zone": "t\u00adêng"}, 422, "text_encoding")
	market := object{
		"code": "CHOMOI", "name": "Chợ Mới", "class": 2, "kind": "dan_sinh", "commune_code": "22366",
		"operator": object{"kind": "ban_quan_ly", "name": "Ban quản lý"},
	}
	for field, broken := range map[string]any{"name": "Chî §Çm", "operator": object{
		"kind": "ban_quan_ly",
		"name": "Ban qu¶n lý chî",
	}} {
		order := maps.Clone(market)
		order[field] = broken
		w.Refuse(w.Admin, "POST", "/api/v1/markets", order, 422, "text_encoding")
	}
	w.RegisterMarket(w.Admin, "BANGOI", "22423")
	w.Refuse(w.Key("manager", "market:BANGOI"), "PATCH", path, object{"full_name": "Khác"}, 404, "not_found")
	w.Refuse(w.Key("merchant", "stall:"+stall.Text("id")), "PATCH", path, object{"full_name": "Khác"}, 403,
		"not_allowed")
	if corrected := w.Call(
		w.Admin,
		"PATCH",
		path,
		object{"full_name": "Trần Thị Đầm", "tax_code": ""},
		200,
	); corrected.Text(
		"full_name") != "Trần Thị Đầm" ||
		corrected.Text("phone") != "0905000001" {
		t.Errorf("put right by an admin: %v", corrected)
	}
}
