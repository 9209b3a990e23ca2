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

	"market40/frontend/apptest/program"
	"market40/merchants/platform/bizday"
	"market40/migrations/database/dbtest"
)

// auditLines are the lines of the trail about an object, oldest first.
func auditLines(s *program.Server, key, query string) []object {
	s.T.Helper()
	var all []object
	for after := ""; ; {
		page := s.CallAs(key, "GET", "/api/v1/audit?limit=200&"+query+after, nil, 200)
		for _, item := range page.Items() {
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

// changesOf are what a line changed in one table.
func changesOf(o object, kind string) (found []object) {
	list, _ := o["changes"].([]any)
	for _, item := range list {
		if c := object(item.(map[string]any)); c.Text("kind") == kind {
			found = append(found, c)
		}
	}
	return found
}

// TestEveryCommittedChangeIsRecorded kills the server again and again while stalls are changed,
// each by one client and to what it never was. Were a change committed without its line, the
// digests of the next one would not begin where the last ended.
func TestEveryCommittedChangeIsRecorded(t *testing.T) {
	t.Parallel()
	env := []string{
		"DATABASE_URL=" + dbtest.URL(t),
		"SECRET_KEY=" + program.SecretKey(1),
		"LISTEN_ADDR=" + freeAddress(t),
	}
	s := program.Serve(t, env)
	stalls := []string{registerPaidStall(t, s, env)}
	key := program.AdminKey(t, env)
	market := s.CallAs(key, "GET", "/api/v1/stalls/"+stalls[0], nil, 200).Text("market_id")
	for _, number := range []string{"B1", "B2", "B3"} {
		stalls = append(stalls, s.CallAs(key, "POST", "/api/v1/markets/"+market+"/stalls", object{"number": number},
			201).Text("id"))
	}
	address := s.Address // of each server to come, too
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
		killServer(s)
		s = program.Serve(t, env)
	}
	close(ended)
	clients.Wait()
	committed, cut := 0, 0
	for _, stall := range stalls {
		last := ""
		for _, line := range auditLines(s, key, "method=PATCH&object="+stall) {
			if line["status"] == nil {
				cut++
			}
			for _, c := range changesOf(line, "stalls") {
				if committed++; last != "" && c.Text("before") != last {
					t.Errorf("stall %s: a change begins at %s, the one before it ended at %s", stall, c.Text("before"),
						last)
				}
				last = c.Text("after")
			}
		}
	}
	if int64(committed) < done.Load() {
		t.Errorf("%d changes have lines, %d were acknowledged", committed, done.Load())
	}
	t.Logf("%d changes acknowledged, %d lines with one, %d lines without a result", done.Load(), committed, cut)
	program.Want(t, 0, env, "audit", "verify")
}

// untoured are the routes that change something and yet leave no change in the trail, each with
// why.
var untoured = map[string]string{
	"POST /api/v1/codes/verify":                        "changes nothing: trail.unrecorded",
	"POST /api/v1/passkeys/challenge":                  "the browser stores what was begun",
	"POST /api/v1/me/passkeys/challenge":               "the same",
	"POST /api/v1/me/passkeys":                         "wants a device: TestAccountPages has one, and passkeys and sessions are watched",
	"DELETE /api/v1/me/passkeys/{id}":                  "the same",
	"POST /api/v1/passkeys/sessions":                   "the same",
	"POST /api/v1/me/passkeys/proof":                   "the same",
	"POST /api/v1/phone-codes":                         "counters of codes",
	"POST /api/v1/bank-connections/{id}/test":          "a delivery by the banks' webhook: it is stored whole",
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
	"POST /webhooks/{provider}/{connection}":                           "banks: each delivery is stored whole, and the books prove themselves",
	"POST /webhooks/{provider}/{connection}/api/token_generate":        "the same: gives a provider its token",
	"POST /webhooks/{provider}/{connection}/bank/api/transaction-sync": "the same",
	"POST /q/{code}/orders":                                            "anonymous shoppers: an order moves nothing, and its code is stored",
	"POST /q/{code}/problems":                                          "the same: what they report is stored whole, and closing it is in the trail",
}

// TestEveryRouteThatChangesSomethingIsInTheTrail takes a tour through all of them: a new route
// fails here until it has a step that succeeds and leaves a digest, or a reason why not.
func TestEveryRouteThatChangesSomethingIsInTheTrail(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env)
	tour(t, s, env)
	left := map[string]int{} // changes by route
	for _, line := range auditLines(s, program.AdminKey(t, env), "status=2xx") {
		changed, _ := line["changed"].(float64)
		route := line.Text("method") + " " + regexp.MustCompile(`:(\w+)`).ReplaceAllString(line.Text("route"), "{$1}")
		left[route] = max(left[route], int(changed))
	}
	var api struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	_, text := s.Get("/openapi.json")
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
func tour(t *testing.T, s *program.Server, env []string) {
	t.Helper()
	stall := registerPaidStall(t, s, env)
	key, second := program.AdminKey(t, env), program.AdminKey(t, env)
	at := "/api/v1/stalls/" + stall
	s.CallAs(key, "PATCH", at, object{"zone": "B"}, 200)
	s.Approve(env, s.CallAs(key, "POST", at+"/accounts", object{
		"bank_bin": "970436", "account_number": "5555",
		"holder_name": "NGUYEN THI LAN",
	}, 202))
	code := s.CallAs(key, "POST", at+"/codes", object{}, 201)
	s.CallAs(key, "POST", at+"/checks", object{"payload": code.Text("payload")}, 201)
	s.CallAs(key, "POST", "/api/v1/orders", object{"stall_id": stall, "amount": "45000"}, 201)
	_, reported := s.Visit("POST", "/q/"+code.Text("code")+"/problems", object{"kind": "other"})
	s.CallAs(key, "POST", "/api/v1/complaints/"+reported.Text("id")+"/close", object{"reason": "đã gặp"}, 200)
	s.CallAs(
		key,
		"POST",
		at+"/confirmations",
		object{"amount": "1000", "occurred_at": time.Now().Add(-time.Hour).Format(
			time.RFC3339)},
		201,
	)
	s.Approve(env, s.CallAs(key, "POST", at+"/tenancies", object{"merchant": object{
		"full_name": "Trần Văn Ba",
		"phone":     "0905000002",
	}}, 202))
	s.CallAs(key, "POST", at+"/suspend", object{}, 200)
	s.CallAs(key, "POST", at+"/reopen", object{}, 200)
	closeByPerson(s, env, at)
	market := s.CallAs(key, "GET", at, nil, 200).Text("market_id")
	uploadList(s, key, "/api/v1/markets/"+market+"/stalls/import", "Số sạp,Khu\nC1,Khu C\n")
	connection := s.CallAs(key, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "b",
		"secrets": object{"api_key": "another-key"},
	}, 201)
	s.CallAs(key, "POST", "/api/v1/bank-connections/"+connection.Text("id")+"/secrets",
		object{"secrets": object{"api_key": "a-third-key"}}, 204)
	at = "/api/v1/bank-connections/" + connection.Text("id")
	s.CallAs(key, "PATCH", at, object{"name": "c"}, 200)
	secrets, _ := s.CallAs(key, "GET", at, nil, 200)["secrets"].([]any)
	s.CallAs(key, "DELETE", at+"/secrets/"+object(secrets[0].(map[string]any)).Text("id"), nil, 204)
	unsigned := s.CallAs(key, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "d",
		"secrets": object{"auth": "none", "allow_ips": []any{"192.0.2.1/32"}},
	}, 201)
	s.CallAs(second, "POST", "/api/v1/bank-connections/"+unsigned.Text("id")+"/approve", nil, 200)
	at = "/api/v1/stalls/" + stall
	s.CallAs("Apikey another-key", "POST", connection.Text("webhook_path"), object{
		"id": 1, "gateway": "MBBank", "transactionDate": "2026-11-20 10:11:12", "accountNumber": "777", "code": nil,
		"content":      "tien rau",
		"transferType": "in", "transferAmount": 45000, "accumulated": 0, "subAccount": nil,
		"referenceCode": "FT26324000000002", "description": "",
	}, 200)
	found := object(s.CallAs(key, "GET", "/api/v1/cases?state=open", nil, 200).Items()[0].(map[string]any))
	s.CallAs(
		key,
		"POST",
		"/api/v1/cases/"+found.Text("id")+"/resolve",
		object{"action": "dismiss", "reason": "không rõ"},
		200,
	)
	s.CallAs(second, "POST", "/api/v1/cases/"+found.Text("id")+"/reopen", object{"reason": "xem lại"}, 200)

	tourUsers(s, key)
	tourStall(s, env, key, market)
	tourProgramme(s, key, second, market)
	tourField(s, key, market)
	tourCosts(s, key, "TOUR", s.CallAs(key, "GET", "/api/v1/markets/"+market, nil, 200).Text("code"))
}

