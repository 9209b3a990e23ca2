package main_test

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

	"market40/migrations/database/dbtest"
)

const sameOrigin = "same-origin"

// TestAMerchantComesIn signs in to a demo by the code on its terminal, and by an invitation in a
// real browser.
func TestAMerchantComesIn(t *testing.T) {
	t.Parallel()
	s := serve(t, []string{"DATABASE_URL=" + demoURL(t), "SECRET_KEY=" + someSecret(1)}, "--demo")
	phone := object{"phone": "+84 900 000 001"}
	if res, o := s.visit("POST", "/api/v1/phone-codes", phone, "Sec-Fetch-Site", "cross-site"); res.StatusCode != 403 ||
		o.text("code") != "cross_origin" {
		t.Errorf("a code for another site: %d %v", res.StatusCode, o)
	}
	if res, o := s.visit("POST", "/api/v1/phone-codes", phone, "Sec-Fetch-Site", sameOrigin); res.StatusCode != 202 {
		t.Fatalf("asking for a code: %d %v", res.StatusCode, o)
	}
	var code []string
	for code == nil && s.out.Scan() {
		code = regexp.MustCompile(`^demo: SMS to •••001: .*@localhost #(\d{6})$`).FindStringSubmatch(s.out.Text())
	}
	res, o := s.visit("POST", "/api/v1/phone-sessions", object{"phone": "0900000001", "code": code[1]},
		"Sec-Fetch-Site", sameOrigin)
	if res.StatusCode != 201 || len(res.Cookies()) != 2 || o.text("method") != "phone" {
		t.Fatalf("signing in: %d %v, cookies %v", res.StatusCode, o, res.Cookies())
	}
	if c := res.Cookies()[0]; c.Name != "__Host-m40" || c.MaxAge != 180*24*3600 {
		t.Errorf("the cookie is %s", c.Raw)
	}
	mine := []string{"Cookie", "__Host-m40=" + res.Cookies()[0].Value}
	if _, me := s.visit("GET", "/api/v1/me", nil, mine...); me.text("role") != "merchant" ||
		me.text("scope_kind") != "merchant" {
		t.Errorf("I am %v", me)
	}

	admin := "Bearer " + demoKeys(t, s)["admin"]
	listed, _ := s.ask(admin, "GET", "/api/v1/codes?state=current&limit=1", nil, 200).items()[0].(map[string]any)
	invitations := "/api/v1/stalls/" + object(listed).text("stall_id") + "/invitations"
	made := s.ask(admin, "POST", invitations, nil, 201)
	if !strings.HasPrefix(made.text("url"), s.address+"/i/") {
		t.Fatalf("the invitation leads to %s", made.text("url"))
	}
	for _, width := range []int64{360, 1440} {
		tab := browse(t, width)
		must(t, chromedp.Do(tab, chromedp.Navigate(s.address+made.text("card"))))
		fits(t, tab, "invitation-card")
		clean(t, tab, "invitation card")
		must(t, chromedp.Do(tab, chromedp.Navigate(made.text("url"))))
		fits(t, tab, "invitation")
		clean(t, tab, "invitation")
		if width == 360 {
			continue
		}
		must(t, chromedp.Do(tab, chromedp.Click("button")))
		text, err := chromedp.Run(tab, chromedp.Text(".good"))
		must(t, err)
		if !strings.Contains(text, "đã vào sạp") {
			t.Errorf("after the button the page says %q", text)
		}
		must(t, chromedp.Do(tab, chromedp.Navigate(s.address+"/api/v1/me")))
		me, err := chromedp.Run(tab, chromedp.Text("body"))
		must(t, err)
		if !strings.Contains(me, `"role":"merchant"`) {
			t.Errorf("the browser is %s", me)
		}
	}
	token := strings.TrimPrefix(made.text("url"), s.address+"/i/")
	s.stop()
	if said := s.said.String(); strings.Contains(said, token) || strings.Contains(said, code[1]) {
		t.Errorf("the log tells a secret: %s", said)
	}
}

// TestAMerchantSignsInOnThePage asks for a code at the page, mistypes it, and comes in.
func TestAMerchantSignsInOnThePage(t *testing.T) {
	t.Parallel()
	s := serve(t, []string{"DATABASE_URL=" + demoURL(t), "SECRET_KEY=" + someSecret(1)}, "--demo")
	v := &visitor{t: t, tab: browse(t, 360), at: s.address, width: 360}
	v.do(chromedp.Navigate(v.at+"/sign-in"), chromedp.WaitVisible(`#phone`), chromedp.SendKeys(`[name=phone]`, "12345"),
		chromedp.Click(`#phone button`))
	v.says("chưa đúng")
	v.do(chromedp.SetValue(`[name=phone]`, "0900 000 001"), chromedp.Click(`#phone button`))
	v.says("mã sẽ đến")
	var code []string
	for code == nil && s.out.Scan() {
		code = regexp.MustCompile(`^demo: SMS to •••001: .*#(\d{6})$`).FindStringSubmatch(s.out.Text())
	}
	wrong := "000000"
	if code[1] == wrong {
		wrong = "111111"
	}
	v.do(chromedp.SendKeys(`#phone [name=code]`, wrong), chromedp.Click(`#phone button`))
	v.says("không đúng")
	fits(t, v.tab, "sign-in-code")
	clean(t, v.tab, "sign-in by code")
	v.do(chromedp.SendKeys(`#phone [name=code]`, code[1]), chromedp.Click(`#phone button`))
	until(t, v.tab, `location.pathname === '/stall/' && document.querySelector('nav') !== null`)
}

