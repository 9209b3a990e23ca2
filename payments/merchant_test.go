package payments_test

import (
	"fmt"
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

	"market40/payments/paymentstest"
)

// TestAMerchantSeesEveryStallItHas signs in by phone and walks every route that a merchant has.
func TestAMerchantSeesEveryStallItHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	one, code := w.Stall(w.Market, "A1", "970422", "1111111") // phone 0905000001
	other, otherCode := w.Stall(w.Market, "A2", "970422", "2222222")
	merchant := w.Call(w.Admin, "GET", "/api/v1/stalls/"+one, nil, 200).Text("merchant.id")
	second := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.RegisterMarket(w.Admin, "XOMMOI", "22366")+"/stalls", object{
		"number": "B1", "kind": "stall", "zone": "", "goods_group": "rau", "merchant": object{"id": merchant},
		"account": object{
			"bank_bin": "970422", "account_number": "1111111", "holder_name": "NGUOI BAN",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	pay := func(id, amount int, memo string) {
		w.Accept(c, transfer{ID: id, Account: "1111111", Memo: memo, Amount: amount})
	}
	pay(1, 1000, code)
	pay(2, 2000, second.Text("code.code"))
	w.Accept(c, transfer{ID: 3, Account: "2222222", Memo: otherCode, Amount: 3000})

	b := w.OpenBrowser()
	b.SignInByPhone("0905000001", 1)
	if me := b.Visit("GET", "/api/v1/me", nil, 200); me.Text("role") != "merchant" ||
		me.Text("scope_kind") != "merchant" || me.Text("scope_id") != merchant {
		t.Errorf("I am %v", me)
	}
	if markets := b.Visit("GET", "/api/v1/markets", nil, 200).Items(); len(markets) != 2 {
		t.Errorf("a merchant of two markets sees %v", markets)
	}
	for stall, amount := range map[string]string{one: "1000", second.Text("id"): "2000"} {
		path := "/api/v1/stalls/" + stall
		if s := b.Visit("GET", path, nil, 200); s.Text("code.payload") == "" ||
			s.Text("merchant.phone") != "0905000001" {
			t.Errorf("its own stall is %v", s)
		}
		if paid := b.Visit("GET", path+"/payments", nil, 200).Items(); len(paid) != 1 ||
			paid[0].Text("amount") != amount {
			t.Errorf("its own payments are %v", paid)
		}
		if e := nextEvent(t, listenAs(b, stall, "0")); !strings.Contains(e.data, `"amount":"`+amount+`"`) {
			t.Errorf("its stream says %v", e)
		}
		b.Visit("POST", path+"/confirmations", object{"amount": "5000", "occurred_at": time.Now().Add(-time.Hour)}, 201)
		b.Visit("POST", path+"/checks", object{"payload": "x"}, 201)
		if codes := b.Visit("GET", path+"/codes", nil, 200).Items(); len(codes) != 1 || codes[0].Text("payload") == "" {
			t.Errorf("its codes are %v", codes)
		}
		b.Refuse("PATCH", path, object{"zone": "B"}, 403, "not_allowed")
		b.Refuse("POST", path+"/invitations", nil, 403, "not_allowed")
	}
	for _, path := range []string{"", "/payments", "/payments/stream", "/codes", "/shifts", "/staff", "/devices"} {
		b.Refuse("GET", "/api/v1/stalls/"+other+path, nil, 404, "not_found")
	}
	b.Refuse("POST", "/api/v1/stalls/"+other+"/staff", object{"name": "x", "pin": "4831"}, 404, "not_found")

	// The next tenant is another: the last one keeps what was its own, and neither sees the
	// other's.
	for _, stall := range []string{one, second.Text("id")} {
		w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+stall+"/tenancies", object{
			"merchant": object{"full_name": "Người mới", "phone": "0905888888"},
			"account": object{
				"bank_bin": "970422", "account_number": "8888888", "holder_name": "NGUOI MOI",
				"holder_kind": "ca_nhan",
			},
		}, 201)
	}
	w.Accept(c, transfer{ID: 4, Account: "8888888", Memo: w.Call(w.Admin, "GET", "/api/v1/stalls/"+one, nil, 200).Text(
		"code.code"), Amount: 4000})
	path := "/api/v1/stalls/" + one
	if paid := b.Visit("GET", path+"/payments", nil, 200).Items(); len(paid) != 1 || paid[0].Text("amount") != "1000" {
		t.Errorf("a former tenant reads %v", paid)
	}
	if s := b.Visit("GET", path, nil, 200); s.At("merchant") != nil || s.At("code") != nil {
		t.Errorf("a former tenant sees who came after: %v", s)
	}
	for _, sub := range []string{"/staff", "/devices", "/shifts"} {
		b.Refuse("GET", path+sub, nil, 404, "not_found")
	}
	b.Refuse("POST", path+"/confirmations", object{"amount": "5000", "occurred_at": time.Now().Add(-time.Hour)}, 404,
		"not_found")
	b.Refuse("POST", path+"/checks", object{"payload": "x"}, 404, "not_found")
	after := w.OpenBrowser()
	after.SignInByPhone("0905888888", 2)
	if paid := after.Visit("GET", path+"/payments", nil, 200).Items(); len(paid) != 1 ||
		paid[0].Text("amount") != "4000" {
		t.Errorf("the next tenant reads %v", paid)
	}
	b.Visit("DELETE", "/api/v1/sessions/current", nil, 204)
	b.Visit("GET", "/api/v1/me", nil, 401)
}

