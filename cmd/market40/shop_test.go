package main_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"market40/frontend/apptest/program"
	"market40/merchants/vietqr"
)

// submitForm sends a form as a browser without scripts does, and does not follow where it leads.
func submitForm(s *program.Shop, path string, fields url.Values) (*http.Response, string) {
	s.T.Helper()
	req, err := http.NewRequestWithContext(s.T.Context(), "POST", s.Address+path, strings.NewReader(fields.Encode()))
	must(s.T, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "text/html")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	must(s.T, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(s.T, err)
	return res, string(body)
}

// TestAShopperPaysWithoutScripts makes a code with an amount by the page's form, pays it, and reads
// that the stall has it.
func TestAShopperPaysWithoutScripts(t *testing.T) {
	t.Parallel()
	s := program.OpenShop(t)
	page := s.HTML("/q/"+s.Code, "vi", 200)
	if strings.Contains(page, s.Account) {
		t.Error("the page shows the whole account number")
	}
	res, refused := submitForm(s, "/q/"+s.Code+"/orders", url.Values{"amount": {"45.5"}})
	if res.StatusCode != 422 || !strings.Contains(refused, "Hãy nhập số tiền") ||
		!strings.Contains(refused, `value="45.5"`) {
		t.Errorf("half a đồng is answered %d %s", res.StatusCode, refused)
	}
	res, _ = submitForm(s, "/q/"+s.Code+"/orders", url.Values{"amount": {"45.000"}})
	at := res.Header.Get("Location")
	at, _, _ = strings.Cut(at, "?")
	if res.StatusCode != 303 || !strings.HasPrefix(at, "/q/"+s.Code+"/orders/") {
		t.Fatalf("the form leads to %d %q", res.StatusCode, at)
	}
	if page = s.HTML(at, "vi", 200); !strings.Contains(page, "Đang chờ tiền đến") ||
		!strings.Contains(page, "45.000 đ") || !strings.Contains(page, `http-equiv="refresh"`) {
		t.Errorf("the order's page says %s", page)
	}
	_, state := s.Visit("GET", at, nil)
	read, err := vietqr.Decode(state.Text("payload"))
	must(t, err)
	if read.Amount != "45000" || read.Account != s.Account || read.Purpose == s.Code || state.Text("state") != "open" ||
		state.Text("state_url") != at {
		t.Errorf("the order is %v, its code %+v", state, read)
	}
	s.Pay("MBVCB.123."+read.Purpose+".CT tu 00123", 45000)
	if page = s.HTML(at, "vi", 200); !strings.Contains(page, "Quầy đã nhận 45.000 đ") ||
		strings.Contains(page, "<img") || strings.Contains(page, "refresh") {
		t.Errorf("once paid, the order's page says %s", page)
	}
	if page = s.HTML(at, "en", 200); !strings.Contains(page, "The stall has received 45.000 đ") ||
		!strings.Contains(page, `lang="en"`) {
		t.Errorf("in English it says %s", page)
	}
	if page = s.HTML("/q/"+read.Purpose, "vi", 200); !strings.Contains(page, "Quầy đã nhận") {
		t.Errorf("the order's own code leads to %s", page)
	}
	if page = s.HTML("/q/"+s.Code, "vi", 200); strings.Contains(page, "45.000 đ") {
		t.Error("the stall's page shows its receipts")
	}
}

func TestShoppersAreRefused(t *testing.T) {
	t.Parallel()
	s := program.OpenShop(t)
	orders := "/q/" + s.Code + "/orders"
	for body, want := range map[string]int{
		`{"amount":"0"}`: 422, `{"amount":"45.000"}`: 422, `{"amount":"1e5"}`: 422,
		`{"amount":45000}`: 422, `{"amount":"500000000"}`: 422, `{}`: 422, `{"amount":"1","x":1}`: 422, `{`: 400,
		`{"amount":"1","amount":"2"}`: 422,
	} {
		res, err := http.Post(s.Address+orders, "application/json", strings.NewReader(body))
		must(t, err)
		must(t, res.Body.Close())
		if res.StatusCode != want {
			t.Errorf("%s is answered %d, want %d", body, res.StatusCode, want)
		}
	}
	made := map[int]int{}
	for range 8 {
		res, _ := s.Visit("POST", orders, object{"amount": "1000"})
		made[res.StatusCode]++
	}
	if made[201] < 1 || made[429] == 0 {
		t.Errorf("eight more within the minute are answered %v", made)
	}
	for _, missing := range []string{"/q/M4J2222222AB/orders", "/q/nothing/orders"} {
		if res, _ := s.Visit("GET", missing+"/019a0000-0000-7000-8000-000000000000", nil); res.StatusCode != 404 {
			t.Errorf("%s is answered %d", missing, res.StatusCode)
		}
	}
	res, _ := s.Visit("GET", orders+"/019a0000-0000-7000-8000-000000000000", nil)
	if res.StatusCode != 404 {
		t.Errorf("an order that is none is answered %d", res.StatusCode)
	}
	no := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := no.Get(s.Address + "/q/" + s.Code + "/apps/mb?ba=666@970422&am=1")
	must(t, err)
	must(t, res.Body.Close())
	if to, _ := res.Location(); to == nil || to.Host != "dl.vietqr.io" || to.Query().Get("ba") != s.Account+"@970436" ||
		to.Query().Get("am") != "" {
		t.Errorf("the app's link is %v", to)
	}
	res, err = no.Get(s.Address + "/q/check?code=//evil.example/" + s.Code)
	must(t, err)
	must(t, res.Body.Close())
	if to, _ := res.Location(); to == nil || "http://"+to.Host != s.Address {
		t.Errorf("a typed code leads to %v", to)
	}
}

// TestAShopperReports: a shopper reports what is wrong to the board. The contact is erased when
// the complaint is closed.
func TestAShopperReports(t *testing.T) {
	t.Parallel()
	s := program.OpenShop(t)
	res, _ := submitForm(s, "/q/"+s.Code+"/problems", url.Values{
		"kind":      {"paid_not_received"},
		"reference": {"FT26325000000009"}, "amount": {"45k"}, "detail": {"Đã trả <b>lúc 8 giờ</b>"},
		"contact": {"khach@example.vn"},
	})
	if res.StatusCode != 303 || !strings.Contains(s.HTML(res.Header.Get("Location"), "vi", 200), "Đã gửi báo cáo") {
		t.Fatalf("the form leads to %d %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res, o := s.Visit("POST", "/q/"+s.Code+"/problems", object{"kind": "rain"}); res.StatusCode != 422 {
		t.Errorf("an unknown kind is answered %d %v", res.StatusCode, o)
	}
	if res, o := s.Visit("POST", "/q/"+s.Code+"/problems", object{"kind": "other", "detail": strings.Repeat("á",
		1001)}); res.StatusCode != 422 {
		t.Errorf("a long story is answered %d %v", res.StatusCode, o)
	}
	listed := object(s.CallAs(s.Admin, "GET", "/api/v1/complaints?state=open", nil, 200).Items()[0].(map[string]any))
	if listed.Text("kind") != "paid_not_received" || listed.Text("amount") != "45000" ||
		listed.Text("contact") != "khach@example.vn" || listed.Text("stall_id") != s.Stall {
		t.Errorf("the board reads %v", listed)
	}
	closing := "/api/v1/complaints/" + listed.Text("id") + "/close"
	if closed := s.CallAs(s.Admin, "POST", closing, object{"reason": "đã tìm thấy"}, 200); closed.Text(
		"state") != "closed" || closed["contact"] != nil {
		t.Errorf("closed it is %v", closed)
	}
	s.CallAs(s.Admin, "POST", closing, object{"reason": "lần nữa"}, 409)
}