// TestMessagesNeedASender is a server that is no demo: without a gateway it says so, with one it
// uses it.
func TestMessagesNeedASender(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + someSecret(1), "PUBLIC_URL=https://cho.example.vn"}
	s := serve(t, env)
	if res, o := s.visit("POST", "/api/v1/phone-codes", object{"phone": "0905000001"}); res.StatusCode != 503 ||
		o.text("code") != "no_sender" || !strings.Contains(o.text("detail"), "mã mời") {
		t.Errorf("without a gateway: %d %v", res.StatusCode, o)
	}
	admin := "Bearer " + strings.TrimSpace(want(t, 0, env, "apikeys", "create", "--role", "admin", "--name", "x").out)
	market := s.ask(admin, "POST", "/api/v1/markets", object{
		"code": "CHODAM", "name": "Chợ Đầm", "class": 1,
		"kind": "dan_sinh", "commune_code": "22366",
	}, 201).text("id")
	s.ask(admin, "POST", "/api/v1/markets/"+market+"/stalls", object{
		"number": "A-1", "kind": "stall", "goods_group": "rau", "merchant": object{
			"full_name": "Nguyễn Thị Lan",
			"phone":     "0905000001",
		},
	}, 201)
	s.stop()

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
	s = serve(t, append(env, "OUTGOING_ALLOW=127.0.0.1", "SMS_GATEWAY_URL="+gateway.URL+"/sms",
		"SMS_GATEWAY_TOKEN_FILE="+file))
	for _, phone := range []string{"0905000001", "0905000002"} {
		if res, o := s.visit("POST", "/api/v1/phone-codes", object{"phone": phone}); res.StatusCode != 202 {
			t.Errorf("with a gateway: %d %v", res.StatusCode, o)
		}
	}
	s.stop() // a message that was promised is sent before the end
	if len(taken) != 1 || taken[0].text("to") != "+84905000001" ||
		!regexp.MustCompile(`\n\n@cho\.example\.vn #\d{6}$`).MatchString(taken[0].text("text")) ||
		taken[0].text("id") == "" {
		t.Errorf("the gateway was given %v", taken)
	}
	if said := s.said.String(); strings.Contains(said, "0905") || strings.Contains(said, "s3cret") {
		t.Errorf("the log tells a phone or the token: %s", said)
	}
	for setting, value := range map[string]string{
		"SMS_GATEWAY_URL":        "http://sms.example.vn/",
		"SMS_GATEWAY_TOKEN_FILE": file,
	} {
		if a := want(t, 2, append(env, setting+"="+value), "serve"); !strings.Contains(a.err, setting) {
			t.Errorf("%s=%s: %s", setting, value, a.err)
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
			codes <- sent.text("text")
		}
	}))
	defer gateway.Close()
	file := filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(file, []byte("s3cret\n"), 0o600))
	s := openShop(t, "OUTGOING_ALLOW=127.0.0.1", "SMS_GATEWAY_URL="+gateway.URL+"/sms", "SMS_GATEWAY_TOKEN_FILE="+file)
	s.ask(s.admin, "POST", "/api/v1/markets/"+s.market+"/stalls", object{
		"number": "B-7", "kind": "stall", "goods_group": "rau", "merchant": object{
			"full_name": "Lê Văn Sáu",
			"phone":     "0905000001", "known_phone": "another_person",
		}, "account": secondAccount,
	}, 201)
	v := &visitor{t: t, tab: browse(t, 320), at: s.address, width: 320}
	v.do(chromedp.Navigate(v.at+"/sign-in"), chromedp.WaitVisible(`#phone`), chromedp.SendKeys(`[name=phone]`,
		"+84 (0)905 000 001"), chromedp.Click(`#phone button`))
	v.says("mã sẽ đến")
	var text string
	select {
	case text = <-codes:
	case <-time.After(patience):
		t.Fatal("no message was sent")
	}
	code := regexp.MustCompile(`\b\d{6}\b`).FindString(text)
	v.do(chromedp.SendKeys(`#phone [name=code]`, code), chromedp.Click(`#phone button`))
	v.says("Nhiều người dùng chung số này")
	until(
		t,
		v.tab,
		`[...document.querySelectorAll('#people label')].map((l) => l.textContent.trim()).join('|') === 'Nguyễn Thị Lan – Sạp A-12, Chợ Đầm|Lê Văn Sáu – Sạp B-7, Chợ Đầm'`,
	)
	fits(t, v.tab, "sign-in-shared-phone")
	clean(t, v.tab, "sign-in by a shared phone")
	until(t, v.tab, `(document.querySelectorAll('#people input')[1].click(), true)`)
	v.do(chromedp.Click(`#phone button`))
	until(t, v.tab, `location.pathname === '/stall/' && document.querySelector('h1')?.textContent.includes('B-7')`)
	until(
		t,
		v.tab,
		`fetch('/api/v1/codes').then((r) => r.json()).then((l) => { window.mine = l.items.map((c) => c.stall_number).join(); }) && window.mine === 'B-7'`,
	)
}
