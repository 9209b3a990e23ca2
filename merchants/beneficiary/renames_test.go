package beneficiary_test

import (
	"strings"
	"testing"
)

// TestARenameOfWhoReceivesIsAnAlert: the code that hangs pays the same account under another name
// or number.
func TestARenameOfWhoReceivesIsAnAlert(t *testing.T) {
	w := newWorld(t)
	s, empty := w.Stall("A1", "1111"), w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls",
		object{"number": "B1"}, 201)
	stall, vacant, merchant := "/api/v1/stalls/"+s.Text("id"), "/api/v1/stalls/"+empty.Text("id"), "/api/v1/merchants/"+
		s.Text("merchant.id")
	other := "/api/v1/merchants/" + w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls",
		w.StallOrder("C1", "9999").With("account", nil), 201).Text("merchant.id")
	person, key := w.SignInAdmin(), w.Key("manager", "market:CHODAM")
	for _, c := range []struct {
		what, who, path string
		change          object
		kind, detail    string // of the alert; "": none
	}{
		{"the same number in another spelling", person, stall, object{"number": "a 01"}, "", ""},
		{"the zone alone", person, stall, object{"zone": "B"}, "", ""},
		{"a stall without a code", person, vacant, object{"number": "B9"}, "", ""},
		{
			"another number", person, stall,
			object{"number": "A7"},
			"stall_renamed",
			"Sạp a 01: đổi số thành A7, mã đã phát vẫn trả vào tài khoản Vietcombank ••••11.",
		},
		{"the number of one that was renamed", person, vacant, object{"number": "A1"}, "", ""},
		{"marks and case", person, merchant, object{"full_name": "TRAN  THI DAM"}, "", ""},
		{"the name that it has", key, merchant, object{"full_name": "Trần Thị Đậm", "tax_code": "0101234567"}, "", ""},
		{
			"another name", person, merchant,
			object{"full_name": "Lê Văn Khác"},
			"merchant_renamed",
			"Sạp A7: người bán đổi tên, mã đã phát vẫn trả vào tài khoản Vietcombank ••••11.",
		},
		{"another name again while the alert is open", key, merchant, object{"full_name": "Trần Thị Đậm"}, "", ""},
		{"and again", key, merchant, object{"full_name": "Lê Văn Khác"}, "", ""},
		{"of who receives nowhere", person, other, object{"full_name": "Lê Văn Khác"}, "", ""},
	} {
		before := len(w.Alerts(""))
		w.Call(c.who, "PATCH", c.path, c.change, 200)
		found := w.Alerts("")
		switch opened := len(found) - before; {
		case c.kind == "" && opened != 0:
			t.Errorf("%s: %v", c.what, found[0])
		case c.kind != "" && (opened != 1 || found[0].Text("kind") != c.kind ||
			!strings.Contains(found[0].Text("detail"), c.detail)):
			t.Errorf("%s: %d alerts are opened, the newest is %v", c.what, opened, found[0])
		}
	}
	w.Call(person, "POST", "/api/v1/alerts/"+w.Alerts("merchant_renamed")[0].Text("id")+"/close",
		object{"reason": "đã gặp"}, 200)
	w.Call(key, "PATCH", merchant, object{"household_name": "Hộ kinh doanh Khác"}, 200)
	w.WantAlerts("merchant_renamed", 1) // a change after the alert was closed opens another
}
