package main_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"market40/merchants/platform/bizday"
	"market40/merchants/vietqr"
	"market40/migrations/database/dbtest"
)

// shop is a stall of a running server and the bank that tells of its money.
type shop struct {
	*serving
	env                                       []string
	admin, hook, market, stall, code, account string
	told                                      int
}

// secondAccount is another account of the stall's owner.
var secondAccount = object{
	"bank_bin": "970415", "account_number": "100200300", "holder_name": "NGUYEN THI LAN",
	"holder_kind": "ca_nhan",
}

func openShop(t *testing.T, settings ...string) *shop {
	t.Helper()
	s := openSilentShop(t, settings...)
	s.connect(nil)
	return s
}

// connect lets a bank tell of some accounts, or with nil of all.
func (s *shop) connect(accounts []any) {
	s.t.Helper()
	s.hook = s.ask(s.admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "shop", "secrets": object{"api_key": strings.TrimPrefix(sepayKey, "Apikey ")},
		"accounts": accounts,
	}, 201).text("webhook_path")
}

// openSilentShop is a stall of which no bank tells yet.
func openSilentShop(t *testing.T, settings ...string) *shop {
	t.Helper()
	env := append([]string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + someSecret(1)}, settings...)
	admin := adminKey(t, env)
	s := &shop{serving: serve(t, env), env: env, admin: admin, account: "0011001234567"}
	s.market = s.ask(admin, "POST", "/api/v1/markets", object{
		"code": "CHODAM", "name": "Chợ Đầm", "class": 1,
		"kind": "dan_sinh", "commune_code": "22366",
	}, 201).text("id")
	stall := s.ask(admin, "POST", "/api/v1/markets/"+s.market+"/stalls", object{
		"number": "A-12", "kind": "stall", "goods_group": "hai_san", "merchant": object{
			"full_name": "Nguyễn Thị Lan",
			"phone":     "0905000001",
		},
		"account": object{
			"bank_bin": "970436", "account_number": s.account, "holder_name": "NGUYEN THI LAN",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	code, _ := stall["code"].(map[string]any)
	s.stall, s.code = stall.text("id"), object(code).text("code")
	return s
}

// pay lets the bank tell of a transfer to the stall's account.
func (s *shop) pay(memo string, amount int) {
	s.t.Helper()
	s.payAt(memo, amount, time.Now())
}

// payAt lets the bank tell now of a transfer of some time.
func (s *shop) payAt(memo string, amount int, at time.Time) {
	s.t.Helper()
	s.told++
	s.ask(sepayKey, "POST", s.hook, object{
		"id": s.told, "gateway": "", "transactionDate": at.In(bizday.Vietnam).Format(time.DateTime),
		"accountNumber": s.account, "code": nil, "content": memo, "transferType": "in", "transferAmount": amount,
		"accumulated": 0, "subAccount": nil, "referenceCode": fmt.Sprintf("FT26325%09d", s.told), "description": "",
	}, 200)
}

// form sends a form as a browser without scripts does, and does not follow where it leads.
func (s *shop) form(path string, fields url.Values) (*http.Response, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), "POST", s.address+path, strings.NewReader(fields.Encode()))
	must(s.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "text/html")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	must(s.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(s.t, err)
	return res, string(body)
}

// html reads a page as a browser that speaks a language.
func (s *shop) html(path, language string, want int) string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), "GET", s.address+path, nil)
	must(s.t, err)
	req.Header.Set("Accept", "text/html,*/*;q=0.8")
	req.Header.Set("Accept-Language", language)
	res, err := http.DefaultClient.Do(req)
	must(s.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(s.t, err)
	if res.StatusCode != want {
		s.t.Fatalf("%s is answered %d: %s", path, res.StatusCode, body)
	}
	return string(body)
}

// TestAShopperPaysWithoutScripts makes a code with an amount by the page's form, pays it, and reads
// that the stall has it.
func TestAShopperPaysWithoutScripts(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	page := s.html("/q/"+s.code, "vi", 200)
	if strings.Contains(page, s.account) {
		t.Error("the page shows the whole account number")
	}
	res, refused := s.form("/q/"+s.code+"/orders", url.Values{"amount": {"45.5"}})
	if res.StatusCode != 422 || !strings.Contains(refused, "Hãy nhập số tiền") ||
		!strings.Contains(refused, `value="45.5"`) {
		t.Errorf("half a đồng is answered %d %s", res.StatusCode, refused)
	}
	res, _ = s.form("/q/"+s.code+"/orders", url.Values{"amount": {"45.000"}})
	at := res.Header.Get("Location")
	at, _, _ = strings.Cut(at, "?")
	if res.StatusCode != 303 || !strings.HasPrefix(at, "/q/"+s.code+"/orders/") {
		t.Fatalf("the form leads to %d %q", res.StatusCode, at)
	}
	if page = s.html(at, "vi", 200); !strings.Contains(page, "Đang chờ tiền đến") ||
		!strings.Contains(page, "45.000 đ") || !strings.Contains(page, `http-equiv="refresh"`) {
		t.Errorf("the order's page says %s", page)
	}
	_, state := s.visit("GET", at, nil)
	read, err := vietqr.Decode(state.text("payload"))
	must(t, err)
	if read.Amount != "45000" || read.Account != s.account || read.Purpose == s.code || state.text("state") != "open" ||
		state.text("state_url") != at {
		t.Errorf("the order is %v, its code %+v", state, read)
	}
	s.pay("MBVCB.123."+read.Purpose+".CT tu 00123", 45000)
	if page = s.html(at, "vi", 200); !strings.Contains(page, "Quầy đã nhận 45.000 đ") ||
		strings.Contains(page, "<img") || strings.Contains(page, "refresh") {
		t.Errorf("once paid, the order's page says %s", page)
	}
	if page = s.html(at, "en", 200); !strings.Contains(page, "The stall has received 45.000 đ") ||
		!strings.Contains(page, `lang="en"`) {
		t.Errorf("in English it says %s", page)
	}
	if page = s.html("/q/"+read.Purpose, "vi", 200); !strings.Contains(page, "Quầy đã nhận") {
		t.Errorf("the order's own code leads to %s", page)
	}
	if page = s.html("/q/"+s.code, "vi", 200); strings.Contains(page, "45.000 đ") {
		t.Error("the stall's page tells what it took")
	}
}