// tourCosts records and imports what a campaign spent.
func tourCosts(s *program.Server, key, campaign, market string) {
	s.T.Helper()
	at := "/api/v1/campaigns/" + campaign + "/costs"
	s.CallAs(
		key,
		"POST",
		at,
		object{"market": market, "spent_on": "2026-11-01", "purpose": "printing", "amount": "1000"},
		201,
	)
	uploadList(s, key, at+"/import", "Chợ,Ngày,Khoản chi,Số tiền\n"+market+",02/11/2026,In ấn,1.250.000\n")
}

// tourField records and imports what is seen in the field.
func tourField(s *program.Server, key, market string) {
	s.T.Helper()
	at := "/api/v1/markets/" + market
	s.CallAs(key, "POST", at+"/stalls", object{
		"number": "F-1", "since": "2026-01-01",
		"merchant": object{"full_name": "Phạm Thị Sáu", "phone": "0905000006"},
		"account":  object{"bank_bin": "970436", "account_number": "8888", "holder_name": "PHAM THI SAU"},
	}, 201)
	s.CallAs(key, "POST", at+"/visits", object{
		"stall_number": "F-1", "visited_at": "2026-11-01T08:00:00+07:00",
		"outcome": "helped",
	}, 201)
	training := "/api/v1/trainings/" + s.CallAs(key, "POST", at+"/trainings", object{
		"held_on": "2026-11-01",
		"topic":   "Quét mã",
	}, 201).Text("id") + "/attendances"
	s.CallAs(key, "POST", training, object{"stall_number": "F-1"}, 201)
	s.CallAs(key, "POST", at+"/fees", object{"month": "2026-10", "due": "100", "paid": "90", "paid_by_transfer": "50"},
		201)
	s.CallAs(key, "POST", at+"/declared-shares", object{
		"stall_number": "F-1", "asked_on": "2026-11-01", "customers": 10,
		"transfers": 6,
	}, 201)
	s.CallAs(key, "POST", at+"/refusals", object{
		"stall_number": "F-1", "kind": "refusal", "reason": "tax",
		"said_on": "2026-11-01",
	}, 201)
	incident := s.CallAs(key, "POST", at+"/incidents", object{
		"kind":        "fake_transfer",
		"occurred_at": "2026-11-01T08:00:00+07:00",
	}, 201).Text("id")
	s.CallAs(key, "POST", "/api/v1/incidents/"+incident+"/close", object{}, 200)
	s.CallAs(key, "POST", at+"/survey-answers", object{
		"asked_on": "2026-11-01", "smartphone": true, "signal": true,
		"active": true, "sex": "unsaid", "non_fixed": false,
	}, 201)
	plan := s.CallAs(key, "POST", at+"/sample-plans", object{
		"from": "2026-11-01", "to": "2026-11-01",
		"strata": []any{object{"stratum": "sáng", "hours": []any{5, 9}}}, "slots_per_stratum": 1,
	}, 201)
	slots, _ := plan["slots"].([]any)
	slot, _ := slots[0].(map[string]any)
	s.CallAs(key, "PUT", "/api/v1/sample-slots/"+object(slot).Text("id"), object{"sales": 10, "cashless_sales": 4}, 200)
	starts, err := time.Parse(time.RFC3339, object(slot).Text("starts_at"))
	must(s.T, err)
	uploadList(s, key, at+"/sample-slots/import", "Nửa giờ,Tổng lượt bán,Lượt không dùng tiền mặt\n"+
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
		uploadList(s, key, path+"/import", list)
	}
	s.CallAs(key, "POST", at+"/stalls", object{
		"number": "F-2", "since": "2026-01-01",
		"merchant": object{"full_name": "Phạm Văn Bảy", "phone": "0905000007"},
	}, 201)
	uploadList(s, key, training+"/import", "Sạp số\nF-2\n")
	for _, item := range s.CallAs(key, "GET", at+"/stalls?limit=200", nil, 200).Items() {
		stall, _ := item.(map[string]any)
		accounts, _ := stall["accounts"].([]any)
		if object(stall).Text("number") != "F-1" || len(accounts) == 0 {
			continue
		}
		account, _ := accounts[0].(map[string]any)
		s.CallAs(key, "POST", "/api/v1/stalls/"+object(stall).Text("id")+"/accounts/"+object(account).Text("id")+
			"/name-check", object{"how": "paper"}, 200)
	}
}

