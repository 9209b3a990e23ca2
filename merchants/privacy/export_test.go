package privacy_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/web/webtest"
	"market40/migrations"
)

// knownValues makes a merchant of whom every table with something of merchants holds something.
func (w *world) knownValues() object {
	w.T.Helper()
	stall := w.stall("A1", lan, lansAccount)
	merchant, scope := "/api/v1/merchants/"+stall.Text("merchant.id"), "stall:"+stall.Text("id")
	mine := w.Key("merchant", scope)
	w.Call(mine, "POST", merchant+"/consents", object{
		"purpose": "public_page", "given": true, "how": "in_app",
		"text_version": 1,
	}, 201)
	w.Call(mine, "POST", merchant+"/data-requests", object{"kind": "access", "note": "cho xin bản sao, số 0905123456"},
		201)
	w.Call(mine, "POST", "/api/v1/stalls/"+stall.Text("id")+"/confirmations", object{
		"amount":      "20000",
		"occurred_at": "2026-11-20T08:00:00+07:00",
	}, 201)
	w.Call(mine, "POST", "/api/v1/stalls/"+stall.Text("id")+"/checks", object{"payload": stall.Text("code.payload")},
		201)
	w.Call(w.admin, "POST", "/api/v1/stalls/"+stall.Text("id")+"/suspend", object{"reason": "chị Lan nghỉ ốm"}, 200)
	w.Clock = w.Clock.Add(time.Hour)
	w.Call(w.admin, "POST", "/api/v1/stalls/"+stall.Text("id")+"/reopen", object{}, 200)
	w.Call(w.admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "SePay của chị Lan", "secrets": object{"api_key": "lan's own long key"},
		"owner":    object{"kind": "merchant", "id": stall.Text("merchant.id")},
		"accounts": []object{{"bank_bin": "970422", "account_number": lansAccount}},
	}, 201)
	_, err := w.People.Create(w.T.Context(), signin.UserOrder{
		Login: "lan.hai.san", FullName: "Nguyễn Thị Lan", Role: "merchant", Scopes: []signin.ScopeOrder{{Scope: scope}},
	})
	must(w.T, err)
	w.Exec(`INSERT INTO sessions (id, user_id, hash, created_at, seen_at, device, address, proved_at,
		method)
		SELECT gen_random_uuid(), id, sha256('x'), now(), now(), 'Điện thoại của Lan', '203.0.113.7:4711', now(),
		'password' FROM users WHERE login = 'lan.hai.san'`)
	w.Exec(`INSERT INTO user_scopes (user_id, scope_kind, scope_id, valid) SELECT id, 'market', '` +
		w.market + `', '[2026-01-01,)' FROM users WHERE login = 'lan.hai.san'`)
	w.Exec(`INSERT INTO passkeys (id, user_id, credential_id, record, name, created_at)
		SELECT gen_random_uuid(), id, 'device', 'sealed', 'Điện thoại của Lan', now() FROM users
		WHERE login = 'lan.hai.san'`)
	tenancy := `(SELECT id FROM tenancies WHERE stall_id = '` + stall.Text("id") + `')`
	at := `'` + w.market + `', '` + stall.Text("id") + `', ` + tenancy
	for _, row := range []string{
		`beneficiary_changes (id, kind, state, market_id, stall_id, tenancy_id, bank_bin, last4, holder_name, reason,
			proposed_by, proposed_at, due_at, needs_second, contact, contact_last3, decided_at)
			SELECT gen_random_uuid(), 'addition', 'effective', ` + at + `, '970422', '9999', 'NGUYEN THI LAN',
				'chị Lan mở thêm', id, now(), now(), false, 'sealed', '456', now() FROM users
				WHERE login = 'lan.hai.san'`,
		`beneficiary_change_steps (id, change_id, step, reason, at) SELECT gen_random_uuid(), id, 'effective', '', now()
			FROM beneficiary_changes`,
		`messages (id, purpose, about, phone, text, state, created_at, next_at)
			SELECT gen_random_uuid(), 'beneficiary_effective', id, 'sealed', 'chị Lan', 'queued', now(), now()
			FROM beneficiary_changes`,
		`invitations (id, market_id, stall_id, tenancy_id, merchant_id, hash, created_at, actor_id, expires_at)
			SELECT gen_random_uuid(), ` + at + `, merchant_id, 'hash', now(), id, now() FROM users
				WHERE login = 'lan.hai.san'`,
		`codes (code, kind, market_id, stall_id, tenancy_id, account_id, state, amount, issued_at, expires_at)
			SELECT 'M4J2222222', 'order', market_id, stall_id, tenancy_id, account_id, 'current', 45000, now(), now()
			FROM codes WHERE stall_id = '` + stall.Text("id") + `'`,
		`orders (id, code, note, by_shopper, after_version) VALUES (gen_random_uuid(), 'M4J2222222', 'chị Lan để dành',
			false, 0)`,
		`book_cash (id, merchant_id, day, text, amount, entered_by, entered_at, removed_at)
			SELECT gen_random_uuid(), merchant_id, '2026-11-01', 'chị Lan bán tiền mặt', 45000, id, now(), now()
			FROM users WHERE login = 'lan.hai.san'`,
		`book_decisions (payment_id, merchant_id, turnover, decided_by, decided_at)
			SELECT gen_random_uuid(), merchant_id, true, id, now() FROM users WHERE login = 'lan.hai.san'`,
		`visits (id, market_id, tenancy_id, visited_at, outcome, note, actor_id, recorded_at)
			SELECT gen_random_uuid(), '` + w.market + `', ` + tenancy + `, now(), 'helped', 'chị Lan cần bảng mã mới',
				id, now() FROM users WHERE login = 'lan.hai.san'`,
		`trainings (id, market_id, held_on, topic, actor_id, recorded_at) SELECT gen_random_uuid(), '` + w.market +
			`', '2026-11-01', 'Mã QR', id, now() FROM users WHERE login = 'lan.hai.san'`,
		`attendances (training_id, merchant_id, market_id, actor_id, recorded_at)
			SELECT t.id, u.merchant_id, t.market_id, u.id, now() FROM users u, trainings t WHERE login = 'lan.hai.san'`,
		`declared_shares (id, market_id, tenancy_id, asked_on, customers, transfers, actor_id, recorded_at)
			SELECT gen_random_uuid(), '` + w.market + `', ` + tenancy + `, '2026-11-01', 10, 4, id, now() FROM users
				WHERE login = 'lan.hai.san'`,
		`refusals (id, market_id, tenancy_id, kind, reason, said_on, note, actor_id, recorded_at)
			SELECT gen_random_uuid(), '` + w.market + `', ` + tenancy + `, 'withdrawal', 'other', '2026-11-01',
				'chị Lan nghỉ bán', id, now() FROM users WHERE login = 'lan.hai.san'`,
		`stall_devices (id, market_id, stall_id, tenancy_id, name, hash, created_at) VALUES (gen_random_uuid(), ` + at +
			`, 'Điện thoại của Lan', 'hash', now())`,
		`soundboxes (id, market_id, stall_id, tenancy_id, account_id, name, key, speaks, heard_version, seen_at,
			paired_at, actor_id, revoked_at)
			SELECT gen_random_uuid(), ` + at + `, gen_random_uuid(), 'Loa của chị Lan', 'sealed', true, 0, now(), now(),
				id, now() FROM users WHERE login = 'lan.hai.san'`,
		`staff (id, market_id, stall_id, tenancy_id, pin, created_at) SELECT id, ` + at + `, 'pin', now() FROM users
			WHERE login = 'lan.hai.san'`,
		`shifts (id, staff_id, market_id, stall_id, tenancy_id, device_id, started_at, ends_at)
			SELECT s.id, s.user_id, ` + at + `, d.id, now(), now() + interval '1 hour' FROM sessions s, stall_devices d
				WHERE s.device = 'Điện thoại của Lan'`,
	} {
		w.Exec(`INSERT INTO ` + row)
	}
	w.pay(lansAccount, lansMemo+stall.Text("code.code"), "45000")
	w.sent--
	w.pay(lansAccount, "noi dung khac", "46000") // the same again with other words: a case
	w.Call(w.admin, "GET", "/api/v1/stalls/"+stall.Text("id")+"/payments", nil, 200)
	for _, c := range w.Call(w.admin, "GET", "/api/v1/cases", nil, 200).Items() {
		w.Call(w.admin, "POST", "/api/v1/cases/"+c.Text("id")+"/resolve", object{
			"action": "dismiss",
			"reason": "đã trả lại",
		}, 200)
	}
	return stall
}

