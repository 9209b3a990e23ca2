package payments_test

import (
	"strings"
	"testing"
)

// readings returns the readings of a stall's merchant that key may see: "role what", newest first,
// registering left out.
func (w *world) readings(key, stall string) string {
	w.T.Helper()
	var list []string
	for _, r := range w.Call(key, "GET", "/api/v1/stalls/"+stall+"/readers", nil, 200).Items() {
		if r.Text("what") != "contact" {
			list = append(list, r.Text("role")+" "+r.Text("what"))
		}
	}
	return strings.Join(list, ", ")
}

func TestMerchantSeesWhoReadPayments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	a, codeA := w.Stall(w.Market, "A1", "970422", "1111111")
	b, codeB := w.Stall(w.Market, "A2", "970436", "2222222")
	mine, theirs := w.Key("merchant", "stall:"+a), w.Key("merchant", "stall:"+b)
	w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: codeA, Amount: 5000, Reference: "FT26253000030651"})
	// a case of A's account
	w.Accept(c, transfer{ID: 2, Account: "1111111", Memo: codeB, Amount: 6000, Reference: "FT26253000030652"})

	w.Call(mine, "GET", "/api/v1/stalls/"+a+"/payments", nil, 200) // the own
	w.Call(w.Key("province_officer", ""), "GET", "/api/v1/stalls/"+a+"/payments", nil, 403)
	if got := w.readings(mine, a); got != "" {
		t.Fatalf("before anybody read: %s", got)
	}
	w.Call(w.Admin, "GET", "/api/v1/stalls/"+a+"/payments", nil, 200)
	w.listen(w.Key("integration", "market:CHODAM"), a, "") // recorded while it is open
	w.Notice(c, 1)
	auditor := w.Key("auditor", "")
	w.Call(auditor, "GET", "/api/v1/notices", nil, 200)
	w.Call(w.Key("manager", "market:CHODAM"), "GET", "/api/v1/cases", nil, 200)
	if got := w.readings(mine,
		a); got != "manager cases, auditor notices, admin notices, integration stream, admin payments" {
		t.Errorf("A sees: %s", got)
	}
	if got := w.readings(theirs, b); strings.Contains(got, "payments") || strings.Contains(got, "notices") {
		t.Errorf("B, who was paid nothing, sees: %s", got)
	}
	// A refused reading is in the trail, though it showed nothing.
	var refused int
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_events
		WHERE route = '/api/v1/stalls/:id/payments' AND status = 403`).Scan(&refused))
	if refused != 1 {
		t.Errorf("%d refused readings in the trail", refused)
	}
}

func TestWebhooksAreNotInTheTrail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	w.Stall(w.Market, "A1", "970422", "1111111")
	counts := func() (n [3]int) {
		must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM audit_events), (SELECT count(*)
			FROM audit_changes), (SELECT count(*) FROM cases)`).Scan(&n[0], &n[1], &n[2]))
		return n
	}
	before := counts()
	w.Accept(c, transfer{ID: 1, Account: "5555555", Memo: "tien rau", Amount: 7000}) // opens a case
	if after := counts(); after[0] != before[0] || after[1] != before[1] || after[2] != before[2]+1 {
		t.Errorf("events, changes and cases were %v and are %v", before, after)
	}
}

func TestACasesStepsAreDigested(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	w.Accept(c, transfer{ID: 1, Account: "5555555", Memo: "tien rau", Amount: 7000})
	id := w.WantCases("unknown_account", 1)[0].Text("id")
	w.Call(w.Admin, "POST", "/api/v1/cases/"+id+"/resolve", object{"action": "dismiss", "reason": "chuyển nhầm"}, 200)
	var kinds string
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT coalesce(string_agg(c.kind, ' ' ORDER BY c.id), '')
		FROM audit_changes c JOIN audit_events e ON e.id = c.event_id
		WHERE e.object LIKE '/api/v1/cases/%'`).Scan(&kinds))
	if kinds != "cases case_steps" {
		t.Errorf("changed: %q", kinds)
	}
}