// tourUsers keeps users and keys as an admin, and one's own account as who was made.
func tourUsers(s *program.Server, key string) {
	s.T.Helper()
	order := object{"login": "lan", "full_name": "Lan", "role": "auditor", "scopes": []any{object{"scope": "all"}}}
	lan := s.CallAs(key, "POST", "/api/v1/users", order, 201).Text("id")
	s.CallAs(key, "PATCH", "/api/v1/users/"+lan, object{"full_name": "Nguyễn Thị Lan"}, 200)
	enrolment, _ := s.CallAs(key, "POST", "/api/v1/users/"+lan+"/renewal", nil, 200)["enrolment"].(map[string]any)
	codes, _ := enrolment["recovery_codes"].([]any)
	s.CallAs(key, "POST", "/api/v1/api-keys", object{"name": "bản đồ", "role": "integration"}, 201)
	listed, _ := s.CallAs(key, "GET", "/api/v1/api-keys", nil, 200).Items()[0].(map[string]any)
	s.CallAs(key, "DELETE", "/api/v1/api-keys/"+object(listed).Text("id"), nil, 204)

	password := object(enrolment).Text("password")
	mine := s.SignIn("lan", password, object(enrolment).Text("totp_secret"))
	res, _ := s.Visit("PUT", "/api/v1/me/password", object{
		"current_password": password, "code": codes[0],
		"password": "tôm hùm 9 con",
	}, mine...)
	mine = sessionHeaders(s, res, mine)
	res, _ = s.Visit("POST", "/api/v1/sessions/current/proof", object{"password": "tôm hùm 9 con", "code": codes[1]},
		mine...)
	mine = sessionHeaders(s, res, mine)
	if res, o := s.Visit("DELETE", "/api/v1/sessions/current", nil, mine...); res.StatusCode != 204 {
		s.T.Fatalf("signing out: %d %v", res.StatusCode, o)
	}
}

