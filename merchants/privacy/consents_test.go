package privacy_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

func TestConsentIsGivenAndWithdrawn(t *testing.T) {
	w := newWorld(t)
	stall := w.stall("A1", lan, lansAccount)
	path := "/api/v1/merchants/" + stall.text("merchant.id") + "/consents"
	page := func() string { return w.ask("", "GET", stall.text("code.url"), nil).Body.String() }
	mine, manager := w.key("merchant", "stall:"+stall.text("id")), w.key("manager", "market:CHODAM")

	if strings.Contains(page(), "Lan Hải Sản") || !strings.Contains(page(), "NGUYEN THI LAN") {
		t.Error("before anyone asked, the page names more than the account's holder")
	}
	yes := object{"purpose": "public_page", "given": true, "how": "in_app", "text_version": 1}
	answer := w.call(mine, "POST", path, yes, 201)
	if answer.text("given") != "true" || answer.text("text_version") != "1" || answer.text("how") != "in_app" {
		t.Errorf("a yes is answered by %v", answer)
	}
	if !strings.Contains(page(), "Hộ kinh doanh Lan Hải Sản") {
		t.Error("with consent the page does not name the seller")
	}
	// The board enters what was signed on paper: a no takes effect at once, and needs no version.
	w.call(manager, "POST", path, object{"purpose": "public_page", "given": false, "how": "paper"}, 201)
	if strings.Contains(page(), "Lan Hải Sản") {
		t.Error("withdrawn, the page still names the seller")
	}
	for _, c := range w.call(w.key("auditor", ""), "GET", path, nil, 200).list("items") {
		want := map[string]string{"contract": "true", "public_task": "true", "consent": "false"}[c.text("basis")]
		if c.text("given") != want {
			t.Errorf("%s is given: %s", c.text("purpose"), c.text("given"))
		}
	}
	var rows int
	must(t, w.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM consents`).Scan(&rows))
	if rows != 2 {
		t.Errorf("%d answers are stored, want both", rows)
	}

	yes["text_version"] = 2
	w.refuse(mine, "POST", path, yes, 409, "text_outdated")
	w.refuse(mine, "POST", path, object{"purpose": "public_page", "given": true, "how": "in_app"}, 409, "text_outdated")
	w.refuse(mine, "POST", path, object{"purpose": "operate", "given": false, "how": "in_app"}, 422,
		"no_consent_needed")
	w.refuse(mine, "POST", path, object{
		"purpose": "aggregate_reports", "given": true, "how": "in_app",
		"text_version": 1,
	}, 422, "no_consent_needed")
	w.refuse(mine, "POST", path, object{"purpose": "adverts", "given": true, "how": "in_app", "text_version": 1}, 422,
		"unknown_value")
	w.refuse(mine, "POST", path, object{"purpose": "research", "given": true, "how": "paper", "text_version": 1}, 422,
		"consent_how")
	w.refuse(manager, "POST", path, object{"purpose": "research", "given": true, "how": "in_app", "text_version": 1},
		422, "consent_how")
}

func TestConsentsRespectScope(t *testing.T) {
	w := newWorld(t)
	first := w.stall("A1", lan, lansAccount)
	stall, before := "/api/v1/stalls/"+first.text("id"), "/api/v1/merchants/"+first.text("merchant.id")
	next := w.call(w.person(), "POST", stall+"/tenancies", object{"merchant": object{
		"full_name": "Trần Văn Nam",
		"phone":     "0905000002",
	}}, 201)
	w.newMarket("BANGOI", "22423")
	nam, other := w.key("merchant", "stall:"+first.text("id")), w.key("manager", "market:BANGOI")
	for _, path := range []string{"/consents", "/data-requests", "/export"} {
		w.refuse(nam, "GET", before+path, nil, 404, "not_found") // the tenant before
		w.call(nam, "GET", "/api/v1/merchants/"+next.text("merchant.id")+path, nil, 200)
		if rec := w.ask(other, "GET", before+path, nil); rec.Code != 404 {
			t.Errorf("another market's manager is answered %d about %s", rec.Code, path)
		}
	}
}

func TestConsentTextsAreHashed(t *testing.T) {
	w := newWorld(t)
	texts := w.call(w.key("team", ""), "GET", "/api/v1/consent-texts", nil, 200).list("items")
	if len(texts) != 6 {
		t.Errorf("%d texts", len(texts))
	}
	for _, text := range texts {
		sum := sha256.Sum256([]byte(text.text("vi") + "\n" + text.text("en")))
		if text.text("sha256") != hex.EncodeToString(sum[:]) {
			t.Errorf("%s has the hash %s", text.text("purpose"), text.text("sha256"))
		}
	}
	if _, err := w.db.Pool.Exec(t.Context(), `UPDATE consent_texts SET en = 'x', sha256 = sha256('x')`); err == nil {
		t.Error("a text that people agreed to was changed")
	}
}
