package district_test

import (
	"fmt"
	"time"

	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
	"market40/merchants/platform/bizday"
)

// theField: every form of the field is filled in on a phone and sent; the server has each fact
// once.
func theField(o *office) {
	v := o.seatAs("quan-tri", "admin", "", 360)
	v.open("field/visit?market=" + o.markets["BANGOI"])
	v.until(`document.querySelector('form.card') !== null || document.querySelector('.head select') !== null`)
	v.choose(`.head select`, o.markets["BANGOI"])
	at := "/api/v1/markets/" + o.markets["BANGOI"]
	written := func(daysAgo int) string {
		return time.Now().In(bizday.Vietnam).AddDate(0, 0, -daysAgo).Format("02/01/2006")
	}
	for _, form := range []struct {
		name, list string
		fill       func()
	}{
		{"visit", at + "/visits", func() { v.stallAt("a04") }},
		{"share", at + "/declared-shares", func() {
			v.stallAt("a04")
			v.fill("Khách chuyển khoản", "4")
		}},
		{"training", at + "/trainings", func() {
			v.fill("Nội dung", "Nhận tiền bằng mã QR")
			v.fill("Người hướng dẫn", "Tổ công nghệ số")
		}},
		{"survey", "", func() {}},
		{"refusal", at + "/refusals", func() { v.stallAt("a05") }},
		{"incident", at + "/incidents", func() {}},
		{"fee", at + "/fees", func() {
			v.fill("Đã thu", "11 500 000 đ")
			v.fill("Trong đó qua chuyển khoản", " 4,000,000 ")
			v.refusesAmounts("Phải thu")
			v.fill("Phải thu", "12\u00a0000\u00a0000") // pasted
		}},
		{"cost", "/api/v1/campaigns/CHO40/costs", func() {
			v.choose(`form.card select`, o.markets["BANGOI"])
			v.refusesAmounts("Số tiền")
			v.fill("Số tiền", "3.500.000")
		}},
	} {
		v.open("field/" + form.name)
		v.until(
			fmt.Sprintf(
				`document.querySelector('.forms a[aria-current]')?.hash.startsWith('#/field/%s') && document.querySelector('form.card') !== null`,
				form.name,
			),
		)
		before := 0
		if form.list != "" {
			before = len(o.CallAs(o.admin, "GET", form.list, nil, 200).Items())
		}
		v.firsts()
		form.fill()
		v.press("Ghi lại")
		v.expectText(`form.card .note.good`, "Đã ghi (1).")
		v.sent()
		if form.list == "" {
			continue
		}
		came := func() int { return len(o.CallAs(o.admin, "GET", form.list, nil, 200).Items()) - before }
		for until := time.Now().Add(program.Patience); came() == 0 && time.Now().Before(until); {
			v.sent()
		}
		if n := came(); n != 1 {
			v.T.Errorf("%s: %d facts came", form.name, n)
		}
	}

	v.open("field/training")
	v.until(`document.querySelectorAll('form.card').length === 2`)
	v.pick(`form.card:nth-of-type(2) select`, written(0))
	v.stallAt("a04")
	v.click(`form.card:nth-of-type(2) > button`)
	v.sent()

	v.open("field/count")
	v.fill("Từ ngày", written(5)) // the kit looks back a week
	v.fill("Đến ngày", written(1))
	v.fill("Số nửa giờ mỗi khung", "0")
	v.press("Rút thăm")
	v.until(`document.querySelector('form.card :invalid') !== null`)
	v.fill("Số nửa giờ mỗi khung", "2")
	v.fill("Khung giờ mỗi ngày", "9-5")
	v.press("Rút thăm")
	v.expectText(`form.card .note.bad`, "giờ đầu trước giờ cuối")
	v.fill("Khung giờ mỗi ngày", "5-9, 15-18")
	v.press("Rút thăm")
	v.expectText(`form.card .note.good`, "Đã rút 4 nửa giờ")
	v.until(`document.querySelectorAll('form.card select option').length >= 5`)
	v.until(
		`(() => { const e = document.querySelector('form.card select'); e.value = e.options[1].value; e.dispatchEvent(new Event('change', { bubbles: true })); return e.value !== ''; })()`,
	)
	v.fill("Tổng lượt bán", "20")
	v.fill("Lượt không dùng tiền mặt", "8")
	v.fill("Tiền không dùng tiền mặt", "45.000")
	v.refusesAmounts("Tổng tiền")
	v.fill("Tổng tiền", "45 000")
	v.press("Ghi lại")
	v.until(`document.querySelector('form.card select').value === ''`) // it is on the phone
	v.sent()
	v.do(chromedp.Reload())
	v.expectText(`.card p`, "Lượt không dùng tiền mặt: 40,0 %")
}

// stallAt picks a stall of the field's list.
func (v *official) stallAt(number string) {
	v.T.Helper()
	v.write(`.pick input:not([readonly])`, number)
	v.click(`.pick li button`)
}

// fill types into the field that has a label with some first words.
func (v *official) fill(label, text string) {
	v.T.Helper()
	v.until(
		fmt.Sprintf(
			`(() => { const e = [...document.querySelectorAll('main label')].find((l) => l.textContent.trim().startsWith(%q))?.querySelector('input, textarea'); if (!e) return false; e.value = %q; e.dispatchEvent(new Event('input', { bubbles: true })); e.dispatchEvent(new Event('change', { bubbles: true })); return true; })()`,
			label,
			text,
		),
	)
}

// refusesAmounts checks that the form refuses them in one of its fields.
func (v *official) refusesAmounts(label string) {
	v.T.Helper()
	for _, text := range apptest.AmbiguousAmounts {
		v.fill(label, text)
		v.press("Ghi lại")
		v.expectText(`form.card .note.bad`, "“"+text+"” chưa phải số tiền")
	}
}

// firsts chooses the first of each choice.
func (v *official) firsts() {
	v.T.Helper()
	v.until(
		`(() => { for (const f of document.querySelectorAll('form.card fieldset')) f.querySelector('input[type=radio]')?.click(); return true; })()`,
	)
}

// sent waits until nothing waits on the phone, and nothing was refused.
func (v *official) sent() {
	v.T.Helper()
	v.until(`document.body.textContent.includes('Đã gửi hết')`)
	v.until(`!document.body.textContent.includes('mục không được nhận')`)
}