// TestExportIsComplete walks the table of columns: whatever is a merchant's, or its users', is in
// the export or has a reason not to be.
func TestExportIsComplete(t *testing.T) {
	w := newWorld(t)
	stall := w.knownValues()
	other := w.stall("B7", object{"full_name": "Trần Văn Nam", "phone": "0905000002"}, "555566667777")
	w.pay("555566667777", other.Text("code.code"), "77000")

	rec := w.Send(w.Key("merchant", "stall:"+stall.Text("id")), "GET", "/api/v1/merchants/"+stall.Text("merchant.id")+
		"/export", nil)
	if rec.Code != 200 || !strings.Contains(rec.Header().Get("Content-Disposition"), "attachment") {
		t.Fatalf("%d %v: %s", rec.Code, rec.Header(), rec.Body)
	}
	var exported struct {
		Tables map[string][]map[string]any `json:"tables"`
	}
	must(t, json.Unmarshal(rec.Body.Bytes(), &exported))
	classes, err := migrations.Classes()
	must(t, err)
	for _, c := range classes {
		if c.Subject == "none" || c.Export != migrations.Exported {
			if len(exported.Tables[c.Table]) > 0 {
				if _, there := exported.Tables[c.Table][0][c.Column]; there {
					t.Errorf("%s.%s is exported and ought not to be: %s", c.Table, c.Column, c.Export)
				}
			}
			continue
		}
		rows := exported.Tables[c.Table]
		if len(rows) == 0 {
			t.Errorf("%s.%s is nowhere in the export: no row of the table", c.Table, c.Column)
			continue
		}
		if _, there := rows[0][c.Column]; !there {
			t.Errorf("%s.%s is not in the export", c.Table, c.Column)
		}
	}
	text := rec.Body.String()
	for _, whole := range []string{
		"0905123456", "4201234567", lansAccount, strings.TrimSpace(lansMemo),
		"Hộ kinh doanh Lan Hải Sản", "chị Lan nghỉ ốm", "cho xin bản sao", `"amount":"45000"`, "lan.hai.san",
		`"role":"admin"`,
	} {
		if !strings.Contains(strings.ReplaceAll(text, `": "`, `":"`), whole) {
			t.Errorf("%s is not in the export", whole)
		}
	}
	for _, foreign := range []string{
		"555566667777", "0905000002", "Trần Văn Nam", "77000", other.Text("merchant.id"),
		"lan's own long key", "a long enough key",
	} {
		if strings.Contains(text, foreign) {
			t.Errorf("%s, which is another's or secret, is in the export", foreign)
		}
	}
	if n := len(exported.Tables["payments"]); n != 1 {
		t.Errorf("%d payments", n)
	}
}

