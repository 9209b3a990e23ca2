package intake_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"market40/merchants/platform/bizday"
	"market40/payments/paymentstest"
)

// novemberDay returns 08:00 of a day of November 2026.
func novemberDay(day int) time.Time { return time.Date(2026, 11, day, 8, 0, 0, 0, bizday.Vietnam) }

// reported is what one gateway reports about a transaction of 80,000: "paid", or "void" and its
// amount; a day of November may follow.
type reported struct {
	by   int // 0 and 1: gateways of the platform, 2: one of another merchant
	what string
}

// TestVoidsInEveryOrder checks that a payment reversed as a whole is in no stall's figures and
// leaves no open case, in any order of reports. One reversed in part waits for people.
func TestVoidsInEveryOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, _ := w.GatewayStall("A1")
	other := w.Key("admin", "")
	gateways := []string{w.NewGateway(), w.NewGateway(), w.foreignGateway()}
	const remains, gone, never = "[80000]", "[-80000 80000]", "[]"
	for i, c := range []struct {
		name    string
		reports []reported
		paid    string
		open    string // kinds of the cases that are open
		// the result when two people take the money back: an error's code, or "" for success; "-":
		// not tried
		back string
	}{
		{"paid, void", []reported{{0, "paid"}, {0, "void 80000"}}, gone, "", "-"},
		{"void, paid", []reported{{0, "void 80000"}, {0, "paid"}}, never, "", "-"},
		{"paid, part", []reported{{0, "paid"}, {0, "void 30000"}}, remains, "original_unknown", "taken_back_in_part"},
		{"part, paid", []reported{{0, "void 30000"}, {0, "paid"}}, remains, "original_unknown", "taken_back_in_part"},
		{"paid, part, void", []reported{{0, "paid"}, {0, "void 30000"}, {0, "void 80000"}}, gone, "", "-"},
		{"paid, void, part", []reported{{0, "paid"}, {0, "void 80000"}, {0, "void 30000"}}, gone, "", "-"},
		{"part, paid, void", []reported{{0, "void 30000"}, {0, "paid"}, {0, "void 80000"}}, gone, "", "-"},
		{"part, void, paid", []reported{{0, "void 30000"}, {0, "void 80000"}, {0, "paid"}}, never, "", "-"},
		{"void, part, paid", []reported{{0, "void 80000"}, {0, "void 30000"}, {0, "paid"}}, never, "", "-"},
		{"paid, too much", []reported{{0, "paid"}, {0, "void 90000"}}, remains, "original_unknown", ""},
		{
			"paid, two parts",
			[]reported{{0, "paid"}, {0, "void 30000"}, {0, "void 50000"}},
			remains,
			"original_unknown original_unknown", "",
		},
		{
			"two parts, paid",
			[]reported{{0, "void 30000"}, {0, "void 50000"}, {0, "paid"}},
			remains,
			"original_unknown original_unknown", "",
		},
		{
			"paid, two equal parts",
			[]reported{{0, "paid"}, {0, "void 40000"}, {0, "void 40000 28"}},
			remains,
			"conflict original_unknown", "",
		},
		{
			"paid, one part by both",
			[]reported{{0, "paid"}, {0, "void 40000"}, {1, "void 40000 28"}},
			remains,
			"original_unknown original_unknown", "taken_back_in_part",
		},
		{
			"one part by both, paid by both",
			[]reported{{1, "void 40000"}, {0, "void 40000"}, {0, "paid"}, {1, "paid"}},
			remains,
			"told_twice original_unknown original_unknown", "-",
		},
		{
			"paid, two parts by both",
			[]reported{
				{0, "paid"},
				{0, "void 30000"},
				{1, "void 30000"},
				{1, "void 50000"},
				{0, "void 50000"},
			},
			remains,
			strings.Repeat(" original_unknown", 4)[1:], "",
		},
		{
			"paid, a part by each",
			[]reported{{0, "paid"}, {0, "void 30000"}, {1, "void 50000"}},
			remains,
			"original_unknown original_unknown", "",
		},
		{"paid, void twice", []reported{{0, "paid"}, {0, "void 80000"}, {0, "void 80000 28"}}, gone, "", "-"},
		{"void twice, paid", []reported{{0, "void 80000"}, {0, "void 80000 28"}, {0, "paid"}}, never, "", "-"},
		{"paid, void by another", []reported{{0, "paid"}, {1, "void 80000"}}, gone, "", "-"},
		{"void by another, paid", []reported{{1, "void 80000"}, {0, "paid"}}, never, "", "-"},
		{"paid, void by both", []reported{{0, "paid"}, {1, "void 80000"}, {0, "void 80000"}}, gone, "", "-"},
		{
			"paid and void by both",
			[]reported{{0, "paid"}, {1, "paid"}, {1, "void 80000"}, {0, "void 80000"}},
			gone,
			"told_twice", "-",
		},
		{"void by another merchant's, paid", []reported{{2, "void 80000"}, {0, "paid"}}, remains, "original_unknown", "-"},
		{"paid, void by another merchant's", []reported{{0, "paid"}, {2, "void 80000"}}, remains, "original_unknown", "-"},
	} {
		stall, code := w.GatewayStallOf(fmt.Sprint("V", i), first)
		known := w.caseIDs()
		for _, r := range c.reports {
			e := paymentstest.GatewayEvent{
				ID: fmt.Sprint("tx-", i), Memo: code, Reference: fmt.Sprint("PG-", i),
				At: novemberDay(25),
			}
			if what, void := strings.CutPrefix(r.what, "void "); void {
				day := 26
				_, _ = fmt.Sscan(what, &e.Amount, &day)
				e.Void, e.At = true, novemberDay(day)
			}
			w.SendGateway(gateways[r.by], e)
			w.SendGateway(gateways[r.by], e) // and once more
		}
		if got := fmt.Sprint(w.Amounts(stall)); got != c.paid {
			t.Errorf("%s: the stall was paid %s, not %s", c.name, got, c.paid)
		}
		id, kinds := w.newCases(known)
		if kinds != c.open {
			t.Errorf("%s: open are %q, not %q", c.name, kinds, c.open)
		}
		if c.back == "-" || id == "" {
			continue
		}
		back := object{"action": "return", "reason": "ngân hàng đã hoàn"}
		w.Call(w.Admin, "POST", "/api/v1/cases/"+id+"/resolve", back, 200)
		if c.back != "" {
			if got := w.Call(other, "POST", "/api/v1/cases/"+id+"/resolve", back, 409).Text("code"); got != c.back {
				t.Errorf("%s: refused as %q, not %q", c.name, got, c.back)
			}
			continue
		}
		w.Call(other, "POST", "/api/v1/cases/"+id+"/resolve", back, 200)
		w.Call(w.Admin, "POST", "/api/v1/cases/"+id+"/reopen", object{"reason": "nhầm khoản"}, 200)
		if got := fmt.Sprint(w.Amounts(stall)); got != "[80000 -80000 80000]" {
			t.Errorf("%s: after the case was reopened the stall was paid %s", c.name, got)
		}
		w.Call(w.Admin, "POST", "/api/v1/cases/"+id+"/resolve", back, 200)
		w.Call(other, "POST", "/api/v1/cases/"+id+"/resolve", back, 200)
		w.SendGateway(gateways[0], paymentstest.GatewayEvent{
			ID: fmt.Sprint("tx-", i), Memo: code,
			Reference: fmt.Sprint("PG-", i), At: novemberDay(25), Void: true,
		})
		if got := fmt.Sprint(w.Amounts(stall)); got != "[-80000 80000 -80000 80000]" {
			t.Errorf("%s: after two people took it back again the stall was paid %s", c.name, got)
		}
		if _, kinds := w.newCases(known); kinds != "" {
			t.Errorf("%s: after two people took it back %q are open", c.name, kinds)
		}
		if got := w.Call(w.Admin, "POST", "/api/v1/cases/"+id+"/reopen", object{"reason": "nhầm khoản"}, 409).Text(
			"code"); got != "taken_back" {
			t.Errorf("%s: after the whole void its case was reopened: %s", c.name, got)
		}
	}
	w.VerifyBooks()
}

