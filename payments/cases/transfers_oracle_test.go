package cases_test

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"market40/merchants/platform/bizday"
	"market40/payments/banks"
	"market40/payments/ledger"
	"market40/payments/money"
	"market40/payments/paymentstest"
)

var (
	drawnRounds = flag.Int("transfers.rounds", 6,
		"how many drawn rounds of notices and decisions are compared with the reports")
	drawnActions = flag.Int("transfers.actions", 30, "how many actions a round has")
)

// TestDrawnTransfers draws reports of banks and decisions of people in any order. No reported money
// is lost, counted twice, or at another stall or day. The expected result follows from the reports
// alone.
func TestDrawnTransfers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	base := &drawnRound{
		world: w, stalls: map[string]string{}, codes: map[string]string{},
		people: []string{w.Admin, w.Key("admin", "")},
	}
	base.stalls["G"], base.codes["G"] = w.GatewayStall("G")
	base.stalls["H"], base.codes["H"] = w.GatewayStallOf("H", base.stalls["G"])
	for _, provider := range []string{
		"sepay", "sepay", "casso_v1", "casso_v2", "payos", "standard", "sepay_pg",
		"sepay_pg",
	} {
		base.feeds = append(base.feeds, w.NewFeed(provider))
	}
	must(t, flag.Set("rapid.checks", fmt.Sprint(*drawnRounds)))
	rapid.Check(t, func(rt *rapid.T) {
		base.prefix++
		r := &drawnRound{
			world: w, rt: rt, feeds: base.feeds, people: base.people, prefix: base.prefix,
			now:    time.Now().In(bizday.Vietnam),
			stalls: maps.Clone(base.stalls), codes: maps.Clone(base.codes),
			first: map[string]*drawnContent{}, named: map[string]*drawnContent{}, voids: map[string]bool{},
			closed: map[string]closedCase{},
		}
		r.register()
		actions := []func(*rapid.T){
			r.happen, r.happen, r.report, r.report, r.report, r.reportTogether, r.mislead, r.decide,
			r.decide, r.reopen, r.void,
		}
		for range *drawnActions {
			actions[rapid.IntRange(0, len(actions)-1).Draw(rt, "action")](rt)
		}
		r.check()
	})
}

// settle reads what became of a content when it came first; a retry changes nothing.
func (r *drawnRound) settle(c *drawnContent) {
	if c.conflict {
		r.settleConflict(c)
		return
	}
	var found []object
	for _, n := range r.get("/api/v1/notices?limit=200&connection_id=" + c.feed.ID + "&external_id=" +
		c.notice.ExternalID) {
		if n.Text("amount") == c.notice.Amount.String() && strings.HasSuffix(c.notice.Account,
			n.Text("account_last4")) &&
			n.Text("why") != string(banks.IgnoreFailed) && n.Text("why") != string(banks.IgnoreDebit) {
			found = append(found, n)
		}
	}
	if len(found) != 1 {
		r.rt.Fatalf("%d notices of %s %s", len(found), c.feed.Provider.Name(), c.notice.ExternalID)
	}
	n := found[0]
	if c.id != "" {
		if c.id != n.Text("id") {
			r.rt.Fatalf("a retry of %s became another notice", c.id)
		}
		return
	}
	c.id, c.state, c.why = n.Text("id"), n.Text("state"), n.Text("why")
	r.named[c.id] = c
	r.dated(c, n.Text("occurred_at"))
	switch {
	case c.voided && c.state != "ignored":
		r.rt.Fatalf("notice %s is %s (%s) though it was taken back before it came", c.id, c.state, c.why)
	case c.state == "posted":
		if c.at = c.stall; c.at == "" {
			r.rt.Fatalf("notice %s is posted (%s) though nothing says to whom", c.id, c.why)
		}
	case c.state == "unmatched":
		c.at = n.Text("market_id")
	case c.state == "ignored" && c.why == "taken_back" && r.voids[c.key()]:
		c.voided = true
	case c.state == "ignored" && strings.HasPrefix(c.why, "duplicate_of:") && c.of.strong():
	default:
		r.rt.Fatalf("notice %s is %s %s", c.id, c.state, c.why)
	}
}

// settleConflict finds the case of a content that came under a known id.
func (r *drawnRound) settleConflict(c *drawnContent) {
	if c.id != "" {
		return
	}
	for _, opened := range r.openCases() {
		contents := contentsOf(opened)
		if opened.Text("kind") == "conflict" && len(contents) == 2 &&
			contents[0].Text("notice_id") == r.first[c.key()].id &&
			contents[1].Text("amount") == c.notice.Amount.String() {
			c.id = contents[1].Text("conflict_id")
			r.named[c.id] = c
			r.dated(c, contents[1].Text("occurred_at"))
			return
		}
	}
	r.rt.Fatalf("no case of what came later under %s of %s", c.notice.ExternalID, c.feed.Provider.Name())
}