// TestExportsOfSlowReaders: one merchant's export is written once at a time, few are in all, and
// files wait for none.
func TestExportsOfSlowReaders(t *testing.T) {
	w := newWorld(t)
	var paths, keys []string
	for i := range 5 {
		merchant := object{"full_name": fmt.Sprint("Người bán ", i), "phone": fmt.Sprint("090512346", i)}
		stall := w.stall(fmt.Sprint("A", i), merchant, fmt.Sprint("97042200000", i))
		paths = append(paths, "/api/v1/merchants/"+stall.Text("merchant.id")+"/export")
		keys = append(keys, w.Key("merchant", "stall:"+stall.Text("id")))
	}
	wake := webtest.StartRequest(t, w.Edge.Engine, paths[0], keys[0])
	w.Call(w.admin, "GET", paths[0], nil, 503)
	for i := 1; i < 4; i++ {
		webtest.StartRequest(t, w.Edge.Engine, paths[i], keys[i])
	}
	w.Call(keys[4], "GET", paths[4], nil, 503)
	w.Call(keys[4], "GET", "/api/v1/me/visibility", nil, 200)
	if got := wake(); got.Code != 200 || !strings.HasSuffix(got.Body.String(), "}}\n") {
		t.Errorf("the slow reader is answered %d %s", got.Code, got.Body)
	}
	w.Call(keys[4], "GET", paths[4], nil, 200)
}

func TestWhoReadsAnExportIsRecorded(t *testing.T) {
	w := newWorld(t)
	stall := w.stall("A1", lan, lansAccount)
	path := "/api/v1/merchants/" + stall.Text("merchant.id") + "/export"
	w.Send(w.admin, "GET", path, nil)
	answer := w.Call(w.Key("merchant", "stall:"+stall.Text("id")), "GET", path, nil, 200)
	looked := answer.List("tables.audit_events")
	if !slices.ContainsFunc(looked, func(e object) bool {
		return e.Text("object") == path &&
			e.Text("role") == "admin"
	}) {
		t.Errorf("the merchant sees these readers: %v", looked)
	}
	for role, status := range map[roles.Role]int{"manager": 403, "auditor": 403, "team": 403, "province_officer": 403} {
		if rec := w.Send(w.Key(role, ""), "GET", path, nil); rec.Code != status {
			t.Errorf("%s is answered %d", role, rec.Code)
		}
	}
}
