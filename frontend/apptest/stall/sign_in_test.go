package stall_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

const sameOrigin = "same-origin"

// TestAMerchantComesIn signs in to a demo by the code on its terminal, and by an invitation in a
// real browser.
func TestAMerchantComesIn(t *testing.T) {
	t.Parallel()
	s := program.Serve(
		t,
		[]string{"DATABASE_URL=" + program.DemoURL(t), "SECRET_KEY=" + program.SecretKey(1)},
		"--demo",
	)
	phone := object{"phone": "+84 900 000 001"}
	if res, o := s.Visit("POST", "/api/v1/phone-codes", phone, "Sec-Fetch-Site", "cross-site"); res.StatusCode != 403 ||
		o.Text("code") != "cross_origin" {
		t.Errorf("a code for another site: %d %v", res.StatusCode, o)
	}
	if res, o := s.Visit("POST", "/api/v1/phone-codes", phone, "Sec-Fetch-Site", sameOrigin); res.StatusCode != 202 {
		t.Fatalf("asking for a code: %d %v", res.StatusCode, o)
	}
	var code []string
	for code == nil && s.Out.Scan() {
		code = regexp.MustCompile(`^demo: SMS to •••001: .*@localhost #(\d{6})$`).FindStringSubmatch(s.Out.Text())
	}
	res, o := s.Visit("POST", "/api/v1/phone-sessions", object{"phone": "0900000001", "code": code[1]},
		"Sec-Fetch-Site", sameOrigin)
	if res.StatusCode != 201 || len(res.Cookies()) != 2 || o.Text("method") != "phone" {
		t.Fatalf("signing in: %d %v, cookies %v", res.StatusCode, o, res.Cookies())
	}
	if c := res.Cookies()[0]; c.Name != "__Host-m40" || c.MaxAge != 180*24*3600 {
		t.Errorf("the cookie is %s", c.Raw)
	}
	mine := []string{"Cookie", "__Host-m40=" + res.Cookies()[0].Value}
	if _, me := s.Visit("GET", "/api/v1/me", nil, mine...); me.Text("role") != "merchant" ||
		me.Text("scope_kind") != "merchant" {
		t.Errorf("I am %v", me)
	}

	admin := "Bearer " + program.DemoKeys(t, s)["admin"]
	listed, _ := s.CallAs(admin, "GET", "/api/v1/codes?state=current&limit=1", nil, 200).Items()[0].(map[string]any)
	invitations := "/api/v1/stalls/" + object(listed).Text("stall_id") + "/invitations"
	made := s.CallAs(admin, "POST", invitations, nil, 201)
	if !strings.HasPrefix(made.Text("url"), s.Address+"/i/") {
		t.Fatalf("the invitation leads to %s", made.Text("url"))
	}
	for _, width := range []int64{360, 1440} {
		tab := apptest.Browse(t, width)
		must(t, chromedp.Do(tab, chromedp.Navigate(s.Address+made.Text("card"))))
		apptest.CheckFits(t, tab, "invitation-card")
		apptest.CheckAccessible(t, tab, "invitation card")
		must(t, chromedp.Do(tab, chromedp.Navigate(made.Text("url"))))
		apptest.CheckFits(t, tab, "invitation")
		apptest.CheckAccessible(t, tab, "invitation")
		if width == 360 {
			continue
		}
		must(t, chromedp.Do(tab, chromedp.Click("button")))
		text, err := chromedp.Run(tab, chromedp.Text(".good"))
		must(t, err)
		if !strings.Contains(text, "đã vào sạp") {
			t.Errorf("after the button the page says %q", text)
		}
		must(t, chromedp.Do(tab, chromedp.Navigate(s.Address+"/api/v1/me")))
		me, err := chromedp.Run(tab, chromedp.Text("body"))
		must(t, err)
		if !strings.Contains(me, `"role":"merchant"`) {
			t.Errorf("the browser is %s", me)
		}
	}
	token := strings.TrimPrefix(made.Text("url"), s.Address+"/i/")
	s.Stop()
	if said := s.Log.String(); strings.Contains(said, token) || strings.Contains(said, code[1]) {
		t.Errorf("the log contains a secret: %s", said)
	}
}

