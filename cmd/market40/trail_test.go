package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"market40/merchants/platform/bizday"
	"market40/migrations/database/dbtest"
)

// lines are the lines of the trail about an object, oldest first.
func (s *serving) lines(key, query string) []object {
	s.t.Helper()
	var all []object
	for after := ""; ; {
		page := s.ask(key, "GET", "/api/v1/audit?limit=200&"+query+after, nil, 200)
		for _, item := range page.items() {
			all = append(all, item.(map[string]any))
		}
		next, more := page["next"].(string)
		if !more {
			slices.Reverse(all)
			return all
		}
		after = "&after=" + next
	}
}

// changes are what a line changed in one table.
func (o object) changes(kind string) (found []object) {
	list, _ := o["changes"].([]any)
	for _, item := range list {
		if c := object(item.(map[string]any)); c.text("kind") == kind {
			found = append(found, c)
		}
	}
	return found
}

// TestNoChangeIsCommittedWithoutItsLine kills the server again and again while stalls are changed,
// each by one client and to what it never was. Were a change committed without its line, the
// digests of the next one would not begin where the last ended.
func TestNoChangeIsCommittedWithoutItsLine(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + someSecret(1), "LISTEN_ADDR=" + freeAddress(t)}
	s := serve(t, env)
	stalls := []string{register(t, s, env)}
	key := adminKey(t, env)
	market := s.ask(key, "GET", "/api/v1/stalls/"+stalls[0], nil, 200).text("market_id")
	for _, number := range []string{"B1", "B2", "B3"} {
		stalls = append(stalls, s.ask(key, "POST", "/api/v1/markets/"+market+"/stalls", object{"number": number},
			201).text("id"))
	}
	address := s.address // of each server to come, too
	var done atomic.Int64
	var clients sync.WaitGroup
	ended := make(chan struct{})
	for _, stall := range stalls {
		clients.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-ended:
					return
				default:
				}
				req, err := http.NewRequest("PATCH", address+"/api/v1/stalls/"+stall,
					strings.NewReader(fmt.Sprintf(`{"zone":"%d"}`, n)))
				if err != nil {
					t.Error(err)
					return
				}
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("Authorization", key)
				res, err := http.DefaultClient.Do(req)
				if err != nil {
					time.Sleep(10 * time.Millisecond) // the server is dead
					continue
				}
				_ = res.Body.Close()
				if res.StatusCode == 200 {
					done.Add(1)
				}
			}
		})
	}
	for range 5 {
		for before := done.Load(); done.Load() < before+20; {
			time.Sleep(time.Millisecond)
		}
		s.kill()
		s = serve(t, env)
	}
	close(ended)
	clients.Wait()
	committed, cut := 0, 0
	for _, stall := range stalls {
		last := ""
		for _, line := range s.lines(key, "method=PATCH&object="+stall) {
			if line["status"] == nil {
				cut++
			}
			for _, c := range line.changes("stalls") {
				if committed++; last != "" && c.text("before") != last {
					t.Errorf("stall %s: a change begins at %s, the one before it ended at %s", stall, c.text("before"),
						last)
				}
				last = c.text("after")
			}
		}
	}
	if int64(committed) < done.Load() {
		t.Errorf("%d changes have lines, %d were acknowledged", committed, done.Load())
	}
	t.Logf("%d changes acknowledged, %d lines with one, %d lines without a result", done.Load(), committed, cut)
	want(t, 0, env, "audit", "verify")
}

