package merchants_test

import "testing"

func TestAMerchantIsPutRight(t *testing.T) {
	w := newWorld(t)
	order := w.stallOrder("A1", "0101234567890")
	stall := w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", order, 201)
	path := "/api/v1/merchants/" + stall.text("merchant.id")
	manager := w.key("manager", "market:CHODAM")
	told := w.call(manager, "PATCH", path, object{"household_name": " Hộ kinh doanh  Đậm ", "tax_code": "4201234567"}, 200)
	if told.text("household_name") != "Hộ kinh doanh Đậm" || told.text("full_name") != "Trần Thị Đậm" || told.text("phone") != "••••001" {
		t.Errorf("put right: %v", told)
	}
	var found, sealed bool
	must(t, w.db.Pool.QueryRow(t.Context(), `SELECT octet_length(tax_index) = 32, position('4201234567'::bytea IN tax_code) = 0 FROM merchants WHERE tax_code IS NOT NULL`).Scan(&found, &sealed))
	if !found || !sealed {
		t.Errorf("the tax code has an index: %v, is sealed: %v", found, sealed)
	}
	w.refuse(manager, "PATCH", path, object{"tax_code": "12"}, 422, "tax_code_form")
	w.refuse(manager, "PATCH", path, object{"full_name": "  "}, 422, "required")
	w.refuse(manager, "PATCH", path, object{"phone": "0905000099"}, 422, "unknown_field")
	w.newMarket("BANGOI", "22423")
	w.refuse(w.key("manager", "market:BANGOI"), "PATCH", path, object{"full_name": "Khác"}, 404, "not_found")
	w.refuse(w.key("merchant", "stall:"+stall.text("id")), "PATCH", path, object{"full_name": "Khác"}, 403, "not_allowed")
	if told := w.call(w.admin, "PATCH", path, object{"full_name": "Trần Thị Đầm", "tax_code": ""}, 200); told.text("full_name") != "Trần Thị Đầm" || told.text("phone") != "0905000001" {
		t.Errorf("put right by an admin: %v", told)
	}
}