func TestShoppersAreRefused(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	orders := "/q/" + s.code + "/orders"
	for body, want := range map[string]int{
		`{"amount":"0"}`: 422, `{"amount":"45.000"}`: 422, `{"amount":"1e5"}`: 422,
		`{"amount":45000}`: 422, `{"amount":"500000000"}`: 422, `{}`: 422, `{"amount":"1","x":1}`: 422, `{`: 400,
		`{"amount":"1","amount":"2"}`: 422,
	} {
		res, err := http.Post(s.address+orders, "application/json", strings.NewReader(body))
		must(t, err)
		must(t, res.Body.Close())
		if res.StatusCode != want {
			t.Errorf("%s is answered %d, want %d", body, res.StatusCode, want)
		}
	}
	made := map[int]int{}
	for range 8 {
		res, _ := s.visit("POST", orders, object{"amount": "1000"})
		made[res.StatusCode]++
	}
	if made[201] < 1 || made[429] == 0 {
		t.Errorf("eight more within the minute are answered %v", made)
	}
	for _, missing := range []string{"/q/M4J2222222AB/orders", "/q/nothing/orders"} {
		if res, _ := s.visit("GET", missing+"/019a0000-0000-7000-8000-000000000000", nil); res.StatusCode != 404 {
			t.Errorf("%s is answered %d", missing, res.StatusCode)
		}
	}
	res, _ := s.visit("GET", orders+"/019a0000-0000-7000-8000-000000000000", nil)
	if res.StatusCode != 404 {
		t.Errorf("an order that is none is answered %d", res.StatusCode)
	}
	no := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := no.Get(s.address + "/q/" + s.code + "/apps/mb?ba=666@970422&am=1")
	must(t, err)
	must(t, res.Body.Close())
	if to, _ := res.Location(); to == nil || to.Host != "dl.vietqr.io" || to.Query().Get("ba") != s.account+"@970436" ||
		to.Query().Get("am") != "" {
		t.Errorf("the app's link is %v", to)
	}
	res, err = no.Get(s.address + "/q/check?code=//evil.example/" + s.code)
	must(t, err)
	must(t, res.Body.Close())
	if to, _ := res.Location(); to == nil || "http://"+to.Host != s.address {
		t.Errorf("a typed code leads to %v", to)
	}
}

// TestAShopperReports tells the board what is wrong, and is forgotten when that is settled.
func TestAShopperReports(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	res, _ := s.form("/q/"+s.code+"/problems", url.Values{
		"kind":      {"paid_not_received"},
		"reference": {"FT26325000000009"}, "amount": {"45k"}, "detail": {"Đã trả <b>lúc 8 giờ</b>"},
		"contact": {"khach@example.vn"},
	})
	if res.StatusCode != 303 || !strings.Contains(s.html(res.Header.Get("Location"), "vi", 200), "Đã gửi báo cáo") {
		t.Fatalf("the form leads to %d %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res, o := s.visit("POST", "/q/"+s.code+"/problems", object{"kind": "rain"}); res.StatusCode != 422 {
		t.Errorf("an unknown kind is answered %d %v", res.StatusCode, o)
	}
	if res, o := s.visit("POST", "/q/"+s.code+"/problems", object{"kind": "other", "detail": strings.Repeat("á",
		1001)}); res.StatusCode != 422 {
		t.Errorf("a long story is answered %d %v", res.StatusCode, o)
	}
	listed := object(s.ask(s.admin, "GET", "/api/v1/complaints?state=open", nil, 200).items()[0].(map[string]any))
	if listed.text("kind") != "paid_not_received" || listed.text("amount") != "45000" ||
		listed.text("contact") != "khach@example.vn" || listed.text("stall_id") != s.stall {
		t.Errorf("the board reads %v", listed)
	}
	closing := "/api/v1/complaints/" + listed.text("id") + "/close"
	if closed := s.ask(s.admin, "POST", closing, object{"reason": "đã tìm thấy"}, 200); closed.text(
		"state") != "closed" || closed["contact"] != nil {
		t.Errorf("closed it is %v", closed)
	}
	s.ask(s.admin, "POST", closing, object{"reason": "lần nữa"}, 409)
}

// gzipped is how many bytes a text takes as it travels.
func gzipped(t *testing.T, text string) int {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte(text))
	must(t, err)
	must(t, z.Close())
	return packed.Len()
}

// TestTheShoppersPageIsSmall holds its bytes against the budget: page, style, script and the code's
// image, as they travel.
func TestTheShoppersPageIsSmall(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	total := 0
	for _, part := range []string{"/q/" + s.code, "/q/shop.css", "/q/shop.js", "/q/" + s.code + ".png"} {
		_, text := s.get(part)
		total += gzipped(t, text)
	}
	if total > 15<<10 {
		t.Errorf("the page takes %d bytes", total)
	}
	t.Logf("%d bytes", total)
}
