package intake_test

import (
	"fmt"
	"strings"
	"testing"

	"market40/payments/paymentstest"
)

// told is what one gateway tells of a transaction of 80,000: "paid", or "void" and its amount; a
// day of November may follow.
type told struct {
	by   int // 0 and 1: gateways of the platform, 2: one of another merchant
	what string
}

// TestVoidsInEveryOrder: what was taken back wholly is in no stall's figures, and no case is left
// of it; what was taken back in part waits for people.
func TestVoidsInEveryOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, _ := w.GatewayStall("A1")
	other := w.Key("admin", "")
	gateways := []string{w.NewGateway(), w.NewGateway(), w.foreignGateway()}
	const stands, gone, never = "[80000]", "[-80000 80000]", "[]"
	for i, c := range []struct {
		name     string
		tellings []told
		paid     string
		open     string // kinds of the cases that are open
		// what comes of two people taking the money back: an error's code, or "" for done; "-":
		// nobody does
		back string
	}{
		{"paid, void", []told{{0, "paid"}, {0, "void 80000"}}, gone, "", "-"},
		{"void, paid", []told{{0, "void 80000"}, {0, "paid"}}, never, "", "-"},
		{"paid, part", []told{{0, "paid"}, {0, "void 30000"}}, stands, "original_unknown", "taken_back_in_part"},
		{"part, paid", []told{{0, "void 30000"}, {0, "paid"}}, stands, "original_unknown", "taken_back_in_part"},
		{"paid, part, void", []told{{0, "paid"}, {0, "void 30000"}, {0, "void 80000"}}, gone, "", "-"},
		{"paid, void, part", []told{{0, "paid"}, {0, "void 80000"}, {0, "void 30000"}}, gone, "", "-"},
		{"part, paid, void", []told{{0, "void 30000"}, {0, "paid"}, {0, "void 80000"}}, gone, "", "-"},
		{"part, void, paid", []told{{0, "void 30000"}, {0, "void 80000"}, {0, "paid"}}, never, "", "-"},
		{"void, part, paid", []told{{0, "void 80000"}, {0, "void 30000"}, {0, "paid"}}, never, "", "-"},
		{"paid, too much", []told{{0, "paid"}, {0, "void 90000"}}, stands, "original_unknown", ""},
		{
			"paid, two parts",
			[]told{{0, "paid"}, {0, "void 30000"}, {0, "void 50000"}},
			stands,
			"original_unknown original_unknown", "",
		},
		{
			"two parts, paid",
			[]told{{0, "void 30000"}, {0, "void 50000"}, {0, "paid"}},
			stands,
			"original_unknown original_unknown", "",
		},
		{
			"paid, two equal parts",
			[]told{{0, "paid"}, {0, "void 40000"}, {0, "void 40000 28"}},
			stands,
			"conflict original_unknown", "",
		},
		{
			"paid, one part by both",
			[]told{{0, "paid"}, {0, "void 40000"}, {1, "void 40000 28"}},
			stands,
			"original_unknown original_unknown", "taken_back_in_part",
		},
		{
			"one part by both, paid by both",
			[]told{{1, "void 40000"}, {0, "void 40000"}, {0, "paid"}, {1, "paid"}},
			stands,
			"told_twice original_unknown original_unknown", "-",
		},
		{
			"paid, two parts by both",
			[]told{
				{0, "paid"},
				{0, "void 30000"},
				{1, "void 30000"},
				{1, "void 50000"},
				{0, "void 50000"},
			},
			stands,
			strings.Repeat(" original_unknown", 4)[1:], "",
		},
		{
			"paid, a part by each",
			[]told{{0, "paid"}, {0, "void 30000"}, {1, "void 50000"}},
			stands,
			"original_unknown original_unknown", "",
		},
		{"paid, void twice", []told{{0, "paid"}, {0, "void 80000"}, {0, "void 80000 28"}}, gone, "", "-"},
		{"void twice, paid", []told{{0, "void 80000"}, {0, "void 80000 28"}, {0, "paid"}}, never, "", "-"},
		{"paid, void by another", []told{{0, "paid"}, {1, "void 80000"}}, gone, "", "-"},
		{"void by another, paid", []told{{1, "void 80000"}, {0, "paid"}}, never, "", "-"},
		{"paid, void by both", []told{{0, "paid"}, {1, "void 80000"}, {0, "void 80000"}}, gone, "", "-"},
		{
			"paid and void by both",
			[]told{{0, "paid"}, {1, "paid"}, {1, "void 80000"}, {0, "void 80000"}},
			gone,
			"told_twice", "-",
		},
		{"void by another merchant's, paid", []told{{2, "void 80000"}, {0, "paid"}}, stands, "original_unknown", "-"},
		{"paid, void by another merchant's", []told{{0, "paid"}, {2, "void 80000"}}, stands, "original_unknown", "-"},
	} {
		stall, code := w.GatewayStallOf(fmt.Sprint("V", i), first)
		known := w.caseIDs()
		for _, told := range c.tellings {
			e := paymentstest.GatewayEvent{
				ID: fmt.Sprint("tx-", i), Memo: code, Reference: fmt.Sprint("PG-", i),
				At: november(25),
			}
			if what, void := strings.CutPrefix(told.what, "void "); void {
				day := 26
				_, _ = fmt.Sscan(what, &e.Amount, &day)
				e.Void, e.At = true, november(day)
			}
			w.SendGateway(gateways[told.by], e)
			w.SendGateway(gateways[told.by], e) // and once more
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
			t.Errorf("%s: after the case was opened again the stall was paid %s", c.name, got)
		}
		w.Call(w.Admin, "POST", "/api/v1/cases/"+id+"/resolve", back, 200)
		w.Call(other, "POST", "/api/v1/cases/"+id+"/resolve", back, 200)
		w.SendGateway(gateways[0], paymentstest.GatewayEvent{
			ID: fmt.Sprint("tx-", i), Memo: code,
			Reference: fmt.Sprint("PG-", i), At: november(25), Void: true,
		})
		if got := fmt.Sprint(w.Amounts(stall)); got != "[-80000 80000 -80000 80000]" {
			t.Errorf("%s: after two people took it back again the stall was paid %s", c.name, got)
		}
		if _, kinds := w.newCases(known); kinds != "" {
			t.Errorf("%s: after two people took it back %q are open", c.name, kinds)
		}
		if got := w.Call(w.Admin, "POST", "/api/v1/cases/"+id+"/reopen", object{"reason": "nhầm khoản"}, 409).Text(
			"code"); got != "taken_back" {
			t.Errorf("%s: after the whole void its case is opened again: %s", c.name, got)
		}
	}
	w.VerifyBooks()
}

