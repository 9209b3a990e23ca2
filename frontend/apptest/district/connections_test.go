package district_test

import (
	"fmt"
	"strings"
	"time"

	"market40/frontend/apptest/program"
	"market40/merchants/platform/bizday"
)

// accountChanges: an admin sees what a program proposed, with the old and the new account; refuses
// one with a reason, and approves another, after proving again who it is.
func (v *official) accountChanges() {
	v.T.Helper()
	_, before := v.expectQuestion("GET", "/api/v1/beneficiary-changes?state=pending", nil)
	if n := len(before.Items()); n != 0 {
		v.T.Fatalf("%d changes wait before", n)
	}
	path := "/api/v1/stalls/" + v.stall("BANGOI", 6).Text("id")
	further := func(number string) {
		v.CallAs(v.admin, "POST", path+"/accounts", object{
			"bank_bin": "970415", "account_number": number,
			"holder_name": "KE GIAN",
		}, 202)
	}
	further("77778888990")
	v.open("changes")
	v.expectText(`[data-change=addition] h2`, "Thêm tài khoản, sạp A07")
	v.expectText(`[data-change] [data-old]`, "••••"+v.account("BANGOI", 6)[4:])
	v.expectText(`[data-change] [data-new]`, "VietinBank ••••8990, KE GIAN")
	v.expectText(`[data-change] .note`, "Cần người thứ hai duyệt")
	v.checkScreen("changes")
	v.click(`[data-refuse]`)
	v.write(`[name=reason]`, "chủ sạp không biết")
	v.press("Từ chối")
	v.expectText(`.note.good`, "Không có thay đổi nào chờ duyệt.")
	v.open("changes?state=cancelled")
	v.expectText(`[data-change=addition]`, "chủ sạp không biết")

	further("5555666677")
	program.Execute(v.T, strings.TrimPrefix(v.env[0], "DATABASE_URL="), `UPDATE sessions
		SET proved_at = now() - interval '6 minutes' WHERE user_id = (SELECT id FROM users
		WHERE login = 'quan-tri-hai');
		UPDATE users SET totp_step = 0 WHERE login = 'quan-tri-hai'`)
	v.open("changes?state=pending")
	v.click(`[data-approve]`)
	v.click(`[name=asked]`)
	v.press("Duyệt, có hiệu lực ngay")
	v.expectText(`[role=alert]`, "hãy xác thực lại")
	v.checkScreen("changes-proof")
	v.write(`[name=proof-password]`, "tôm hùm 9 con")
	v.write(`[name=proof-code]`, program.SecondFactor(v.T, v.secret))
	v.press("Duyệt, có hiệu lực ngay")
	v.expectText(`.note.good`, "Không có thay đổi nào chờ duyệt.")
	v.open("changes?state=effective")
	v.expectText(`[data-change=addition] [data-new]`, "••••6677")
}

// bankConnections: a feed that signs nothing is listed first and in red; a secret is retired and a
// connection disabled on the screen.
func (v *official) bankConnections() {
	v.T.Helper()
	order := func(name string, secrets object) string {
		return v.CallAs(v.admin, "POST", "/api/v1/bank-connections", object{
			"provider": "sepay", "name": name, "secrets": secrets,
			"accounts": []any{object{"bank_bin": "970436", "account_number": "9988776655"}},
		}, 201).Text("id")
	}
	order("Nguồn không ký", object{"auth": "none", "allow_ips": []any{"127.0.0.1"}})
	signed := order("Nguồn có ký", object{"hmac_secret": "khoa-bi-mat-2026-9f8e7d6c5b4a39281706"})
	v.open("connections")
	v.until(
		`document.querySelector('main section.alarm')?.dataset.connection === 'Nguồn không ký' && document.querySelector('main section') === document.querySelector('section.alarm')`,
	)
	v.expectText(`section.alarm [data-unsigned]`, "Không có chữ ký")
	v.expectText(`section.alarm .pill`, "chờ duyệt")
	v.expectText(`section:not(.alarm) [data-last]`, time.Now().In(bizday.Vietnam).Format("02/01/2006"))
	v.checkScreen("connections")
	v.click(`section.alarm li button`)
	v.press("Thu hồi khóa ngay")
	v.until(`document.querySelector('section.alarm') === null`)
	v.expectText(`[data-connection="Nguồn không ký"] li`, "đã thu hồi")
	mine := `[data-connection="Nguồn có ký"]`
	v.click(mine + ` > .row button`)
	v.press("Tắt ngay")
	v.expectText(mine+` .pill`, "đã tắt")
	if enabled := v.CallAs(v.admin, "GET", "/api/v1/bank-connections/"+signed, nil, 200)["enabled"]; fmt.Sprint(
		enabled) != "false" {
		v.T.Errorf("after it was switched off, enabled is %v", enabled)
	}
}
