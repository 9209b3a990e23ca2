package district_test

import (
	"fmt"
	"strings"
	"time"

	"market40/frontend/apptest/program"
	"market40/merchants/platform/bizday"
)

// reportTransfer has the bank report a transfer to a stall under an id of its own.
func (o *office) reportTransfer(id, stall, amount int) {
	o.T.Helper()
	o.CallAs(program.SepayKey, "POST", o.hook, object{
		"id": id, "gateway": "", "transactionDate": time.Now().In(bizday.Vietnam).Format(time.DateTime),
		"accountNumber": o.account("BANGOI", stall), "code": nil,
		"content": o.codes["BANGOI"][stall], "transferType": "in", "transferAmount": amount, "accumulated": 0,
		"subAccount":    nil,
		"referenceCode": fmt.Sprintf("FT26303%09d", id), "description": "",
	}, 200)
}

// rareCases: an admin sees both contents of a conflict with amounts, stalls and times, and posts
// the later one with a second person; tries a notice again that the server could not post; and
// reopens what was dismissed.
func rareCases(o *office) *official {
	database := strings.TrimPrefix(o.env[0], "DATABASE_URL=")
	o.reportTransfer(9001, 3, 30000)
	o.reportTransfer(9001, 4, 41000)
	program.Execute(o.T, database, `ALTER TABLE payments ADD CONSTRAINT trap CHECK (amount <> 66000)`)
	o.reportTransfer(9002, 5, 66000)
	program.Execute(o.T, database, `UPDATE notice_retries SET attempts = 9, next_at = now()`)
	v := o.seatAs("quan-tri-hai", "admin", "all", 360)
	v.open("cases")
	today := time.Now().In(bizday.Vietnam).Format("02/01/2006")
	for content, parts := range map[string][]string{
		"first": {"30.000 đ", "A04", "đã ghi sổ", today},
		"later": {"41.000 đ", "A05", "chưa ghi sổ", today},
	} {
		for _, part := range parts {
			v.expectText(`[data-case=conflict] [data-content=`+content+`]`, part)
		}
	}
	v.checkScreen("case-conflict")
	v.resolves("conflict", "assign", "hai khoản khác nhau")
	v.open("cases?state=proposed")
	v.expectText(`[data-proposal=assign]`, "A05")
	_, list := v.expectQuestion("GET", "/api/v1/cases?state=proposed", nil)
	one, _ := list.Items()[0].(map[string]any)
	v.CallAs(v.admin, "POST", "/api/v1/cases/"+object(one).Text("id")+"/resolve", object{
		"action": "assign",
		"reason": "đúng sạp",
	}, 200)
	if paid := v.CallAs(v.admin, "GET", "/api/v1/stalls/"+o.stall("BANGOI", 4).Text("id")+"/payments", nil,
		200).Items(); len(paid) == 0 || object(paid[0].(map[string]any)).Text("amount") != "41000" {
		v.T.Errorf("the later content's stall has %v", paid)
	}

	v.until(
		`fetch('/api/v1/cases?state=open').then((r) => r.json()).then((l) => { window.kinds = l.items.map((c) => c.kind).join(); }) && window.kinds?.includes('retry_failed')`,
	)
	v.open("cases?state=open")
	v.expectText(`[data-case=retry_failed] h2`, "Chưa ghi được vào sổ")
	v.expectText(`[data-case=retry_failed] [data-cause]`, "Dữ liệu trái với một quy tắc của sổ")
	v.until(
		`document.querySelector('[data-case=retry_failed] details:not([open]) [lang=en]').textContent.includes('SQLSTATE 23514')`,
	)
	v.checkScreen("case-retry")
	v.click(`[data-case=retry_failed] button`)
	v.press("Thử lại")
	v.expectText(`[data-case=retry_failed] [role=alert]`, "Thử lại chưa được")
	program.Execute(o.T, database, `ALTER TABLE payments DROP CONSTRAINT trap`)
	v.press("Thử lại")
	v.until(`document.querySelector('[data-case=retry_failed] form') === null`)
	if paid := v.CallAs(v.admin, "GET", "/api/v1/stalls/"+o.stall("BANGOI", 5).Text("id")+"/payments", nil,
		200).Items(); len(paid) == 0 || object(paid[0].(map[string]any)).Text("amount") != "66000" {
		v.T.Errorf("after the retry the stall has %v", paid)
	}
	v.open("cases?state=dismissed")
	v.expectText(`[data-case=retry_failed] button`, "Mở lại hồ sơ")
	return v
}

// resolves decides about the case of a kind.
func (v *official) resolves(kind, action, reason string) {
	v.T.Helper()
	v.click(`[data-case=` + kind + `] button`)
	v.choose(`[data-case=`+kind+`] [name=action]`, action)
	v.write(`[name=reason]`, reason)
	v.press("Ghi")
	v.until(`document.querySelector('[data-case=` + kind + `] form') === null`)
}