// sessionHeaders returns the headers of a session after an answer that changed its token.
func sessionHeaders(s *program.Server, res *http.Response, before []string) []string {
	s.T.Helper()
	if res.StatusCode/100 != 2 || len(res.Cookies()) == 0 {
		s.T.Fatalf("%s %s: %d, cookies %v", res.Request.Method, res.Request.URL.Path, res.StatusCode, res.Cookies())
	}
	return []string{"Cookie", res.Cookies()[0].Name + "=" + res.Cookies()[0].Value, "Origin", before[3]}
}

// tourPrivacy makes a merchant's requests about its own data.
func tourPrivacy(s *program.Server, key, merchant string) {
	s.T.Helper()
	s.CallAs(key, "PATCH", merchant, object{"household_name": "Hộ kinh doanh Tư"}, 200)
	s.CallAs(key, "POST", merchant+"/consents", object{
		"purpose": "public_page", "given": true, "how": "paper",
		"text_version": 1,
	}, 201)
	request := s.CallAs(key, "POST", merchant+"/data-requests", object{"kind": "access"}, 201).Text("id")
	s.CallAs(key, "POST", "/api/v1/data-requests/"+request+"/resolve", object{
		"action": "answer",
		"reason": "sẽ gửi bản sao",
	}, 200)
}