// TestAMerchantSignsInOnThePage requests a code on the page, mistypes it, and then signs in.
func TestAMerchantSignsInOnThePage(t *testing.T) {
	t.Parallel()
	s := program.Serve(
		t,
		[]string{"DATABASE_URL=" + program.DemoURL(t), "SECRET_KEY=" + program.SecretKey(1)},
		"--demo",
	)
	v := &apptest.Visitor{T: t, Tab: apptest.Browse(t, 360), At: s.Address, Width: 360}
	v.Do(chromedp.Navigate(v.At+"/sign-in"), chromedp.WaitVisible(`#phone`), chromedp.SendKeys(`[name=phone]`, "12345"),
		chromedp.Click(`#phone button`))
	v.WaitMessage("chưa đúng")
	v.Do(chromedp.SetValue(`[name=phone]`, "0900 000 001"), chromedp.Click(`#phone button`))
	v.WaitMessage("mã sẽ đến")
	var code []string
	for code == nil && s.Out.Scan() {
		code = regexp.MustCompile(`^demo: SMS to •••001: .*#(\d{6})$`).FindStringSubmatch(s.Out.Text())
	}
	wrong := "000000"
	if code[1] == wrong {
		wrong = "111111"
	}
	v.Do(chromedp.SendKeys(`#phone [name=code]`, wrong), chromedp.Click(`#phone button`))
	v.WaitMessage("không đúng")
	apptest.CheckFits(t, v.Tab, "sign-in-code")
	apptest.CheckAccessible(t, v.Tab, "sign-in by code")
	v.Do(chromedp.SendKeys(`#phone [name=code]`, code[1]), chromedp.Click(`#phone button`))
	apptest.Until(t, v.Tab, `location.pathname === '/stall/' && document.querySelector('nav') !== null`)
}

// TestMessagesNeedASender is a server that is no demo: without a gateway it says so, with one it
// uses it.
func TestMessagesNeedASender(t *testing.T) {
	t.Parallel()
	env := []string{
		"DATABASE_URL=" + dbtest.URL(t),
		"SECRET_KEY=" + program.SecretKey(1),
		"PUBLIC_URL=https://cho.example.vn",
	}
	s := program.Serve(t, env)
	if res, o := s.Visit("POST", "/api/v1/phone-codes", object{"phone": "0905000001"}); res.StatusCode != 503 ||
		o.Text("code") != "no_sender" || !strings.Contains(o.Text("detail"), "mã mời") {
		t.Errorf("without a gateway: %d %v", res.StatusCode, o)
	}
	admin := "Bearer " + strings.TrimSpace(
		program.Want(t, 0, env, "apikeys", "create", "--role", "admin", "--name", "x").Out,
	)
	market := s.CallAs(admin, "POST", "/api/v1/markets", object{
		"code": "CHODAM", "name": "Chợ Đầm", "class": 1,
		"kind": "dan_sinh", "commune_code": "22366",
	}, 201).Text("id")
	s.CallAs(admin, "POST", "/api/v1/markets/"+market+"/stalls", object{
		"number": "A-1", "kind": "stall", "goods_group": "rau", "merchant": object{
			"full_name": "Nguyễn Thị Lan",
			"phone":     "0905000001",
		},
	}, 201)
	s.Stop()

	var mu sync.Mutex
	var taken []object
	gateway := httptest.NewServer(http.HandlerFunc(func(res http.ResponseWriter, req *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		var o object
		if json.NewDecoder(req.Body).Decode(&o) == nil && req.Header.Get("Authorization") == "Bearer s3cret" {
			taken = append(taken, o)
		}
	}))
	defer gateway.Close()
	file := filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(file, []byte("s3cret\n"), 0o600))
	s = program.Serve(t, append(env, "OUTGOING_ALLOW=127.0.0.1", "SMS_GATEWAY_URL="+gateway.URL+"/sms",
		"SMS_GATEWAY_TOKEN_FILE="+file))
	for _, phone := range []string{"0905000001", "0905000002"} {
		if res, o := s.Visit("POST", "/api/v1/phone-codes", object{"phone": phone}); res.StatusCode != 202 {
			t.Errorf("with a gateway: %d %v", res.StatusCode, o)
		}
	}
	s.Stop() // a message that was promised is sent before the end
	if len(taken) != 1 || taken[0].Text("to") != "+84905000001" ||
		!regexp.MustCompile(`\n\n@cho\.example\.vn #\d{6}$`).MatchString(taken[0].Text("text")) ||
		taken[0].Text("id") == "" {
		t.Errorf("the gateway was given %v", taken)
	}
	if said := s.Log.String(); strings.Contains(said, "0905") || strings.Contains(said, "s3cret") {
		t.Errorf("the log contains a phone or the token: %s", said)
	}
	for setting, value := range map[string]string{
		"SMS_GATEWAY_URL":        "http://sms.example.vn/",
		"SMS_GATEWAY_TOKEN_FILE": file,
	} {
		if a := program.Want(t, 2, append(env, setting+"="+value), "serve"); !strings.Contains(a.Err, setting) {
			t.Errorf("%s=%s: %s", setting, value, a.Err)
		}
	}
}