// untoured are the routes that change something and yet leave no change in the trail, each with
// why.
var untoured = map[string]string{
	"POST /api/v1/codes/verify":                        "changes nothing: edge.Unrecorded",
	"POST /api/v1/passkeys/challenge":                  "what was begun is kept by the browser",
	"POST /api/v1/me/passkeys/challenge":               "the same",
	"POST /api/v1/me/passkeys":                         "wants a device: TestAccountPages has one, and passkeys and sessions are watched",
	"DELETE /api/v1/me/passkeys/{id}":                  "the same",
	"POST /api/v1/passkeys/sessions":                   "the same",
	"POST /api/v1/me/passkeys/proof":                   "the same",
	"POST /api/v1/phone-codes":                         "counters of codes",
	"POST /api/v1/bank-connections/{id}/test":          "a delivery through the banks' way in: it is kept whole",
	"POST /api/v1/cases/{id}/retry":                    "wants a notice that failed ten times: TestTenFailuresOpenACase has one, and cases are watched",
	"POST /api/v1/markets/{id}/survey-answers":         "anonymous: a line would tie an answer to who asked and when",
	"POST /api/v1/markets/{id}/survey-answers/import":  "the same",
	"POST /api/v1/phone-sessions/choice":               "reads who shares a phone, for whoever has its code: sessions are watched",
	"POST /api/v1/phone-sessions":                      "wants a code from a phone: TestAMerchantComesIn has one, and sessions are watched",
	"POST /api/v1/stalls/{id}/soundboxes":              "wants a code from a box: TestASoundboxSpeaksWhatComes has one, and soundboxes are watched",
	"PATCH /api/v1/stalls/{id}/soundboxes/{soundbox}":  "the same",
	"DELETE /api/v1/stalls/{id}/soundboxes/{soundbox}": "the same",
}

// outside are what changes something beyond /api, each with why the trail leaves it out.
var outside = map[string]string{
	"POST /webhooks/{provider}/{connection}":                           "banks: each delivery is kept whole, and the books prove themselves",
	"POST /webhooks/{provider}/{connection}/api/token_generate":        "the same: gives a provider its token",
	"POST /webhooks/{provider}/{connection}/bank/api/transaction-sync": "the same",
	"POST /q/{code}/orders":                                            "shoppers, whom nobody knows: an order moves nothing, and its code is kept",
	"POST /q/{code}/problems":                                          "the same: what they report is kept whole, and closing it is in the trail",
	"POST /i/{token}":                                                  "an invitation is taken: it has its line, under its route",
}

// TestEveryRouteThatChangesSomethingIsInTheTrail takes a tour through all of them: a new route
// fails here until it has a step that succeeds and leaves a digest, or a reason why not.
func TestEveryRouteThatChangesSomethingIsInTheTrail(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + someSecret(1)}
	s := serve(t, env)
	tour(t, s, env)
	left := map[string]int{} // changes by route
	for _, line := range s.lines(adminKey(t, env), "status=2xx") {
		changed, _ := line["changed"].(float64)
		route := line.text("method") + " " + regexp.MustCompile(`:(\w+)`).ReplaceAllString(line.text("route"), "{$1}")
		left[route] = max(left[route], int(changed))
	}
	var api struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	_, text := s.get("/openapi.json")
	must(t, json.Unmarshal([]byte(text), &api))
	for path, methods := range api.Paths {
		for _, method := range []string{"post", "put", "patch", "delete"} {
			route := strings.ToUpper(method) + " " + path
			if _, exists := methods[method]; !exists || untoured[route] != "" || outside[route] != "" {
				continue
			}
			if !strings.HasPrefix(path, "/api/") {
				t.Errorf("%s changes something beyond /api: the trail does not see it", route)
			} else if left[route] == 0 {
				t.Errorf("%s left no change in the trail: give it a step in tour, or a reason in untoured", route)
			}
		}
	}
	for _, route := range slices.Collect(maps.Keys(untoured)) {
		if left[route] > 0 {
			t.Errorf("%s leaves changes, and needs no reason", route)
		}
	}
}