// TestOnePartReportedWithSeveralDays checks that later content with a part's id counts only where
// two people decided that it is another part.
func TestOnePartReportedWithSeveralDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, _ := w.GatewayStall("A1")
	stall, code := w.GatewayStallOf("A2", first)
	gateway, people := w.NewGateway(), []string{w.Admin, w.Key("admin", "")}
	e := paymentstest.GatewayEvent{ID: "tx-1", Memo: code, Reference: "FT26329000000001", At: novemberDay(25)}
	w.SendGateway(gateway, e)
	e.Void, e.Amount = true, 20000
	for day := 26; day <= 29; day++ {
		e.At = novemberDay(day)
		w.SendGateway(gateway, e)
	}
	part, later := w.OpenCases("original_unknown")[0].Text("id"), w.OpenCases("conflict")
	back := func(id string, status int, paid string) {
		t.Helper()
		do := object{"action": "return", "reason": "ngân hàng đã hoàn"}
		w.Attempt(people[0], "/api/v1/cases/"+id+"/resolve", do)
		w.Call(people[1], "POST", "/api/v1/cases/"+id+"/resolve", do, status)
		if got := fmt.Sprint(w.Amounts(stall)); got != paid {
			t.Errorf("the stall was paid %s, not %s", got, paid)
		}
	}
	reopen := func(id string, status int) {
		t.Helper()
		w.Call(people[0], "POST", "/api/v1/cases/"+id+"/reopen", object{"reason": "nhầm khoản"}, status)
	}
	back(part, 409, "[80000]")
	back(later[0].Text("id"), 200, "[80000]")
	back(later[1].Text("id"), 200, "[80000]")
	back(part, 409, "[80000]")
	back(later[2].Text("id"), 200, "[-80000 80000]")
	reopen(later[0].Text("id"), 409)
	reopen(later[2].Text("id"), 200)
	reopen(later[0].Text("id"), 200)
	// the same transfer
	w.SendGateway(w.NewGateway(), paymentstest.GatewayEvent{
		ID: "tx-1", Memo: code, Reference: "FT26329000000001",
		At: novemberDay(25),
	})
	back(later[2].Text("id"), 200, "[80000 -80000 80000]")

	// it waits in its market
	e = paymentstest.GatewayEvent{ID: "tx-2", Memo: "tien ca", Reference: "PG-2", At: novemberDay(25)}
	w.SendGateway(gateway, e)
	known := w.caseIDs()
	for _, e.Amount = range []int{30000, 50000} {
		e.Void = true
		w.SendGateway(gateway, e)
	}
	void, _ := w.newCases(known)
	back(void, 200, "[80000 -80000 80000]")
	reopen(void, 200)
	w.Decide("no_single_stall", paymentstest.AssignTo(stall))
	back(void, 200, "[-80000 80000 80000 -80000 80000]")
	w.VerifyBooks()
}