// tourStall invites a merchant, who lets staff in on a device; and changes where the stall's money
// goes.
func tourStall(s *program.Server, env []string, key, market string) {
	s.T.Helper()
	stall := s.CallAs(key, "POST", "/api/v1/markets/"+market+"/stalls", object{
		"number": "T-1", "merchant": object{"full_name": "Lê Thị Tư", "phone": "0905000004"},
		"account": object{"bank_bin": "970436", "account_number": "6666", "holder_name": "LE THI TU"},
	}, 201)
	at := "/api/v1/stalls/" + stall.Text("id")
	merchant, _ := stall["merchant"].(map[string]any)
	tourPrivacy(s, key, "/api/v1/merchants/"+object(merchant).Text("id"))
	s.CallAs(key, "POST", at+"/invitations", nil, 201)
	listed, _ := s.CallAs(key, "GET", at+"/invitations", nil, 200).Items()[0].(map[string]any)
	s.CallAs(key, "DELETE", at+"/invitations/"+object(listed).Text("id"), nil, 204)
	invited := s.CallAs(key, "POST", at+"/invitations", nil, 201)
	req, err := http.NewRequestWithContext(s.T.Context(), "POST", invited.Text("url"), http.NoBody)
	must(s.T, err)
	req.Header.Set("Origin", s.Address)
	res, err := http.DefaultClient.Do(req)
	must(s.T, err)
	must(s.T, res.Body.Close())
	owner := sessionHeaders(s, res, []string{"", "", "", s.Address})
	do := func(method, path string, body object, want int, as []string) (*http.Response, object) {
		s.T.Helper()
		res, o := s.Visit(method, path, body, as...)
		if res.StatusCode != want {
			s.T.Fatalf("%s %s: %d %v", method, path, res.StatusCode, o)
		}
		return res, o
	}
	_, seller := do("POST", at+"/staff", object{"name": "Năm", "pin": "4831"}, 201, owner)
	do("PUT", at+"/staff/"+seller.Text("id")+"/pin", object{"pin": "5927"}, 204, owner)
	res, device := do("POST", at+"/devices", object{"name": "Máy ở quầy"}, 201, owner)
	do("POST", "/api/v1/staff-sessions", object{"staff_id": seller.Text("id"), "pin": "5927"}, 201,
		sessionHeaders(s, res, owner))
	phone := object{
		"endpoint": "https://fcm.googleapis.com/fcm/send/x",
		"keys": object{
			"p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
			"auth":   "tBHItJI5svbpez7KI4CCXg",
		},
	}
	_, subscribed := do("PUT", at+"/push-subscriptions", phone, 201, owner)
	do("DELETE", at+"/push-subscriptions/"+subscribed.Text("id"), nil, 204, owner)
	do("DELETE", at+"/staff/"+seller.Text("id"), nil, 204, owner)
	do("DELETE", at+"/devices/"+device.Text("id"), nil, 204, owner)

	// The book is its owner's alone.
	_, cash := do("POST", "/api/v1/me/revenue-book/cash", object{
		"day": "2026-11-01", "text": "bán tiền mặt",
		"amount": "45000",
	}, 201, owner)
	do("DELETE", "/api/v1/me/revenue-book/cash/"+cash.Text("id"), nil, 204, owner)
	do("PUT", "/api/v1/me/revenue-book/receipts", object{
		"payments": []any{receivePayment(s, key, at, "6666")},
		"turnover": true,
	}, 204, owner)

	wish := object{
		"account": object{"bank_bin": "970415", "account_number": "100200300", "holder_name": "LE THI TU"},
		"reason":  "đổi ngân hàng",
	}
	change := s.CallAs(key, "POST", at+"/beneficiary-changes", wish, 201).Text("id")
	s.CallAs(key, "POST", "/api/v1/beneficiary-changes/"+change+"/cancel", object{}, 200)
	s.Approve(env, s.CallAs(key, "POST", at+"/beneficiary-changes", wish, 201))
	s.CallAs(key, "POST", at+"/accounts", object{
		"bank_bin": "970436", "account_number": "7777",
		"holder_name": "LE THI TU",
	}, 202)
	alert, _ := s.CallAs(key, "GET", "/api/v1/alerts?state=open", nil, 200).Items()[0].(map[string]any)
	closeByPerson(s, env, "/api/v1/alerts/"+object(alert).Text("id"))
}

// receivePayment has a bank report money to a stall, and returns the payment's id.
func receivePayment(s *program.Server, key, stall, account string) string {
	s.T.Helper()
	connection := s.CallAs(key, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "r",
		"secrets": object{"api_key": "a-key-for-receipts"},
	}, 201)
	code, _ := s.CallAs(key, "GET", stall, nil, 200)["code"].(map[string]any)
	s.CallAs("Apikey a-key-for-receipts", "POST", connection.Text("webhook_path"), object{
		"id": 9, "gateway": "Vietcombank", "transactionDate": "2026-11-20 10:11:12", "accountNumber": account,
		"code": nil, "content": object(code).Text("code"),
		"transferType": "in", "transferAmount": 45000, "accumulated": 0, "subAccount": nil,
		"referenceCode": "FT26324000000009", "description": "",
	}, 200)
	paid, _ := s.CallAs(key, "GET", stall+"/payments", nil, 200).Items()[0].(map[string]any)
	return object(paid).Text("id")
}

// uploadList sends a board's list, which must be accepted.
func uploadList(s *program.Server, key, path, list string) {
	s.T.Helper()
	const edge = "edge-of-a-part"
	form := "--" + edge + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n" + list +
		"\r\n--" + edge + "--\r\n"
	req, err := http.NewRequestWithContext(s.T.Context(), "POST", s.Address+path, strings.NewReader(form))
	must(s.T, err)
	req.Header.Set("Content-Type", "multipart/form-data; boundary="+edge)
	req.Header.Set("Authorization", key)
	res, err := http.DefaultClient.Do(req)
	must(s.T, err)
	defer res.Body.Close()
	if res.StatusCode != 200 {
		s.T.Fatalf("import answered %d", res.StatusCode)
	}
}