// tour calls every route that changes something, as an admin, so that it succeeds.
func tour(t *testing.T, s *serving, env []string) {
	t.Helper()
	stall := register(t, s, env)
	key, second := adminKey(t, env), adminKey(t, env)
	at := "/api/v1/stalls/" + stall
	s.ask(key, "PATCH", at, object{"zone": "B"}, 200)
	s.approve(env, s.ask(key, "POST", at+"/accounts", object{
		"bank_bin": "970436", "account_number": "5555",
		"holder_name": "NGUYEN THI LAN",
	}, 202))
	code := s.ask(key, "POST", at+"/codes", object{}, 201)
	s.ask(key, "POST", at+"/checks", object{"payload": code.text("payload")}, 201)
	s.ask(key, "POST", "/api/v1/orders", object{"stall_id": stall, "amount": "45000"}, 201)
	_, reported := s.visit("POST", "/q/"+code.text("code")+"/problems", object{"kind": "other"})
	s.ask(key, "POST", "/api/v1/complaints/"+reported.text("id")+"/close", object{"reason": "đã gặp"}, 200)
	s.ask(key, "POST", at+"/confirmations", object{"amount": "1000", "occurred_at": time.Now().Add(-time.Hour).Format(
		time.RFC3339)}, 201)
	s.approve(env, s.ask(key, "POST", at+"/tenancies", object{"merchant": object{
		"full_name": "Trần Văn Ba",
		"phone":     "0905000002",
	}}, 202))
	s.ask(key, "POST", at+"/suspend", object{}, 200)
	s.ask(key, "POST", at+"/reopen", object{}, 200)
	s.closes(env, at)
	market := s.ask(key, "GET", at, nil, 200).text("market_id")
	s.upload(key, "/api/v1/markets/"+market+"/stalls/import", "Số sạp,Khu\nC1,Khu C\n")
	connection := s.ask(key, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "b",
		"secrets": object{"api_key": "another-key"},
	}, 201)
	s.ask(key, "POST", "/api/v1/bank-connections/"+connection.text("id")+"/secrets",
		object{"secrets": object{"api_key": "a-third-key"}}, 204)
	at = "/api/v1/bank-connections/" + connection.text("id")
	s.ask(key, "PATCH", at, object{"name": "c"}, 200)
	secrets, _ := s.ask(key, "GET", at, nil, 200)["secrets"].([]any)
	s.ask(key, "DELETE", at+"/secrets/"+object(secrets[0].(map[string]any)).text("id"), nil, 204)
	unsigned := s.ask(key, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "d",
		"secrets": object{"auth": "none", "allow_ips": []any{"192.0.2.1/32"}},
	}, 201)
	s.ask(second, "POST", "/api/v1/bank-connections/"+unsigned.text("id")+"/approve", nil, 200)
	at = "/api/v1/stalls/" + stall
	s.ask("Apikey another-key", "POST", connection.text("webhook_path"), object{
		"id": 1, "gateway": "MBBank", "transactionDate": "2026-11-20 10:11:12", "accountNumber": "777", "code": nil,
		"content":      "tien rau",
		"transferType": "in", "transferAmount": 45000, "accumulated": 0, "subAccount": nil,
		"referenceCode": "FT26324000000002", "description": "",
	}, 200)
	found := object(s.ask(key, "GET", "/api/v1/cases?state=open", nil, 200).items()[0].(map[string]any))
	s.ask(key, "POST", "/api/v1/cases/"+found.text("id")+"/resolve", object{"action": "dismiss", "reason": "không rõ"},
		200)
	s.ask(second, "POST", "/api/v1/cases/"+found.text("id")+"/reopen", object{"reason": "xem lại"}, 200)

	tourUsers(s, key)
	tourStall(s, env, key, market)
	tourProgramme(s, key, second, market)
	tourField(s, key, market)
	tourCosts(s, key, "TOUR", s.ask(key, "GET", "/api/v1/markets/"+market, nil, 200).text("code"))
}

// tourCosts records and imports what a campaign spent.
func tourCosts(s *serving, key, campaign, market string) {
	s.t.Helper()
	at := "/api/v1/campaigns/" + campaign + "/costs"
	s.ask(key, "POST", at, object{"market": market, "spent_on": "2026-11-01", "purpose": "printing", "amount": "1000"},
		201)
	s.upload(key, at+"/import", "Chợ,Ngày,Khoản chi,Số tiền\n"+market+",02/11/2026,In ấn,1.250.000\n")
}