// TestWhoSharesAPhoneChooses signs in by a phone that two owners share: the message comes once,
// whoever types it says who they are, and sees their own stall alone.
func TestWhoSharesAPhoneChooses(t *testing.T) {
	t.Parallel()
	codes := make(chan string, 4)
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		var sent object
		if json.NewDecoder(req.Body).Decode(&sent) == nil {
			codes <- sent.Text("text")
		}
	}))
	defer gateway.Close()
	file := filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(file, []byte("s3cret\n"), 0o600))
	s := program.OpenShop(
		t,
		"OUTGOING_ALLOW=127.0.0.1",
		"SMS_GATEWAY_URL="+gateway.URL+"/sms",
		"SMS_GATEWAY_TOKEN_FILE="+file,
	)
	s.CallAs(s.Admin, "POST", "/api/v1/markets/"+s.Market+"/stalls", object{
		"number": "B-7", "kind": "stall", "goods_group": "rau", "merchant": object{
			"full_name": "Lê Văn Sáu",
			"phone":     "0905000001", "known_phone": "another_person",
		}, "account": program.SecondAccount,
	}, 201)
	v := &apptest.Visitor{T: t, Tab: apptest.Browse(t, 320), At: s.Address, Width: 320}
	v.Do(chromedp.Navigate(v.At+"/sign-in"), chromedp.WaitVisible(`#phone`), chromedp.SendKeys(`[name=phone]`,
		"+84 (0)905 000 001"), chromedp.Click(`#phone button`))
	v.WaitMessage("mã sẽ đến")
	var text string
	select {
	case text = <-codes:
	case <-time.After(program.Patience):
		t.Fatal("no message was sent")
	}
	code := regexp.MustCompile(`\b\d{6}\b`).FindString(text)
	v.Do(chromedp.SendKeys(`#phone [name=code]`, code), chromedp.Click(`#phone button`))
	v.WaitMessage("Nhiều người dùng chung số này")
	apptest.Until(
		t,
		v.Tab,
		`[...document.querySelectorAll('#people label')].map((l) => l.textContent.trim()).join('|') === 'Nguyễn Thị Lan – Sạp A-12, Chợ Đầm|Lê Văn Sáu – Sạp B-7, Chợ Đầm'`,
	)
	apptest.CheckFits(t, v.Tab, "sign-in-shared-phone")
	apptest.CheckAccessible(t, v.Tab, "sign-in by a shared phone")
	apptest.Until(t, v.Tab, `(document.querySelectorAll('#people input')[1].click(), true)`)
	v.Do(chromedp.Click(`#phone button`))
	apptest.Until(
		t,
		v.Tab,
		`location.pathname === '/stall/' && document.querySelector('h1')?.textContent.includes('B-7')`,
	)
	apptest.Until(
		t,
		v.Tab,
		`fetch('/api/v1/codes').then((r) => r.json()).then((l) => { window.mine = l.items.map((c) => c.stall_number).join(); }) && window.mine === 'B-7'`,
	)
}