// TestVoidOfASecondTransfer checks a gateway that used one id for two transfers, with the second
// one posted by two people. A void belongs to the transfer with its reference, or its amount; else
// people decide. It never takes the money of the other stall.
func TestVoidOfASecondTransfer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, firstCode := w.GatewayStall("A1")
	second, secondCode := w.GatewayStallOf("A2", first)
	gateway := w.NewGateway()
	for i, c := range []struct {
		name                 string
		amounts              [2]int
		void                 paymentstest.GatewayEvent
		first, second, cases string
	}{
		{"its reference and amount", [2]int{3177, 3177}, paymentstest.GatewayEvent{
			Reference: "EC-second",
			Amount:    3177,
		}, "[3177]", "[-3177 3177]", ""},
		{"the first one's reference", [2]int{3000, 3000}, paymentstest.GatewayEvent{
			Reference: "EC-first",
			Amount:    3000,
		}, "[-3000 3000]", "[3000]", ""},
		{
			"its amount",
			[2]int{3000, 4000},
			paymentstest.GatewayEvent{Reference: "", Amount: 4000},
			"[3000]",
			"[-4000 4000]", "",
		},
		{
			"neither",
			[2]int{3000, 3000},
			paymentstest.GatewayEvent{Reference: "EC-none", Amount: 3000},
			"[3000]",
			"[3000]", "original_unknown",
		},
		{
			"its reference and more",
			[2]int{3000, 4000},
			paymentstest.GatewayEvent{Reference: "EC-second", Amount: 5000},
			"[3000]", "[4000]", "original_unknown",
		},
	} {
		before := [2]int{len(w.Amounts(first)), len(w.Amounts(second))}
		known := w.caseIDs()
		for j, code := range []string{firstCode, secondCode} {
			w.SendGateway(gateway, paymentstest.GatewayEvent{
				ID: fmt.Sprint("tx-", i), Memo: code,
				Reference: []string{"EC-first", "EC-second"}[j] + fmt.Sprint(i), Amount: c.amounts[j],
				At: novemberDay(20 + j),
			})
		}
		w.Decide("conflict", paymentstest.AssignTo(second))
		c.void.ID, c.void.Void, c.void.At = fmt.Sprint("tx-", i), true, novemberDay(25)
		if c.void.Reference != "" {
			c.void.Reference += fmt.Sprint(i)
		}
		w.SendGateway(gateway, c.void)
		w.SendGateway(gateway, c.void)
		paid := func(stall string, before int) string {
			return fmt.Sprint(w.Amounts(stall)[:len(w.Amounts(stall))-before])
		}
		if got := paid(first, before[0]) + paid(second, before[1]); got != c.first+c.second {
			t.Errorf("%s: the stalls were paid %s, not %s", c.name, got, c.first+c.second)
		}
		id, kinds := w.newCases(known)
		if kinds != c.cases {
			t.Errorf("%s: open are %q, not %q", c.name, kinds, c.cases)
		}
		if id != "" { // two people take it back: never the first stall's money
			w.Decide(kinds, object{"action": "return", "reason": "ngân hàng đã hoàn"})
			if got := paid(first, before[0]); got != c.first {
				t.Errorf("%s: after two people returned it the first stall was paid %s", c.name, got)
			}
		}
	}
	w.VerifyBooks()
}