// tourField records and imports what is seen in the field.
func tourField(s *serving, key, market string) {
	s.t.Helper()
	at := "/api/v1/markets/" + market
	s.ask(key, "POST", at+"/stalls", object{
		"number": "F-1", "since": "2026-01-01",
		"merchant": object{"full_name": "Phạm Thị Sáu", "phone": "0905000006"},
		"account":  object{"bank_bin": "970436", "account_number": "8888", "holder_name": "PHAM THI SAU"},
	}, 201)
	s.ask(key, "POST", at+"/visits", object{
		"stall_number": "F-1", "visited_at": "2026-11-01T08:00:00+07:00",
		"outcome": "helped",
	}, 201)
	training := "/api/v1/trainings/" + s.ask(key, "POST", at+"/trainings", object{
		"held_on": "2026-11-01",
		"topic":   "Quét mã",
	}, 201).text("id") + "/attendances"
	s.ask(key, "POST", training, object{"stall_number": "F-1"}, 201)
	s.ask(key, "POST", at+"/fees", object{"month": "2026-10", "due": "100", "paid": "90", "paid_by_transfer": "50"},
		201)
	s.ask(key, "POST", at+"/declared-shares", object{
		"stall_number": "F-1", "asked_on": "2026-11-01", "customers": 10,
		"transfers": 6,
	}, 201)
	s.ask(key, "POST", at+"/refusals", object{
		"stall_number": "F-1", "kind": "refusal", "reason": "tax",
		"said_on": "2026-11-01",
	}, 201)
	incident := s.ask(key, "POST", at+"/incidents", object{
		"kind":        "fake_transfer",
		"occurred_at": "2026-11-01T08:00:00+07:00",
	}, 201).text("id")
	s.ask(key, "POST", "/api/v1/incidents/"+incident+"/close", object{}, 200)
	s.ask(key, "POST", at+"/survey-answers", object{
		"asked_on": "2026-11-01", "smartphone": true, "signal": true,
		"active": true, "sex": "unsaid", "non_fixed": false,
	}, 201)
	plan := s.ask(key, "POST", at+"/sample-plans", object{
		"from": "2026-11-01", "to": "2026-11-01",
		"strata": []any{object{"stratum": "sáng", "hours": []any{5, 9}}}, "slots_per_stratum": 1,
	}, 201)
	slots, _ := plan["slots"].([]any)
	slot, _ := slots[0].(map[string]any)
	s.ask(key, "PUT", "/api/v1/sample-slots/"+object(slot).text("id"), object{"sales": 10, "cashless_sales": 4}, 200)
	starts, err := time.Parse(time.RFC3339, object(slot).text("starts_at"))
	must(s.t, err)
	s.upload(key, at+"/sample-slots/import", "Nửa giờ,Tổng lượt bán,Lượt không dùng tiền mặt\n"+
		starts.In(bizday.Vietnam).Format("02/01/2006 15:04")+",11,5\n")
	for path, list := range map[string]string{
		at + "/visits": "Sạp số,Ngày,Kết quả\nF-1,02/11/2026,Đã hỗ trợ\n", at +
			"/trainings": "Ngày,Nội dung\n02/11/2026,Nhận tiền\n",
		at + "/fees": "Tháng,Phải thu,Đã thu,Chuyển khoản\n09/2026,100,90,50\n", at +
			"/declared-shares": "Sạp số,Ngày,Chuyển khoản\nF-1,02/11/2026,5\n",
		at + "/refusals": "Sạp số,Loại,Lý do,Ngày\nF-1,Từ chối,Thuế,02/11/2026\n", at +
			"/incidents": "Loại,Ngày\nMã bị dán đè,02/11/2026\n",
		at + "/survey-answers": "Ngày,Smartphone,Sóng,Nhận chuyển khoản\n02/11/2026,có,có,không\n",
	} {
		s.upload(key, path+"/import", list)
	}
	s.ask(key, "POST", at+"/stalls", object{
		"number": "F-2", "since": "2026-01-01",
		"merchant": object{"full_name": "Phạm Văn Bảy", "phone": "0905000007"},
	}, 201)
	s.upload(key, training+"/import", "Sạp số\nF-2\n")
	for _, item := range s.ask(key, "GET", at+"/stalls?limit=200", nil, 200).items() {
		stall, _ := item.(map[string]any)
		accounts, _ := stall["accounts"].([]any)
		if object(stall).text("number") != "F-1" || len(accounts) == 0 {
			continue
		}
		account, _ := accounts[0].(map[string]any)
		s.ask(key, "POST", "/api/v1/stalls/"+object(stall).text("id")+"/accounts/"+object(account).text("id")+
			"/name-check", object{"how": "paper"}, 200)
	}
}

