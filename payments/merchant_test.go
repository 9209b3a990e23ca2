package payments_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestAMerchantSeesEveryStallItHas signs in by phone and walks every route that a merchant has.
func TestAMerchantSeesEveryStallItHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	one, code := w.stall(w.market, "A1", "970422", "1111111") // phone 0905000001
	other, otherCode := w.stall(w.market, "A2", "970422", "2222222")
	merchant := w.call(w.admin, "GET", "/api/v1/stalls/"+one, nil, 200).text("merchant.id")
	second := w.call(w.admin, "POST", "/api/v1/markets/"+w.newMarket("XOMMOI")+"/stalls", object{
		"number": "B1", "kind": "stall", "zone": "", "goods_group": "rau", "merchant": object{"id": merchant},
		"account": object{"bank_bin": "970422", "account_number": "1111111", "holder_name": "NGUOI BAN", "holder_kind": "ca_nhan"},
	}, 201)
	pay := func(id, amount int, memo string) {
		w.accept(c, transfer{ID: id, Account: "1111111", Memo: memo, Amount: amount})
	}
	pay(1, 1000, code)
	pay(2, 2000, second.text("code.code"))
	w.accept(c, transfer{ID: 3, Account: "2222222", Memo: otherCode, Amount: 3000})

	b := w.browser()
	b.signInByPhone("0905000001", 1)
	if me := b.visit("GET", "/api/v1/me", nil, 200); me.text("role") != "merchant" || me.text("scope_kind") != "merchant" || me.text("scope_id") != merchant {
		t.Errorf("I am %v", me)
	}
	if markets := b.visit("GET", "/api/v1/markets", nil, 200).items(); len(markets) != 2 {
		t.Errorf("a merchant of two markets sees %v", markets)
	}
	for stall, amount := range map[string]string{one: "1000", second.text("id"): "2000"} {
		path := "/api/v1/stalls/" + stall
		if s := b.visit("GET", path, nil, 200); s.text("code.payload") == "" || s.text("merchant.phone") != "0905000001" {
			t.Errorf("its own stall is %v", s)
		}
		if paid := b.visit("GET", path+"/payments", nil, 200).items(); len(paid) != 1 || paid[0].text("amount") != amount {
			t.Errorf("its own payments are %v", paid)
		}
		if e := next(t, b.listen(stall, "0")); !strings.Contains(e.data, `"amount":"`+amount+`"`) {
			t.Errorf("its stream says %v", e)
		}
		b.visit("POST", path+"/confirmations", object{"amount": "5000", "occurred_at": time.Now().Add(-time.Hour)}, 201)
		b.visit("POST", path+"/checks", object{"payload": "x"}, 201)
		if codes := b.visit("GET", path+"/codes", nil, 200).items(); len(codes) != 1 || codes[0].text("payload") == "" {
			t.Errorf("its codes are %v", codes)
		}
		b.refuse("PATCH", path, object{"zone": "B"}, 403, "not_allowed")
		b.refuse("POST", path+"/invitations", nil, 403, "not_allowed")
	}
	for _, path := range []string{"", "/payments", "/payments/stream", "/codes", "/shifts", "/staff", "/devices"} {
		b.refuse("GET", "/api/v1/stalls/"+other+path, nil, 404, "not_found")
	}
	b.refuse("POST", "/api/v1/stalls/"+other+"/staff", object{"name": "x", "pin": "4831"}, 404, "not_found")

	// The next tenant is another: the last one keeps what was its own, and neither sees the other's.
	for _, stall := range []string{one, second.text("id")} {
		w.call(w.person(), "POST", "/api/v1/stalls/"+stall+"/tenancies", object{
			"merchant": object{"full_name": "Người mới", "phone": "0905888888"},
			"account":  object{"bank_bin": "970422", "account_number": "8888888", "holder_name": "NGUOI MOI", "holder_kind": "ca_nhan"},
		}, 201)
	}
	w.accept(c, transfer{ID: 4, Account: "8888888", Memo: w.call(w.admin, "GET", "/api/v1/stalls/"+one, nil, 200).text("code.code"), Amount: 4000})
	path := "/api/v1/stalls/" + one
	if paid := b.visit("GET", path+"/payments", nil, 200).items(); len(paid) != 1 || paid[0].text("amount") != "1000" {
		t.Errorf("a former tenant reads %v", paid)
	}
	if s := b.visit("GET", path, nil, 200); s.at("merchant") != nil || s.at("code") != nil {
		t.Errorf("a former tenant sees who came after: %v", s)
	}
	for _, sub := range []string{"/staff", "/devices", "/shifts"} {
		b.refuse("GET", path+sub, nil, 404, "not_found")
	}
	b.refuse("POST", path+"/confirmations", object{"amount": "5000", "occurred_at": time.Now().Add(-time.Hour)}, 404, "not_found")
	b.refuse("POST", path+"/checks", object{"payload": "x"}, 404, "not_found")
	after := w.browser()
	after.signInByPhone("0905888888", 2)
	if paid := after.visit("GET", path+"/payments", nil, 200).items(); len(paid) != 1 || paid[0].text("amount") != "4000" {
		t.Errorf("the next tenant reads %v", paid)
	}
	b.visit("DELETE", "/api/v1/sessions/current", nil, 204)
	b.visit("GET", "/api/v1/me", nil, 401)
}

