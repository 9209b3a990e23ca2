package privacy_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/bizday"
	"market40/migrations/database/dbtest"
	"market40/payments/paymentstest"
)

// erase requests a merchant's erasure and has it carried out, or refused for now.
func (w *world) erase(merchant string, status int, code string) object {
	w.T.Helper()
	var id string
	for _, r := range w.Call(w.admin, "GET", "/api/v1/data-requests?state=received", nil, 200).Items() {
		if r.Text("kind") == "erasure" && r.Text("merchant_id") == merchant {
			id = r.Text("id")
		}
	}
	if id == "" {
		id = w.Call(w.admin, "POST", "/api/v1/merchants/"+merchant+"/data-requests", object{
			"kind": "erasure",
			"note": "0905123456 xin xóa",
		}, 201).Text("id")
	}
	answer := w.Call(w.admin, "POST", "/api/v1/data-requests/"+id+"/resolve", object{
		"action": "done",
		"reason": "đã xóa",
	}, status)
	if answer.Text("code") != code {
		w.T.Fatalf("erasing is answered by %v, want %q", answer, code)
	}
	return answer
}

func TestErasureLeavesBooksWithoutNames(t *testing.T) {
	w := newWorld(t)
	stall := w.knownValues()
	merchant, id := stall.Text("merchant.id"), stall.Text("id")
	// Hers alone was a connection for her account; the platform's speaks of every account, before
	// and after.
	known := []string{
		"0905123456", "4201234567", lansAccount, "VA" + lansAccount, "Nguyễn Thị Lan", "NGUYEN THI LAN", "Lan Hải Sản",
		"chị Lan", "lan.hai.san",
		"Điện thoại của Lan", "203.0.113.7", strings.TrimSpace(lansMemo),
	}
	before := dbtest.Dump(t, w.DB)
	if !bytes.Contains(before, []byte("Nguyễn Thị Lan")) {
		t.Fatal("the dump does not hold what it ought to")
	}

	w.erase(merchant, 409, "tenancy_open")
	w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+id+"/close", object{"reason": "nghỉ bán"}, 200)
	w.pay(lansAccount, stall.Text("code.code"), "12000") // on a closed stall's code: a case
	w.erase(merchant, 409, "case_open")
	for _, c := range w.Call(w.admin, "GET", "/api/v1/cases?state=open", nil, 200).Items() {
		w.Call(w.admin, "POST", "/api/v1/cases/"+c.Text("id")+"/resolve", object{
			"action": "dismiss",
			"reason": "đã xem",
		}, 200)
	}
	w.Exec(`INSERT INTO legal_parameters VALUES ('keep_names', 30, 'days', '[2026-01-01,)', 'a test')`)
	var recorded time.Time // of what moved last: when the test's clock moved, the program's jumped with it
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT p.recorded_at FROM payments p
		JOIN ledger_accounts l ON l.id = p.credit_account
		JOIN tenancies t ON t.id = l.tenancy_id WHERE t.merchant_id = $1 ORDER BY p.credit_version DESC LIMIT 1`,
		merchant).Scan(&recorded))
	recorded = recorded.In(bizday.Vietnam).AddDate(0, 0, 30)
	if answer := w.erase(merchant, 409, "kept_by_law"); !strings.Contains(answer.Text("detail"),
		recorded.Format("02/01/2006")) {
		t.Errorf("until when it is stored is wrong, want %s: %s", recorded, answer.Text("detail"))
	}
	w.Clock = recorded.AddDate(0, 0, 1)
	if answer := w.erase(merchant, 200, ""); answer.Text("state") != "done" || answer.Text("note") != "" {
		t.Errorf("erased: %v", answer)
	}

	dump := dbtest.Dump(t, w.DB)
	for _, text := range known {
		if bytes.Contains(dump, []byte(text)) {
			t.Errorf("%s is still in the database", text)
		}
	}
	paymentstest.VerifyBooks(t, w.DB)
	paid := w.Call(w.admin, "GET", "/api/v1/stalls/"+id+"/payments", nil, 200).Items()
	if len(paid) != 2 || paid[0].Text("amount") != "12000" || paid[1].Text("amount") != "45000" {
		t.Errorf("the books say %v", paid)
	}
	for _, path := range []string{
		"/api/v1/stalls/" + id, "/api/v1/stalls/" + id + "/codes", "/api/v1/markets/" +
			w.market + "/stalls", "/api/v1/codes", "/api/v1/cases", "/api/v1/notices", "/api/v1/bank-connections",
		"/api/v1/ledger/trial-balance", "/api/v1/merchants/" + merchant + "/export",
	} {
		w.Call(w.admin, "GET", path, nil, 200)
	}
	if rec := w.Send("", "GET", stall.Text("code.url"), nil); rec.Code != 410 || strings.Contains(rec.Body.String(),
		"xóa dữ liệu") {
		t.Errorf("the old sticker's page is answered %d: %s", rec.Code, rec.Body)
	}
	w.Refuse(w.admin, "POST", "/api/v1/merchants/"+merchant+"/data-requests", object{"kind": "erasure"}, 409,
		"merchant_erased")
	w.Refuse(w.admin, "POST", "/api/v1/merchants/"+merchant+"/consents", object{
		"purpose": "research", "given": true,
		"how": "paper", "text_version": 1,
	}, 409, "merchant_erased")
}

// TestTheSameNumbersLaterAreAnothers registers who was erased again: nothing of the old comes back.
func TestTheSameNumbersLaterAreAnothers(t *testing.T) {
	w := newWorld(t)
	first := w.stall("A1", lan, lansAccount)
	merchant := first.Text("merchant.id")
	w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+first.Text("id")+"/close", object{"reason": "nghỉ bán"}, 200)
	w.erase(merchant, 200, "")
	w.Refuse(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", object{
		"number": "A2", "kind": "stall",
		"goods_group": "rau", "merchant": object{"id": merchant},
	}, 422, "merchant_unknown")

	again := w.stall("A2", lan, lansAccount)
	if again.Text("merchant.id") == merchant || again.Text("merchant.full_name") != "Nguyễn Thị Lan" {
		t.Errorf("registered again: %v", again)
	}
	w.pay(lansAccount, first.Text("code.code"), "31000") // by the old sticker
	w.pay(lansAccount, again.Text("code.code"), "32000")
	if paid := w.Call(w.admin, "GET", "/api/v1/stalls/"+first.Text("id")+"/payments", nil, 200).Items(); len(
		paid) != 0 {
		t.Errorf("the erased merchant was paid %v", paid)
	}
	if paid := w.Call(w.admin, "GET", "/api/v1/stalls/"+again.Text("id")+"/payments", nil, 200).Items(); len(
		paid) != 1 || paid[0].Text("amount") != "32000" {
		t.Errorf("the new one was paid %v", paid)
	}
	paymentstest.VerifyBooks(t, w.DB)
	_, err := w.DB.Pool.Exec(t.Context(), `INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid,
		created_at) VALUES ($1, $2, $3, $4, '[2027-01-01,)', now())`,
		uuid.New(), w.market, first.Text("id"), merchant)
	if err == nil || !strings.Contains(err.Error(), "is erased") {
		t.Errorf("a tenancy of an erased merchant is answered by %v", err)
	}
}

func TestPeopleAreCounted(t *testing.T) {
	w := newWorld(t)
	stall := w.stall("A1", lan, lansAccount)
	w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+stall.Text("id")+"/close", object{"reason": "nghỉ bán"}, 200)
	w.stall("A2", object{"full_name": "Trần Văn Nam", "phone": "0905000002"}, "555566667777")
	count := func(merchants, level string) {
		t.Helper()
		if answer := w.Call(w.admin, "GET", "/api/v1/data-subjects", nil, 200); answer.Text("merchants") != merchants ||
			answer.Text("level") != level || answer.Text("limit") == "" {
			t.Errorf("counted %v, want %s merchants, %s", answer, merchants, level)
		}
	}
	count("2", "below") // with who closed the stall, three people
	w.Exec(`UPDATE legal_parameters SET value = 3 WHERE name = 'data_subjects_near'`)
	count("2", "near")
	w.Exec(`UPDATE legal_parameters SET value = 3 WHERE name = 'data_subjects_limit'`)
	count("2", "reached")
	w.erase(stall.Text("merchant.id"), 200, "")
	count("1", "below")

	w.Exec(`INSERT INTO idempotency_keys (actor_id, key, route, digest, created_at)
		SELECT id, 'old', 'POST /x', '', '2026-11-12' FROM api_keys LIMIT 1`)
	must(t, w.desk.Watch(t.Context()))
	var stored int
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT count(*) FROM idempotency_keys`).Scan(&stored))
	if stored != 0 {
		t.Errorf("%d answers of last week are remembered", stored)
	}
}