// TestVoidsOfTwoTransfers checks that each of two transfers with one id is reversed by its own
// void, also with one id.
func TestVoidsOfTwoTransfers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, firstCode := w.GatewayStall("A1")
	second, secondCode := w.GatewayStallOf("A2", first)
	gateway := w.NewGateway()
	one := paymentstest.GatewayEvent{ID: "tx-1", Memo: firstCode, Reference: "EC-1", Amount: 3000, At: novemberDay(20)}
	two := paymentstest.GatewayEvent{ID: "tx-1", Memo: secondCode, Reference: "EC-2", Amount: 3000, At: novemberDay(21)}
	w.SendGateway(gateway, one)
	one.Void = true
	w.SendGateway(gateway, one)
	w.SendGateway(gateway, two)
	w.Decide("conflict", paymentstest.AssignTo(second)) // the void is not of this one
	w.WantPaid(first, "-3000", "3000")
	w.WantPaid(second, "3000")
	two.Void = true
	w.SendGateway(gateway, two)
	w.Decide("conflict", object{"action": "return", "reason": "ngân hàng đã hoàn"})
	w.WantPaid(first, "-3000", "3000")
	w.WantPaid(second, "-3000", "3000")
	w.VerifyBooks()
}

// foreignGateway creates a connection of the payment gateway that is another merchant's.
func (w *world) foreignGateway() string {
	w.T.Helper()
	stall, _ := w.Stall(w.Market, "Z9", "970436", "9999999")
	var merchant string
	must(w.T, w.DB.Pool.QueryRow(w.T.Context(), `SELECT merchant_id FROM tenancies WHERE stall_id = $1`, stall).
		Scan(&merchant))
	return w.Call(w.Admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay_pg", "name": "Cổng của người khác", "secrets": object{"secret_key": paymentstest.GatewayKey},
		"owner": object{"kind": "merchant", "id": merchant},
	}, 201).Text("id")
}

// caseIDs returns the ids of the open and proposed cases.
func (w *world) caseIDs() map[string]bool {
	w.T.Helper()
	known := map[string]bool{}
	for _, c := range w.waitingCases() {
		known[c.Text("id")] = true
	}
	return known
}

func (w *world) waitingCases() []object {
	w.T.Helper()
	return append(w.Call(w.Admin, "GET", "/api/v1/cases?state=open&limit=200", nil, 200).Items(),
		w.Call(w.Admin, "GET", "/api/v1/cases?state=proposed&limit=200", nil, 200).Items()...)
}

// newCases returns the newest case that was not known, and the kinds of all of them.
func (w *world) newCases(known map[string]bool) (newest, kinds string) {
	w.T.Helper()
	var all []string
	for _, c := range w.waitingCases() {
		if !known[c.Text("id")] {
			all = append(all, c.Text("kind"))
			if newest == "" {
				newest = c.Text("id")
			}
		}
	}
	return newest, strings.Join(all, " ")
}