// TestNobodyLearnsWhoseAPhoneIs compares what is answered for registered phones and for others, and how soon.
func TestNobodyLearnsWhoseAPhoneIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const phones = 40
	for i := range phones {
		_, err := w.db.Pool.Exec(t.Context(), `INSERT INTO merchants (id, full_name, phone_index, created_at) VALUES ($1, 'x', $2, now())`,
			uuid.Must(uuid.NewV7()), w.keys.Index("phone", fmt.Sprintf("07%08d", i)))
		must(t, err)
	}
	b := w.browser()
	took := map[string][]time.Duration{}
	ask := func(kind, path, phone string, body object, status int) string {
		began := time.Now()
		body["phone"] = phone
		answered := b.fetch("POST", path, body, status)
		took[kind+path] = append(took[kind+path], time.Since(began))
		return answered
	}
	for i := range phones {
		known, unknown := fmt.Sprintf("07%08d", i), fmt.Sprintf("08%08d", i)
		if a, u := ask("known", "/api/v1/phone-codes", known, object{}, 202), ask("unknown", "/api/v1/phone-codes", unknown, object{}, 202); a != u {
			t.Fatalf("answered %s and %s", a, u)
		}
		if a, u := ask("known", "/api/v1/phone-sessions", known, object{"code": "000000"}, 401), ask("unknown", "/api/v1/phone-sessions", unknown, object{"code": "000000"}, 401); a != u {
			t.Fatalf("answered %s and %s", a, u)
		}
	}
	for _, path := range []string{"/api/v1/phone-codes", "/api/v1/phone-sessions"} {
		quick := func(kind string) time.Duration { // not the median: on a busy machine most answers wait for something else
			s := slices.Sorted(slices.Values(took[kind+path]))
			return s[len(s)/10]
		}
		known, unknown := quick("known"), quick("unknown")
		t.Logf("%s: %v for a known phone, %v for another", path, known, unknown)
		if known > 2*unknown || unknown > 2*known {
			t.Errorf("%s: %v for a known phone, %v for another", path, known, unknown)
		}
	}
	b.refuse("POST", "/api/v1/phone-codes", object{"phone": "12345"}, 422, "phone_form")
	b.fetch("POST", "/api/v1/phone-sessions", object{"phone": "0905000001", "code": "12345"}, 422)
}

// post sends a form as another page would, without cookies.
func (w *world) post(path, site string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+path, strings.NewReader(""))
	must(w.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", site)
	res, err := http.DefaultClient.Do(req)
	must(w.t, err)
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	must(w.t, err)
	return res.StatusCode, string(page)
}

func TestAnInvitationOpensOneSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.stall(w.market, "A1", "970422", "1111111")
	other, _ := w.stall(w.market, "A2", "970422", "2222222")
	path := "/api/v1/stalls/" + stall + "/invitations"
	manager := w.key("manager", "market:CHODAM")
	made := w.call(manager, "POST", path, nil, 201)
	b := w.browser()

	file := filepath.Join(t.TempDir(), "invitation.png")
	must(t, os.WriteFile(file, []byte(b.fetch("GET", made.text("qr"), nil, 200)), 0o600))
	scanned, err := exec.Command("zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", file).Output()
	must(t, err)
	if strings.TrimSpace(string(scanned)) != made.text("url") {
		t.Fatalf("zbar reads %q, want %q", scanned, made.text("url"))
	}
	at, err := url.Parse(made.text("url"))
	must(t, err)
	token := strings.TrimPrefix(at.Path, "/i/")
	if card := b.fetch("GET", made.text("card"), nil, 200); !strings.Contains(card, "Người bán A1") || !strings.Contains(card, made.text("qr")) {
		t.Errorf("the card says %s", card)
	}
	for range 2 { // looking takes nothing
		if page := b.fetch("GET", at.Path, nil, 200); !strings.Contains(page, "Người bán A1") {
			t.Errorf("the page says %s", page)
		}
	}
	if status, _ := w.post(at.Path, "cross-site"); status != 403 {
		t.Errorf("another site took the invitation: %d", status)
	}
	var in sync.Map
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			status, _ := w.post(at.Path, "same-origin")
			in.Store(uuid.New(), status)
		})
	}
	wait.Wait()
	let := map[int]int{}
	in.Range(func(_, status any) bool { let[status.(int)]++; return true })
	if let[200] != 1 || let[410] != 7 {
		t.Errorf("one invitation, eight at once: %v", let)
	}
	if status, page := w.post(at.Path, "same-origin"); status != 410 || !strings.Contains(page, "đã được dùng") || !strings.Contains(page, "ban quản lý") {
		t.Errorf("a used invitation: %d %s", status, page)
	}
	if page := b.fetch("GET", at.Path, nil, 410); strings.Contains(page, "Người bán") {
		t.Errorf("a used card tells whose it was: %s", page)
	}

	again := w.call(manager, "POST", path, nil, 201)
	b.fetch("POST", strings.TrimSuffix(again.text("qr"), ".png"), nil, 200)
	if me := b.visit("GET", "/api/v1/me", nil, 200); me.text("role") != "merchant" || me.text("scope_kind") != "merchant" {
		t.Errorf("I am %v", me)
	}
	if mine := b.visit("GET", "/api/v1/sessions", nil, 200).items(); len(mine) != 2 || mine[0].text("method") != "invitation" {
		t.Errorf("my sessions are %v", mine)
	}
	revoked := w.call(manager, "POST", path, nil, 201)
	w.call(manager, "DELETE", path+"/"+revoked.text("id"), nil, 204)
	w.call(manager, "DELETE", path+"/"+revoked.text("id"), nil, 404)
	w.call(manager, "DELETE", path+"/"+again.text("id"), nil, 404)
	if status, page := w.post(strings.TrimSuffix(revoked.text("qr"), ".png"), "same-origin"); status != 410 || !strings.Contains(page, "thu hồi") {
		t.Errorf("a revoked invitation: %d %s", status, page)
	}
	waiting := w.call(manager, "POST", path, nil, 201)
	var states []string
	for _, i := range w.call(manager, "GET", path, nil, 200).items() {
		states = append(states, i.text("state"))
	}
	if fmt.Sprint(states) != "[open revoked used used]" {
		t.Errorf("the list says %v", states)
	}
	w.call(w.person(), "POST", "/api/v1/stalls/"+stall+"/tenancies", object{"merchant": object{"full_name": "Người mới", "phone": "0905888888"}}, 201)
	if status, page := w.post(strings.TrimSuffix(waiting.text("qr"), ".png"), "same-origin"); status != 410 || !strings.Contains(page, "đổi người thuê") {
		t.Errorf("an invitation of a former tenant: %d %s", status, page)
	}
	if list := w.call(manager, "GET", path, nil, 200).items(); len(list) != 0 {
		t.Errorf("the next tenant's invitations are %v", list)
	}
	late := w.call(manager, "POST", path, nil, 201)
	_, err = w.db.Pool.Exec(t.Context(), `UPDATE invitations SET expires_at = now() WHERE id = $1`, late.text("id"))
	must(t, err)
	if status, page := w.post(strings.TrimSuffix(late.text("qr"), ".png"), "same-origin"); status != 410 || !strings.Contains(page, "hết hạn") {
		t.Errorf("an expired invitation: %d %s", status, page)
	}
	if status, page := w.post("/i/nobody", "same-origin"); status != 404 || !strings.Contains(page, "Không") {
		t.Errorf("an unknown invitation: %d %s", status, page)
	}
	w.call(w.key("team", ""), "POST", path, nil, 403)
	w.call(w.key("merchant", "stall:"+other), "POST", path, nil, 404)
	var kept string
	must(t, w.db.Pool.QueryRow(t.Context(), `SELECT (SELECT string_agg(row_to_json(e)::text, '') FROM audit_events e) || (SELECT string_agg(row_to_json(i)::text, '') FROM invitations i)`).Scan(&kept))
	if strings.Contains(kept, token) || !strings.Contains(kept, `"object":"/i/:token"`) {
		t.Errorf("the trail tells an invitation's token, or does not tell that one was taken: %s", kept)
	}
}
