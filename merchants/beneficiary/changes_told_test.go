package beneficiary_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"market40/merchants/registertest"
)

// TestAnOldChangeToAWalletIsRefused: one that was proposed before wallets were refused says that it
// cannot be, and its day refuses it.
func TestAnOldChangeToAWalletIsRefused(t *testing.T) {
	w := newWorld(t)
	stall := w.Stall("A1", "1001")
	path := "/api/v1/stalls/" + stall.Text("id")
	_, key := w.SignIn("quan", "manager", "market:CHODAM")
	c := w.Call(key, "POST", path+"/beneficiary-changes", changeOrder("0906000021"), 201)
	_, err := w.DB.Pool.Exec(t.Context(), `UPDATE beneficiary_changes SET bank_bin = '971025', proposal = $2
		WHERE id = $1`, c.Text("id"),
		w.Seal(
			"beneficiary_changes",
			"proposal",
			c.Text("id"),
			`{"kind":"bank","bank_bin":"971025","account_number":"0906000021","holder_name":"HOA","holder_kind":"ca_nhan"}`,
		))
	must(t, err)
	if c = w.wantChange(path, c.Text("id"), "pending", "proposed"); c.Text("why") != "wallet_not_bank" ||
		c.At("effective_at") != nil {
		t.Errorf("it waits with %q, effective at %v", c.Text("why"), c.At("effective_at"))
	}
	if page := string(w.Fetch("", "/q/"+stall.Text("code.code"), 200)); !strings.Contains(page,
		"yêu cầu đổi tài khoản nhận tiền, nhưng ví điện tử không phải là ngân hàng nên tài khoản giữ nguyên") {
		t.Errorf("the page says %s", page)
	}
	_, second := w.SignIn("hai", "admin", "all")
	w.Refuse(second, "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/approve", nil, 422, "wallet_not_bank")
	w.Clock = w.Clock.Add(24 * time.Hour)
	w.settleChanges()
	if c = w.wantChange(path, c.Text("id"), "refused", "proposed refused"); c.Text("why") != "wallet_not_bank" {
		t.Errorf("it was refused for %q", c.Text("why"))
	}
	if notices := w.notices(); !strings.Contains(notices[len(notices)-1],
		"đã dừng vì ví điện tử không phải là ngân hàng, tài khoản cũ giữ nguyên") {
		t.Errorf("the owner got %q", notices)
	}
}

// TestMessageNamesItsSubject: of several who share a phone.
func TestMessageNamesItsSubject(t *testing.T) {
	w := newWorld(t)
	stalls := "/api/v1/markets/" + w.Market + "/stalls"
	_, person := w.SignIn("quan", "manager", "market:CHODAM") // what a program wants would wait
	for i, name := range []string{"Vợ Một", "Chồng Một", "Cô Khác"} {
		phone := []string{"0906000012", "0906000012", "0906000099"}[i]
		made := w.Call(w.Admin, "POST", stalls, object{
			"number": fmt.Sprint("P", i), "merchant": object{
				"full_name": name, "phone": phone,
				"known_phone": "another_person",
			}, "account": registertest.Account("970436", fmt.Sprint("200", i)),
		}, 201)
		w.Call(
			person,
			"POST",
			"/api/v1/stalls/"+made.Text("id")+"/accounts",
			registertest.Account("970415", fmt.Sprint("300", i)),
			201,
		)
	}
	notices := w.notices()
	for i, begins := range []string{"Chợ 4.0: sạp P0", "Chợ 4.0, gửi Chồng Một: sạp P1", "Chợ 4.0: sạp P2"} {
		if !strings.HasPrefix(notices[i], begins) {
			t.Errorf("message %d is %q, want %q", i, notices[i], begins)
		}
	}
	w.Call(person, "POST", "/api/v1/stalls/"+w.stallOf("P0")+"/accounts", registertest.Account("970422", "4000"), 201)
	if notices = w.notices(); !strings.HasPrefix(notices[3], "Chợ 4.0, gửi Vợ Một: sạp P0") {
		t.Errorf("who shared the phone later: %q", notices[3])
	}
}

// stallOf is the id of the stall of a number.
func (w *world) stallOf(number string) string {
	w.T.Helper()
	for _, s := range w.Call(w.Admin, "GET", "/api/v1/markets/"+w.Market+"/stalls", nil, 200).Items() {
		if s.Text("number") == number {
			return s.Text("id")
		}
	}
	w.T.Fatalf("there is no stall %s", number)
	return ""
}
