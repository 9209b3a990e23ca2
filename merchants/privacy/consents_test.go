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
	path := "/api/v1/merchants/" + stall.Text("merchant.id") + "/consents"
	page := func() string { return w.Send("", "GET", stall.Text("code.url"), nil).Body.String() }
	mine, manager := w.Key("merchant", "stall:"+stall.Text("id")), w.Key("manager", "market:CHODAM")

	if strings.Contains(page(), "Lan Hải Sản") || !strings.Contains(page(), "NGUYEN THI LAN") {
		t.Error("before anyone asked, the page names more than the account's holder")
	}
	yes := object{"purpose": "public_page", "given": true, "how": "in_app", "text_version": 1}
	answer := w.Call(mine, "POST", path, yes, 201)
	if answer.Text("given") != "true" || answer.Text("text_version") != "1" || answer.Text("how") != "in_app" {
		t.Errorf("a yes is answered by %v", answer)
	}
	if !strings.Contains(page(), "Hộ kinh doanh Lan Hải Sản") {
		t.Error("with consent the page does not name the seller")
	}
	// The board enters what was signed on paper: a no takes effect at once, and needs no version.
	w.Call(manager, "POST", path, object{"purpose": "public_page", "given": false, "how": "paper"}, 201)
	if strings.Contains(page(), "Lan Hải Sản") {
		t.Error("withdrawn, the page still names the seller")
	}
	for _, c := range w.Call(w.Key("auditor", ""), "GET", path, nil, 200).Items() {
		want := map[string]string{"contract": "true", "public_task": "true", "consent": "false"}[c.Text("basis")]
		if c.Text("given") != want {
			t.Errorf("%s is given: %s", c.Text("purpose"), c.Text("given"))
		}
	}
	var rows int
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT count(*) FROM consents`).Scan(&rows))
	if rows != 2 {
		t.Errorf("%d answers are stored, want both", rows)
	}

	yes["text_version"] = 2
	w.Refuse(mine, "POST", path, yes, 409, "text_outdated")
	w.Refuse(mine, "POST", path, object{"purpose": "public_page", "given": true, "how": "in_app"}, 409, "text_outdated")
	w.Refuse(mine, "POST", path, object{"purpose": "operate", "given": false, "how": "in_app"}, 422,
		"no_consent_needed")
	w.Refuse(mine, "POST", path, object{
		"purpose": "aggregate_reports", "given": true, "how": "in_app",
		"text_version": 1,
	}, 422, "no_consent_needed")
	w.Refuse(mine, "POST", path, object{"purpose": "adverts", "given": true, "how": "in_app", "text_version": 1}, 422,
		"unknown_value")
	w.Refuse(mine, "POST", path, object{"purpose": "research", "given": true, "how": "paper", "text_version": 1}, 422,
		"consent_how")
	w.Refuse(manager, "POST", path, object{"purpose": "research", "given": true, "how": "in_app", "text_version": 1},
		422, "consent_how")
}

func TestConsentsRespectScope(t *testing.T) {
	w := newWorld(t)
	first := w.stall("A1", lan, lansAccount)
	stall, before := "/api/v1/stalls/"+first.Text("id"), "/api/v1/merchants/"+first.Text("merchant.id")
	next := w.Call(w.SignInAdmin(), "POST", stall+"/tenancies", object{"merchant": object{
		"full_name": "Trần Văn Nam",
		"phone":     "0905000002",
	}}, 201)
	w.RegisterMarket(w.admin, "BANGOI", "22423")
	nam, other := w.Key("merchant", "stall:"+first.Text("id")), w.Key("manager", "market:BANGOI")
	for _, path := range []string{"/consents", "/data-requests", "/export"} {
		w.Refuse(nam, "GET", before+path, nil, 404, "not_found") // the tenant before
		w.Call(nam, "GET", "/api/v1/merchants/"+next.Text("merchant.id")+path, nil, 200)
		if rec := w.Send(other, "GET", before+path, nil); rec.Code != 404 {
			t.Errorf("another market's manager is answered %d about %s", rec.Code, path)
		}
	}
}

func TestConsentTextsAreHashed(t *testing.T) {
	w := newWorld(t)
	texts := w.Call(w.Key("team", ""), "GET", "/api/v1/consent-texts", nil, 200).Items()
	if len(texts) != 6 {
		t.Errorf("%d texts", len(texts))
	}
	for _, text := range texts {
		sum := sha256.Sum256([]byte(text.Text("vi") + "\n" + text.Text("en")))
		if text.Text("sha256") != hex.EncodeToString(sum[:]) {
			t.Errorf("%s has the hash %s", text.Text("purpose"), text.Text("sha256"))
		}
	}
	if _, err := w.DB.Pool.Exec(t.Context(), `UPDATE consent_texts SET en = 'x', sha256 = sha256('x')`); err == nil {
		t.Error("a text that people agreed to was changed")
	}
}