// tourUsers keeps users and keys as an admin, and one's own account as who was made.
func tourUsers(s *serving, key string) {
	s.t.Helper()
	order := object{"login": "lan", "full_name": "Lan", "role": "auditor", "scopes": []any{object{"scope": "all"}}}
	lan := s.ask(key, "POST", "/api/v1/users", order, 201).text("id")
	s.ask(key, "PATCH", "/api/v1/users/"+lan, object{"full_name": "Nguyễn Thị Lan"}, 200)
	told, _ := s.ask(key, "POST", "/api/v1/users/"+lan+"/renewal", nil, 200)["enrolment"].(map[string]any)
	codes, _ := told["recovery_codes"].([]any)
	s.ask(key, "POST", "/api/v1/api-keys", object{"name": "bản đồ", "role": "integration"}, 201)
	listed, _ := s.ask(key, "GET", "/api/v1/api-keys", nil, 200).items()[0].(map[string]any)
	s.ask(key, "DELETE", "/api/v1/api-keys/"+object(listed).text("id"), nil, 204)

	password := object(told).text("password")
	mine := s.signIn("lan", password, object(told).text("totp_secret"))
	res, _ := s.visit("PUT", "/api/v1/me/password", object{
		"current_password": password, "code": codes[0],
		"password": "tôm hùm 9 con",
	}, mine...)
	mine = s.renewed(res, mine)
	res, _ = s.visit("POST", "/api/v1/sessions/current/proof", object{"password": "tôm hùm 9 con", "code": codes[1]},
		mine...)
	mine = s.renewed(res, mine)
	if res, o := s.visit("DELETE", "/api/v1/sessions/current", nil, mine...); res.StatusCode != 204 {
		s.t.Fatalf("signing out: %d %v", res.StatusCode, o)
	}
}

// renewed are the headers of a session whose answer gave it another token.
func (s *serving) renewed(res *http.Response, before []string) []string {
	s.t.Helper()
	if res.StatusCode/100 != 2 || len(res.Cookies()) == 0 {
		s.t.Fatalf("%s %s: %d, cookies %v", res.Request.Method, res.Request.URL.Path, res.StatusCode, res.Cookies())
	}
	return []string{"Cookie", res.Cookies()[0].Name + "=" + res.Cookies()[0].Value, "Origin", before[3]}
}

// tourPrivacy does what a merchant asks of its own data.
func tourPrivacy(s *serving, key, merchant string) {
	s.t.Helper()
	s.ask(key, "PATCH", merchant, object{"household_name": "Hộ kinh doanh Tư"}, 200)
	s.ask(key, "POST", merchant+"/consents", object{
		"purpose": "public_page", "given": true, "how": "paper",
		"text_version": 1,
	}, 201)
	request := s.ask(key, "POST", merchant+"/data-requests", object{"kind": "access"}, 201).text("id")
	s.ask(key, "POST", "/api/v1/data-requests/"+request+"/resolve", object{
		"action": "answer",
		"reason": "sẽ gửi bản sao",
	}, 200)
}

