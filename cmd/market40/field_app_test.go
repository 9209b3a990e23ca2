package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"market40/merchants/vietqr"
)

// TestATeamsDayWithoutANetwork: a team comes in, loses the network, opens the app anew, records a
// visit, and sends it when the network is back.
func TestATeamsDayWithoutANetwork(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	market := s.ask(s.admin, "GET", "/api/v1/stalls/"+s.stall, nil, 200).text("market_id")
	code := s.ask(s.admin, "GET", "/api/v1/markets/"+market, nil, 200).text("code")
	order := object{
		"login": "lan", "full_name": "Lan", "role": "team",
		"scopes": []any{object{"scope": "market:" + code}},
	}
	told, _ := s.ask(s.admin, "POST", "/api/v1/users", order, 201)["enrolment"].(map[string]any)
	line := newWire(t, strings.TrimPrefix(s.address, "http://"))
	v := &visitor{t: t, tab: browse(t, 360), at: "http://" + line.listener.Addr().String(), width: 360}
	v.do(chromedp.Navigate(v.at+"/sign-in?next=/district/"), chromedp.WaitVisible(`#password`))
	v.do(chromedp.SendKeys(`[name=login]`, "lan"), chromedp.SendKeys(`[name=password]`, object(told).text("password")),
		chromedp.Click(`#password button`))
	v.says("Cần mã xác thực")
	v.do(chromedp.SendKeys(`#password [name=code]`, v.code(object(told).text("totp_secret"), 0)),
		chromedp.Click(`#password button`))
	until(t, v.tab, `location.pathname === '/district/'`)
	v.do(chromedp.Navigate(v.at + "/district/#/field/visit"))
	until(
		t,
		v.tab,
		`document.querySelector('form.card h2')?.textContent === 'Lượt hỗ trợ' && navigator.serviceWorker.controller !== null`,
	)

	line.set(true)
	v.do(chromedp.Reload())
	until(t, v.tab, `document.body.textContent.includes('Không có mạng')`)
	v.do(chromedp.SendKeys(`.pick input`, "a-12"), chromedp.Click(`.pick li button`),
		chromedp.Click(`input[value=helped]`), chromedp.Click(`form.card > button`))
	until(t, v.tab, `document.body.textContent.includes('Chờ gửi: 1')`)
	fits(t, v.tab, "field-offline-360")
	clean(t, v.tab, "field offline")
	v.do(chromedp.Reload())
	until(t, v.tab, `document.body.textContent.includes('Chờ gửi: 1')`) // it survives that the app is closed
	_, payload := s.get("/q/" + s.code + ".txt")
	picture, err := vietqr.PNG(strings.TrimSpace(payload), 6)
	must(t, err)
	sticker := filepath.Join(t.TempDir(), "tem.png")
	must(t, os.WriteFile(sticker, picture, 0o600))
	_, err = chromedp.Run(v.tab, chromedp.Evaluate[string](`location.hash = '#/field/check'`))
	must(t, err)
	until(t, v.tab, `document.querySelector('.card input[type=file]') !== null`)
	v.do(chromedp.SendKeys(`.pick input`, "a-12"), chromedp.Click(`.pick li button`),
		chromedp.SetUploadFiles(`.card input[type=file]`, []string{sticker}))
	until(
		t,
		v.tab,
		`document.body.textContent.includes('Chờ gửi: 2') && document.body.textContent.includes('lần quét sạp A-12 đã được giữ')`,
	)
	_, err = chromedp.Run(v.tab, chromedp.Evaluate[string](`location.hash = '#/field/visit'`))
	must(t, err)

	back := time.Now()
	line.set(false)
	until(t, v.tab, `(dispatchEvent(new Event('online')), document.body.textContent.includes('Đã gửi hết'))`)
	if visits := s.ask(s.admin, "GET", "/api/v1/markets/"+market+"/visits", nil, 200).items(); len(visits) != 1 {
		t.Errorf("%d visits came", len(visits))
	}
	if checks := s.ask(s.admin, "GET", "/api/v1/stalls/"+s.stall+"/checks", nil, 200).items(); len(checks) != 1 {
		t.Errorf("%d scans came", len(checks))
	} else if at, err := time.Parse(time.RFC3339, object(checks[0].(map[string]any)).text("checked_at")); err != nil ||
		!at.Before(back) {
		t.Errorf("the scan is of %v, though it was made before %v (%v)", at, back, err)
	}
	v.do(chromedp.Reload())
	until(
		t,
		v.tab,
		`document.querySelector('form.card h2')?.textContent === 'Lượt hỗ trợ' && !document.body.textContent.includes('Không có mạng')`,
	)
	for _, form := range []string{
		"visit", "check", "share", "training", "count", "survey", "refusal", "incident",
		"lists",
	} {
		v.do(chromedp.Navigate(fmt.Sprintf("%s/district/#/field/%s", v.at, form)))
		until(t, v.tab, fmt.Sprintf(
			`document.querySelector('.forms a[aria-current]')?.hash.startsWith('#/field/%s') && document.querySelector('.card h2') !== null`,
			form,
		))
		fits(t, v.tab, "field-"+form+"-360")
		clean(t, v.tab, form)
	}
}
