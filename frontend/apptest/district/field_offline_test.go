package district_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
	"market40/merchants/vietqr"
)

// TestATeamsDayWithoutANetwork: a team comes in, loses the network, opens the app anew, records a
// visit, and sends it when the network is back.
func TestATeamsDayWithoutANetwork(t *testing.T) {
	t.Parallel()
	s := program.OpenShop(t)
	market := s.CallAs(s.Admin, "GET", "/api/v1/stalls/"+s.Stall, nil, 200).Text("market_id")
	code := s.CallAs(s.Admin, "GET", "/api/v1/markets/"+market, nil, 200).Text("code")
	order := object{
		"login": "lan", "full_name": "Lan", "role": "team",
		"scopes": []any{object{"scope": "market:" + code}},
	}
	enrolment, _ := s.CallAs(s.Admin, "POST", "/api/v1/users", order, 201)["enrolment"].(map[string]any)
	line := program.NewNetwork(t, strings.TrimPrefix(s.Address, "http://"))
	v := &apptest.Visitor{T: t, Tab: apptest.Browse(t, 360), At: "http://" + line.Listener.Addr().String(), Width: 360}
	v.Do(chromedp.Navigate(v.At+"/sign-in?next=/district/"), chromedp.WaitVisible(`#password`))
	v.Do(
		chromedp.SendKeys(`[name=login]`, "lan"),
		chromedp.SendKeys(`[name=password]`, object(enrolment).Text("password")),
		chromedp.Click(`#password button`),
	)
	v.WaitMessage("Cần mã xác thực")
	v.Do(chromedp.SendKeys(`#password [name=code]`, v.Code(object(enrolment).Text("totp_secret"), 0)),
		chromedp.Click(`#password button`))
	apptest.Until(t, v.Tab, `location.pathname === '/district/'`)
	v.Do(chromedp.Navigate(v.At + "/district/#/field/visit"))
	apptest.Until(
		t,
		v.Tab,
		`document.querySelector('form.card h2')?.textContent === 'Lượt hỗ trợ' && navigator.serviceWorker.controller !== null`,
	)

	line.Cut(true)
	v.Do(chromedp.Reload())
	apptest.Until(t, v.Tab, `document.body.textContent.includes('Không có mạng')`)
	v.Do(chromedp.SendKeys(`.pick input`, "a-12"), chromedp.Click(`.pick li button`),
		chromedp.Click(`input[value=helped]`), chromedp.Click(`form.card > button`))
	apptest.Until(t, v.Tab, `document.body.textContent.includes('Chờ gửi: 1')`)
	apptest.CheckFits(t, v.Tab, "field-offline-360")
	apptest.CheckAccessible(t, v.Tab, "field offline")
	v.Do(chromedp.Reload())
	apptest.Until(t, v.Tab, `document.body.textContent.includes('Chờ gửi: 1')`) // it survives that the app is closed
	_, payload := s.Get("/q/" + s.Code + ".txt")
	picture, err := vietqr.PNG(strings.TrimSpace(payload), 6)
	must(t, err)
	sticker := filepath.Join(t.TempDir(), "tem.png")
	must(t, os.WriteFile(sticker, picture, 0o600))
	_, err = chromedp.Run(v.Tab, chromedp.Evaluate[string](`location.hash = '#/field/check'`))
	must(t, err)
	apptest.Until(t, v.Tab, `document.querySelector('.card input[type=file]') !== null`)
	v.Do(chromedp.SendKeys(`.pick input`, "a-12"), chromedp.Click(`.pick li button`),
		chromedp.SetUploadFiles(`.card input[type=file]`, []string{sticker}))
	apptest.Until(
		t,
		v.Tab,
		`document.body.textContent.includes('Chờ gửi: 2') && document.body.textContent.includes('lần quét sạp A-12 đã được giữ')`,
	)
	_, err = chromedp.Run(v.Tab, chromedp.Evaluate[string](`location.hash = '#/field/visit'`))
	must(t, err)

	back := time.Now()
	line.Cut(false)
	apptest.Until(t, v.Tab, `(dispatchEvent(new Event('online')), document.body.textContent.includes('Đã gửi hết'))`)
	if visits := s.CallAs(s.Admin, "GET", "/api/v1/markets/"+market+"/visits", nil, 200).Items(); len(visits) != 1 {
		t.Errorf("%d visits came", len(visits))
	}
	if checks := s.CallAs(s.Admin, "GET", "/api/v1/stalls/"+s.Stall+"/checks", nil, 200).Items(); len(checks) != 1 {
		t.Errorf("%d scans came", len(checks))
	} else if at, err := time.Parse(time.RFC3339, object(checks[0].(map[string]any)).Text("checked_at")); err != nil ||
		!at.Before(back) {
		t.Errorf("the scan is of %v, though it was made before %v (%v)", at, back, err)
	}
	v.Do(chromedp.Reload())
	apptest.Until(
		t,
		v.Tab,
		`document.querySelector('form.card h2')?.textContent === 'Lượt hỗ trợ' && !document.body.textContent.includes('Không có mạng')`,
	)
	for _, form := range []string{
		"visit", "check", "share", "training", "count", "survey", "refusal", "incident",
		"lists",
	} {
		v.Do(chromedp.Navigate(fmt.Sprintf("%s/district/#/field/%s", v.At, form)))
		apptest.Until(t, v.Tab, fmt.Sprintf(
			`document.querySelector('.forms a[aria-current]')?.hash.startsWith('#/field/%s') && document.querySelector('.card h2') !== null`,
			form,
		))
		apptest.CheckFits(t, v.Tab, "field-"+form+"-360")
		apptest.CheckAccessible(t, v.Tab, form)
	}
}