// dated checks the time of a content: its bank's, or of its receipt where that lies over an hour
// ahead.
func (r *drawnRound) dated(c *drawnContent, text string) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		r.rt.Fatal(err)
	}
	ahead := c.notice.OccurredAt.After(c.to.Add(time.Hour))
	if c.occurred = at; ahead && (at.Before(c.from.Add(-time.Second)) || at.After(c.to)) || !ahead &&
		!at.Equal(c.notice.OccurredAt) {
		r.rt.Fatalf("the report of %v occurred at %v", c.notice.OccurredAt, at)
	}
}

func contentsOf(c object) []object {
	list, _ := c["contents"].([]any)
	contents := make([]object, len(list))
	for i, content := range list {
		contents[i] = content.(map[string]any)
	}
	return contents
}

// openCases are the cases of this round that wait for people.
func (r *drawnRound) openCases() []object {
	var all []object
	for _, state := range []string{"open", "proposed"} {
		for next := ""; ; {
			_, page := r.Try(r.Admin, "GET", "/api/v1/cases?limit=50&state="+state+next, nil)
			for _, c := range page.Items() {
				at, err := time.Parse(time.RFC3339, c.Text("opened_at"))
				if err != nil {
					r.rt.Fatal(err)
				}
				if next = ""; at.Before(r.now) {
					break
				}
				next = "&after=" + page.Text("next")
				all = append(all, c)
			}
			if next == "" || page.Text("next") == "" {
				break
			}
		}
	}
	return all
}

// refusals are the answers that a decision may get.
var refusals = []string{
	"told_already", "taken_back", "second_person_needed", "same_transfer", "already_there", "other_currency",
	"moved_on", "takes_back",
	"account_has_case",
}

// decide lets one or two people decide a case.
func (r *drawnRound) decide(rt *rapid.T) {
	open := r.openCases()
	if len(open) == 0 {
		return
	}
	chosen := open[rapid.IntRange(0, len(open)-1).Draw(rt, "case")]
	contents := contentsOf(chosen)
	decisions := []string{"assign", "assign", "assign", "return", "dismiss"}
	body := object{"action": rapid.SampledFrom(decisions).Draw(rt, "decision"), "reason": "đã hỏi người bán"}
	about := contents[len(contents)-1]
	if chosen.Text("kind") == "unknown_account" {
		about = contents[rapid.IntRange(0, len(contents)-1).Draw(rt, "content")]
		body["content"] = about.Text("notice_id")
	}
	c := r.named[about.Text("notice_id")+about.Text("conflict_id")] // nil: a void
	if body["action"] == "assign" {
		name := rapid.SampledFrom([]string{"A", "B", "C", "D", "G"}).Draw(rt, "to")
		if c != nil && c.stall != "" && rapid.Bool().Draw(rt, "to its own") {
			name = c.stall
		}
		body["stall_id"] = r.stalls[name]
	}
	for _, person := range r.people[:rapid.IntRange(1, 2).Draw(rt, "people")] {
		status, answer := r.Try(person, "POST", "/api/v1/cases/"+chosen.Text("id")+"/resolve", body)
		rt.Logf("case %s of %s: %v is answered %d %s%s", chosen.Text("kind"), about.Text("amount"), body, status,
			answer.Text("state"), answer.Text("code"))
		if status != 200 {
			if status != 409 && status != 422 || !slices.Contains(refusals, answer.Text("code")) {
				rt.Fatalf("%v of a case %s is answered %d %v", body, chosen.Text("kind"), status, answer)
			}
			return
		}
		if state := answer.Text("state"); state != "proposed" {
			r.closed[chosen.Text("id")] = closedCase{c, state}
			r.decided(c, answer, body)
			return
		}
	}
}

// decided follows what people decided. What was in no books when it is returned stays out of them.
func (r *drawnRound) decided(c *drawnContent, answer, body object) {
	if c == nil {
		return
	}
	kind, state := answer.Text("kind"), answer.Text("state")
	if state == "dismissed" {
		c.dismissed = c.dismissed || kind != "future_dated" && kind != "paid_twice"
		return
	}
	c.before = append(c.before, c.at)
	c.extra = c.extra || kind == "told_twice"
	if state == "assigned" {
		for name, id := range r.stalls {
			if id == body["stall_id"] {
				c.at = name
			}
		}
	} else {
		contents := contentsOf(answer)
		if c.at = ""; contents[len(contents)-1].Text("posted") == "true" {
			c.at = "returned"
		}
	}
	c.dismissed = c.at == ""
	if c.voided && c.at != "" || c.of.currency != money.Currency && state == "assigned" {
		r.rt.Fatalf("what was taken back, or no đồng, is %s", state)
	}
}