// TestOnePartToldWithSeveralDays: what came later under a part's id counts where two people said
// that it is another part.
func TestOnePartToldWithSeveralDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, _ := w.GatewayStall("A1")
	stall, code := w.GatewayStallOf("A2", first)
	gateway, people := w.NewGateway(), []string{w.Admin, w.Key("admin", "")}
	e := paymentstest.GatewayEvent{ID: "tx-1", Memo: code, Reference: "FT26329000000001", At: november(25)}
	w.SendGateway(gateway, e)
	e.Void, e.Amount = true, 20000
	for day := 26; day <= 29; day++ {
		e.At = november(day)
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
		At: november(25),
	})
	back(later[2].Text("id"), 200, "[80000 -80000 80000]")

	// it waits in its market
	e = paymentstest.GatewayEvent{ID: "tx-2", Memo: "tien ca", Reference: "PG-2", At: november(25)}
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

// TestAVoidOfASecondTransfer: a gateway told two transfers under one id, and two people posted the
// second. A void is of the one whose reference it names, or whose amount; else people look at it.
// It never takes the other stall's money.
func TestAVoidOfASecondTransfer(t *testing.T) {
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
				At: november(20 + j),
			})
		}
		w.Decide("conflict", paymentstest.AssignTo(second))
		c.void.ID, c.void.Void, c.void.At = fmt.Sprint("tx-", i), true, november(25)
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

// TestVoidsOfTwoTransfers: each of two transfers under one id is taken back by its own void, told
// under one id too.
func TestVoidsOfTwoTransfers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, firstCode := w.GatewayStall("A1")
	second, secondCode := w.GatewayStallOf("A2", first)
	gateway := w.NewGateway()
	one := paymentstest.GatewayEvent{ID: "tx-1", Memo: firstCode, Reference: "EC-1", Amount: 3000, At: november(20)}
	two := paymentstest.GatewayEvent{ID: "tx-1", Memo: secondCode, Reference: "EC-2", Amount: 3000, At: november(21)}
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

// foreignGateway makes a connection of the payment gateway that is another merchant's.
func (w *world) foreignGateway() string {
	w.T.Helper()
	stall, _ := w.Stall(w.Market, "Z9", "970436", "9999999")
	var merchant string
	must(w.T, w.DB.Pool.QueryRow(w.T.Context(), `SELECT merchant_id FROM tenancies WHERE stall_id = $1`, stall).Scan(
		&merchant))
	return w.Call(w.Admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay_pg", "name": "Cổng của người khác", "secrets": object{"secret_key": paymentstest.GatewayKey},
		"owner": object{"kind": "merchant", "id": merchant},
	}, 201).Text("id")
}

// caseIDs are the cases that are open or proposed.
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