// tourStall invites a merchant, who lets staff in on a device; and changes where the stall's money
// goes.
func tourStall(s *serving, env []string, key, market string) {
	s.t.Helper()
	stall := s.ask(key, "POST", "/api/v1/markets/"+market+"/stalls", object{
		"number": "T-1", "merchant": object{"full_name": "Lê Thị Tư", "phone": "0905000004"},
		"account": object{"bank_bin": "970436", "account_number": "6666", "holder_name": "LE THI TU"},
	}, 201)
	at := "/api/v1/stalls/" + stall.text("id")
	merchant, _ := stall["merchant"].(map[string]any)
	tourPrivacy(s, key, "/api/v1/merchants/"+object(merchant).text("id"))
	s.ask(key, "POST", at+"/invitations", nil, 201)
	listed, _ := s.ask(key, "GET", at+"/invitations", nil, 200).items()[0].(map[string]any)
	s.ask(key, "DELETE", at+"/invitations/"+object(listed).text("id"), nil, 204)
	invited := s.ask(key, "POST", at+"/invitations", nil, 201)
	req, err := http.NewRequestWithContext(s.t.Context(), "POST", invited.text("url"), http.NoBody)
	must(s.t, err)
	req.Header.Set("Origin", s.address)
	res, err := http.DefaultClient.Do(req)
	must(s.t, err)
	must(s.t, res.Body.Close())
	owner := s.renewed(res, []string{"", "", "", s.address})
	do := func(method, path string, body object, want int, as []string) (*http.Response, object) {
		s.t.Helper()
		res, o := s.visit(method, path, body, as...)
		if res.StatusCode != want {
			s.t.Fatalf("%s %s: %d %v", method, path, res.StatusCode, o)
		}
		return res, o
	}
	_, seller := do("POST", at+"/staff", object{"name": "Năm", "pin": "4831"}, 201, owner)
	do("PUT", at+"/staff/"+seller.text("id")+"/pin", object{"pin": "5927"}, 204, owner)
	res, device := do("POST", at+"/devices", object{"name": "Máy ở quầy"}, 201, owner)
	do("POST", "/api/v1/staff-sessions", object{"staff_id": seller.text("id"), "pin": "5927"}, 201,
		s.renewed(res, owner))
	phone := object{
		"endpoint": "https://fcm.googleapis.com/fcm/send/x",
		"keys": object{
			"p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
			"auth":   "tBHItJI5svbpez7KI4CCXg",
		},
	}
	_, subscribed := do("PUT", at+"/push-subscriptions", phone, 201, owner)
	do("DELETE", at+"/push-subscriptions/"+subscribed.text("id"), nil, 204, owner)
	do("DELETE", at+"/staff/"+seller.text("id"), nil, 204, owner)
	do("DELETE", at+"/devices/"+device.text("id"), nil, 204, owner)

	// The book is its owner's alone.
	_, cash := do("POST", "/api/v1/me/revenue-book/cash", object{
		"day": "2026-11-01", "text": "bán tiền mặt",
		"amount": "45000",
	}, 201, owner)
	do("DELETE", "/api/v1/me/revenue-book/cash/"+cash.text("id"), nil, 204, owner)
	do("PUT", "/api/v1/me/revenue-book/receipts", object{
		"payments": []any{s.receipt(key, at, "6666")},
		"turnover": true,
	}, 204, owner)

	wish := object{
		"account": object{"bank_bin": "970415", "account_number": "100200300", "holder_name": "LE THI TU"},
		"reason":  "đổi ngân hàng",
	}
	change := s.ask(key, "POST", at+"/beneficiary-changes", wish, 201).text("id")
	s.ask(key, "POST", "/api/v1/beneficiary-changes/"+change+"/cancel", object{}, 200)
	s.approve(env, s.ask(key, "POST", at+"/beneficiary-changes", wish, 201))
	s.ask(key, "POST", at+"/accounts", object{
		"bank_bin": "970436", "account_number": "7777",
		"holder_name": "LE THI TU",
	}, 202)
	alert, _ := s.ask(key, "GET", "/api/v1/alerts?state=open", nil, 200).items()[0].(map[string]any)
	s.closes(env, "/api/v1/alerts/"+object(alert).text("id"))
}

// receipt has a bank tell of money to a stall, and is the payment it became.
func (s *serving) receipt(key, stall, account string) string {
	s.t.Helper()
	connection := s.ask(key, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "r",
		"secrets": object{"api_key": "a-key-for-receipts"},
	}, 201)
	code, _ := s.ask(key, "GET", stall, nil, 200)["code"].(map[string]any)
	s.ask("Apikey a-key-for-receipts", "POST", connection.text("webhook_path"), object{
		"id": 9, "gateway": "Vietcombank", "transactionDate": "2026-11-20 10:11:12", "accountNumber": account,
		"code": nil, "content": object(code).text("code"),
		"transferType": "in", "transferAmount": 45000, "accumulated": 0, "subAccount": nil,
		"referenceCode": "FT26324000000009", "description": "",
	}, 200)
	paid, _ := s.ask(key, "GET", stall+"/payments", nil, 200).items()[0].(map[string]any)
	return object(paid).text("id")
}

// upload sends a board's list and wants it taken.
func (s *serving) upload(key, path, list string) {
	s.t.Helper()
	const edge = "edge-of-a-part"
	form := "--" + edge + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n" + list +
		"\r\n--" + edge + "--\r\n"
	req, err := http.NewRequestWithContext(s.t.Context(), "POST", s.address+path, strings.NewReader(form))
	must(s.t, err)
	req.Header.Set("Content-Type", "multipart/form-data; boundary="+edge)
	req.Header.Set("Authorization", key)
	res, err := http.DefaultClient.Do(req)
	must(s.t, err)
	defer res.Body.Close()
	if res.StatusCode != 200 {
		s.t.Fatalf("import answered %d", res.StatusCode)
	}
}