// reopen lets a person take a decision back.
func (r *drawnRound) reopen(rt *rapid.T) {
	if len(r.closed) == 0 {
		return
	}
	id := rapid.SampledFrom(slices.Sorted(maps.Keys(r.closed))).Draw(rt, "closed case")
	person := rapid.SampledFrom(r.people).Draw(rt, "person")
	status, answer := r.Try(person, "POST", "/api/v1/cases/"+id+"/reopen", object{"reason": "xem lại"})
	rt.Logf("case %s is opened again: %d %s", id, status, answer.Text("code"))
	if status != 200 {
		if status != 409 || !slices.Contains(refusals, answer.Text("code")) {
			rt.Fatalf("a case is opened again: %d %v", status, answer)
		}
		return
	}
	was := r.closed[id]
	delete(r.closed, id)
	switch c := was.about; {
	case c == nil:
	case was.state == "dismissed":
		c.dismissed = false
	default:
		c.dismissed = false
		c.at, c.before = c.before[len(c.before)-1], c.before[:len(c.before)-1]
	}
}

// void lets a gateway reverse what it reported, or is about to report.
func (r *drawnRound) void(rt *rapid.T) {
	c := r.drawReport(rt)
	if c == nil || c.of.account != paymentstest.GatewayAccount || c.conflict {
		return
	}
	r.add(c)
	r.voids[c.key()] = true
	n := c.notice
	n.Reverses, n.ExternalID = n.ExternalID, "void:"+n.ExternalID
	n.OccurredAt = r.now
	r.send(&drawnContent{of: c.of, feed: c.feed, notice: n})
	if c.at != "returned" && (c.id == "" || c.state != "ignored") { // else there is nothing to take back, and a case
		c.voided, c.at = true, ""
	}
	if c.id == "" && rapid.Bool().Draw(rt, "the payment comes after its void") {
		r.send(c)
		r.settle(c)
	}
}

// check compares the books and the cases with the reports.
func (r *drawnRound) check() {
	waiting := map[string]bool{} // contents that an open case shows
	for _, c := range r.openCases() {
		for _, content := range contentsOf(c) {
			waiting[content.Text("notice_id")+content.Text("conflict_id")] = true
		}
	}
	want := maps.Clone(r.base)
	for _, c := range r.contents {
		if c.id == "" {
			continue
		}
		if len(c.at) == 1 { // a stall
			want[c.at+" "+bizday.DayOf(c.occurred)] += c.of.amount
		}
		if c.at == "" && c.state == "unmatched" && !waiting[c.id] && !c.dismissed && !c.voided {
			r.rt.Errorf("the report of %s with id %s is in no open case", c.feed.Provider.Name(), c.notice.ExternalID)
		}
	}
	maps.DeleteFunc(want, func(_ string, dong int64) bool { return dong == 0 })
	got := r.days()
	maps.DeleteFunc(got, func(_ string, dong int64) bool { return dong == 0 })
	if !maps.Equal(got, want) {
		r.rt.Errorf("the stalls have %v, the reports make %v", got, want)
	}
	for _, d := range r.transfers {
		if d.twin == nil || slices.Index(r.transfers, d) < slices.Index(r.transfers, d.twin) {
			r.checkCounted(d, waiting)
		}
	}
	proof, err := ledger.Verify(r.T.Context(), r.DB.Pool)
	if err != nil {
		r.rt.Fatal(err)
	}
	for _, f := range proof.Faults {
		r.rt.Errorf("ledger: %s %s: %s", f.Rule, f.What, f.Found)
	}
}

// checkCounted checks that a transfer, with its twin, is counted as often as it happened, or waits
// for people.
func (r *drawnRound) checkCounted(d *drawnTransfer, waiting map[string]bool) {
	reported := map[*drawnTransfer]bool{}
	counted, extra, open := 0, 0, 0
	var said []string
	for _, c := range r.contents {
		if c.id == "" || c.of != d && (d.twin == nil || c.of != d.twin) {
			continue
		}
		reported[c.of] = true
		said = append(said, fmt.Sprintf("%s %s: %s %s at %q %v", c.feed.Provider.Name(), c.notice.ExternalID, c.state,
			c.why, c.at, c.voided))
		switch {
		case c.at != "" && c.extra:
			extra++
		case len(c.at) > 0:
			counted++
		case waiting[c.id] || c.dismissed || c.voided:
			open++
		}
	}
	if counted > len(reported) || d.strong() && counted+extra > 1 || counted+extra+open < len(reported) {
		r.rt.Errorf("%d transfers of %d, reference %q, memo %q are counted %d times and wait %d times: %q",
			len(reported), d.amount, d.reference, d.memo, counted+extra, open, said)
	}
}

// days reads what each stall holds on each day.
func (r *drawnRound) days() map[string]int64 {
	sums := map[string]int64{}
	for name, id := range r.stalls {
		for _, d := range r.get("/api/v1/stalls/" + id + "/days?limit=200&to=" + r.now.AddDate(0, 0, 1).Format(
			time.DateOnly)) {
			amount, err := money.Parse(d.Text("amount"))
			if err != nil {
				r.rt.Fatal(err)
			}
			sums[name+" "+d.Text("day")] = amount.Dong()
		}
	}
	return sums
}