// TestPhoneOwnerIsNotRevealed compares what is answered for registered phones and for others, and
// how soon. A busy machine gets three rounds.
func TestPhoneOwnerIsNotRevealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const phones, rounds = 40, 3
	for i := range phones * rounds {
		_, err := w.DB.Pool.Exec(t.Context(), `INSERT INTO merchants (id, full_name, phone_index, created_at)
			VALUES ($1, 'x', $2, now())`,
			uuid.Must(uuid.NewV7()), w.Keys.Index("phone", fmt.Sprintf("07%08d", i)))
		must(t, err)
	}
	b := w.OpenBrowser()
	for round := range rounds {
		revealed := comparePhones(t, b, round*phones, phones)
		if revealed == "" {
			break
		}
		if t.Log(revealed); round == rounds-1 {
			t.Errorf("in each of %d rounds the time tells registered phones from others", rounds)
		}
	}
	b.Refuse("POST", "/api/v1/phone-codes", object{"phone": "12345"}, 422, "phone_form")
	b.Fetch("POST", "/api/v1/phone-sessions", object{"phone": "0905000001", "code": "12345"}, 422)
}

// comparePhones asks for codes of n registered phones and of n others, and guesses them. It returns
// how the times differ; empty: not by a factor of two.
func comparePhones(t *testing.T, b *paymentstest.Browser, first, n int) string {
	t.Helper()
	took := map[string][]time.Duration{}
	ask := func(kind, path, phone string, body object, status int) string {
		began := time.Now()
		body["phone"] = phone
		answered := b.Fetch("POST", path, body, status)
		took[kind+path] = append(took[kind+path], time.Since(began))
		return answered
	}
	for i := range n {
		known, unknown := fmt.Sprintf("07%08d", first+i), fmt.Sprintf("08%08d", first+i)
		if a, u := ask("known", "/api/v1/phone-codes", known, object{}, 202), ask("unknown", "/api/v1/phone-codes",
			unknown, object{}, 202); a != u {
			t.Fatalf("answered %s and %s", a, u)
		}
		if a, u := ask("known", "/api/v1/phone-sessions", known, object{"code": "000000"}, 401),
			ask("unknown", "/api/v1/phone-sessions", unknown, object{"code": "000000"}, 401); a != u {
			t.Fatalf("answered %s and %s", a, u)
		}
	}
	for _, path := range []string{"/api/v1/phone-codes", "/api/v1/phone-sessions"} {
		// not the median: on a busy machine most answers wait for something else
		quick := func(kind string) time.Duration {
			s := slices.Sorted(slices.Values(took[kind+path]))
			return s[len(s)/10]
		}
		if known, unknown := quick("known"), quick("unknown"); known > 2*unknown || unknown > 2*known {
			return fmt.Sprintf("%s: %v for a known phone, %v for another", path, known, unknown)
		}
	}
	return ""
}

// post sends a form as another page would, without cookies.
func (w *world) post(path, site string) (int, string) {
	w.T.Helper()
	answer := w.Send("", "POST", path, nil, "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", site)
	return answer.Code, answer.Body.String()
}

func TestAnInvitationOpensOneSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	other, _ := w.Stall(w.Market, "A2", "970422", "2222222")
	path := "/api/v1/stalls/" + stall + "/invitations"
	manager := w.Key("manager", "market:CHODAM")
	made := w.Call(manager, "POST", path, nil, 201)
	b := w.OpenBrowser()

	file := filepath.Join(t.TempDir(), "invitation.png")
	must(t, os.WriteFile(file, []byte(b.Fetch("GET", made.Text("qr"), nil, 200)), 0o600))
	scanned, err := exec.Command("zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", file).Output()
	must(t, err)
	if strings.TrimSpace(string(scanned)) != made.Text("url") {
		t.Fatalf("zbar reads %q, want %q", scanned, made.Text("url"))
	}
	at, err := url.Parse(made.Text("url"))
	must(t, err)
	token := strings.TrimPrefix(at.Path, "/i/")
	if card := b.Fetch("GET", made.Text("card"), nil, 200); !strings.Contains(card, "Người bán A1") ||
		!strings.Contains(card, made.Text("qr")) {
		t.Errorf("the card says %s", card)
	}
	for range 2 { // looking takes nothing
		if page := b.Fetch("GET", at.Path, nil, 200); !strings.Contains(page, "Người bán A1") {
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
	if status, page := w.post(at.Path, "same-origin"); status != 410 || !strings.Contains(page, "đã được dùng") ||
		!strings.Contains(page, "ban quản lý") {
		t.Errorf("a used invitation: %d %s", status, page)
	}
	if page := b.Fetch("GET", at.Path, nil, 410); strings.Contains(page, "Người bán") {
		t.Errorf("a used card names its merchant: %s", page)
	}

	again := w.Call(manager, "POST", path, nil, 201)
	b.Fetch("POST", strings.TrimSuffix(again.Text("qr"), ".png"), nil, 200)
	if me := b.Visit("GET", "/api/v1/me", nil, 200); me.Text("role") != "merchant" ||
		me.Text("scope_kind") != "merchant" {
		t.Errorf("I am %v", me)
	}
	if mine := b.Visit("GET", "/api/v1/sessions", nil, 200).Items(); len(mine) != 2 ||
		mine[0].Text("method") != "invitation" {
		t.Errorf("my sessions are %v", mine)
	}
	revoked := w.Call(manager, "POST", path, nil, 201)
	w.Call(manager, "DELETE", path+"/"+revoked.Text("id"), nil, 204)
	w.Call(manager, "DELETE", path+"/"+revoked.Text("id"), nil, 404)
	w.Call(manager, "DELETE", path+"/"+again.Text("id"), nil, 404)
	if status, page := w.post(strings.TrimSuffix(revoked.Text("qr"), ".png"), "same-origin"); status != 410 ||
		!strings.Contains(page, "thu hồi") {
		t.Errorf("a revoked invitation: %d %s", status, page)
	}
	waiting := w.Call(manager, "POST", path, nil, 201)
	var states []string
	for _, i := range w.Call(manager, "GET", path, nil, 200).Items() {
		states = append(states, i.Text("state"))
	}
	if fmt.Sprint(states) != "[open revoked used used]" {
		t.Errorf("the list says %v", states)
	}
	w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+stall+"/tenancies",
		object{"merchant": object{"full_name": "Người mới", "phone": "0905888888"}}, 201)
	if status, page := w.post(strings.TrimSuffix(waiting.Text("qr"), ".png"), "same-origin"); status != 410 ||
		!strings.Contains(page, "đổi người thuê") {
		t.Errorf("an invitation of a former tenant: %d %s", status, page)
	}
	if list := w.Call(manager, "GET", path, nil, 200).Items(); len(list) != 0 {
		t.Errorf("the next tenant's invitations are %v", list)
	}
	late := w.Call(manager, "POST", path, nil, 201)
	_, err = w.DB.Pool.Exec(t.Context(), `UPDATE invitations SET expires_at = now() WHERE id = $1`, late.Text("id"))
	must(t, err)
	if status, page := w.post(strings.TrimSuffix(late.Text("qr"), ".png"), "same-origin"); status != 410 ||
		!strings.Contains(page, "hết hạn") {
		t.Errorf("an expired invitation: %d %s", status, page)
	}
	if status, page := w.post("/i/unknown", "same-origin"); status != 404 || !strings.Contains(page, "Không") {
		t.Errorf("an unknown invitation: %d %s", status, page)
	}
	w.Call(w.Key("team", ""), "POST", path, nil, 403)
	w.Call(w.Key("merchant", "stall:"+other), "POST", path, nil, 404)
	var stored string
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT (SELECT string_agg(row_to_json(e)::text, '')
		FROM audit_events e) || (SELECT string_agg(row_to_json(i)::text, '') FROM invitations i)`).Scan(&stored))
	if strings.Contains(stored, token) || !strings.Contains(stored, `"object":"/i/:token"`) {
		t.Errorf("the trail has an invitation's token, or not that one was accepted: %s", stored)
	}
}
