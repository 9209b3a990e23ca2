package cases_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"pgregory.net/rapid"

	"market40/merchants/platform/bizday"
	"market40/payments/banks"
	"market40/payments/money"
	"market40/payments/paymentstest"
)

// drawnTransfer is one transfer that truly happened.
type drawnTransfer struct {
	account, bin        string
	amount              int64
	currency, reference string
	memo                string
	at                  time.Time
	day                 bool // a feed with dates only may report it
	twin                *drawnTransfer
}

// strong reports whether the reference alone names the transfer.
func (d *drawnTransfer) strong() bool { return strings.HasPrefix(d.reference, "FT") }

// drawnContent is what one connection reported under one id: a notice, or a conflict with the notice of
// that id.
type drawnContent struct {
	of         *drawnTransfer
	feed       *paymentstest.Feed
	notice     banks.Notice // as it is sent, whenever it is sent
	stall      string       // that receives the money; "": people have to decide
	id         string       // the notice's, or the conflict's; "": not sent yet
	conflict   bool
	mu         sync.Mutex // of from and to
	from, to   time.Time  // when it was sent first
	occurred   time.Time
	state, why string
	at         string   // where its money is: a stall, a market, "returned"; "": nowhere in the books
	before     []string // where it was before each decision
	extra      bool     // people posted it although it is reported twice
	dismissed  bool
	voided     bool // its bank took it back
}

// key is what identifies a notice of a connection.
func (c *drawnContent) key() string {
	key := c.feed.ID + c.notice.ExternalID
	if c.feed.Provider.Name() == "payos" { // its references come again
		key += c.notice.Account + c.notice.OccurredAt.Format("2006-01-02 15:04")
	}
	return key
}

// drawnRound is one sequence of notices and decisions about fresh stalls and accounts.
type drawnRound struct {
	*world
	rt        *rapid.T
	feeds     []*paymentstest.Feed // the last two are gateways
	people    []string
	prefix    int
	now       time.Time // the last whole second before it began
	transfers []*drawnTransfer
	contents  []*drawnContent
	first     map[string]*drawnContent // of a key
	named     map[string]*drawnContent // by the id of its notice or conflict
	voids     map[string]bool          // keys of contents that were voided
	stalls    map[string]string        // by name
	codes     map[string]string
	markets   []string
	base      map[string]int64 // what stall and day held before the round
	closed    map[string]closedCase
}

// closedCase is a case that people closed.
type closedCase struct {
	about *drawnContent // nil: a void
	state string
}

// get reads all pages of a list.
func (r *drawnRound) get(path string) []object {
	var all []object
	for next := ""; ; {
		status, page := r.Try(r.Admin, "GET", path+next, nil)
		if status != 200 {
			r.rt.Fatalf("%s is answered %d: %v", path, status, page)
		}
		all = append(all, page.Items()...)
		if page.Text("next") == "" {
			return all
		}
		next = "&after=" + page.Text("next")
	}
}

// register makes the stalls of a round: A and B have an account each, C and D share one in two
// markets. G and H, which are paid through the gateway, are there already.
func (r *drawnRound) register() {
	for i := range 2 {
		r.markets = append(r.markets, r.RegisterMarket(r.Admin, fmt.Sprintf("R%dM%d", r.prefix, i), "22366"))
	}
	r.stalls["A"], r.codes["A"] = r.Stall(r.markets[0], "A", "970436", r.account("A"))
	r.stalls["B"], r.codes["B"] = r.Stall(r.markets[0], "B", "970422", r.account("B"))
	r.stalls["C"], r.codes["C"] = r.Stall(r.markets[0], "C", "970416", r.account("C"))
	r.stalls["D"], r.codes["D"] = r.sharedStall(r.markets[1], "D", r.stalls["C"], "970416", r.account("D"))
	r.base = r.days()
}

// account returns the account of a stall, or for U an unregistered one.
func (r *drawnRound) account(stall string) string {
	if stall == "G" || stall == "H" {
		return paymentstest.GatewayAccount
	}
	return fmt.Sprint(7_000_000 + r.prefix*4 + strings.Index("ABCU", strings.ReplaceAll(stall, "D", "C")))
}

// owner returns the stall that receives the money of a memo on an account.
func (r *drawnRound) owner(account, memo string) string {
	for name, code := range r.codes {
		if strings.Contains(memo, code) {
			if r.account(name) == account {
				return name
			}
			return ""
		}
	}
	for _, name := range []string{"A", "B"} {
		if r.account(name) == account {
			return name
		}
	}
	return ""
}

// happen draws a transfer.
func (r *drawnRound) happen(rt *rapid.T) {
	amounts := []int64{25000, 25000, 25000, 40000, 40000, 1000, 1000, 600_000_000}
	d := &drawnTransfer{currency: money.Currency, amount: rapid.SampledFrom(amounts).Draw(rt, "amount")}
	if len(r.transfers) > 0 && rapid.IntRange(0, 5).Draw(rt, "twin") == 0 { // an equal purchase
		first := r.transfers[rapid.IntRange(0, len(r.transfers)-1).Draw(rt, "of")]
		if !first.strong() && first.twin == nil && first.account != paymentstest.GatewayAccount {
			*d = *first
			d.twin, first.twin = first, d
			d.at = first.at.Add(20 * time.Second)
			r.transfers = append(r.transfers, d)
			return
		}
	}
	day := rapid.SampledFrom([]int{0, 0, 0, -1, -3, 2}).Draw(rt, "day")
	d.at = r.now.AddDate(0, 0, day).Truncate(time.Minute).Add(-5 * time.Minute)
	if day < 0 && rapid.Bool().Draw(rt, "near midnight") {
		d.at = time.Date(d.at.Year(), d.at.Month(), d.at.Day(), 23, 58, 0, 0, bizday.Vietnam)
	}
	d.at = d.at.Add(time.Duration(rapid.IntRange(0, 20).Draw(rt, "seconds")) * time.Second)
	d.day = day <= 0
	n := len(r.transfers)
	switch rapid.IntRange(0, 5).Draw(rt, "reference") {
	case 0, 1, 2:
		d.reference = fmt.Sprintf("FT26%03d%05d%02d", 100+r.prefix%200, r.prefix, n)
	case 3:
		d.reference = fmt.Sprint(3079 + n%2) // ACB's, which come again
	case 4:
		d.reference = "5243.65937"
	}
	if n > 0 && rapid.IntRange(0, 5).Draw(rt, "reference of another") == 0 {
		other := r.transfers[rapid.IntRange(0, n-1).Draw(rt, "other")]
		if other.amount != d.amount {
			d.reference = other.reference // one reference, two amounts
		}
	}
	if !d.strong() && rapid.IntRange(0, 9).Draw(rt, "dollars") == 0 {
		d.currency = "USD"
	}
	on := rapid.SampledFrom([]string{"A", "A", "B", "C", "C", "D", "U", "G", "G", "H"}).Draw(rt, "account")
	d.account, d.bin = r.account(on), map[string]string{
		"A": "970436", "B": "970422", "C": "970416", "D": "970416",
		"U": "970436",
	}[on]
	d.memo = "tien ca"
	if named := rapid.SampledFrom([]string{"", "", on, on, "B"}).Draw(rt, "code"); r.codes[named] != "" {
		d.memo = r.codes[named] + " tien ca"
	}
	for _, other := range r.transfers { // what the plain rule calls the same must be the same
		if other.reference == d.reference && other.amount == d.amount && other.account == d.account {
			return
		}
	}
	r.transfers = append(r.transfers, d)
}

// report draws a connection and lets it report a transfer.
func (r *drawnRound) report(rt *rapid.T) {
	if c := r.drawReport(rt); c != nil {
		r.add(c)
		r.send(c)
		r.settle(c)
	}
}

// reportTogether is report, by several connections at the same moment.
func (r *drawnRound) reportTogether(rt *rapid.T) {
	var drawn []*drawnContent
	var all sync.WaitGroup
	for range rapid.IntRange(2, 4).Draw(rt, "tellings") {
		if c := r.drawReport(rt); c != nil && !c.conflict { // of two contents under one id, either might be the first
			r.add(c)
			drawn = append(drawn, c)
		}
	}
	for _, c := range drawn {
		all.Go(func() { r.send(c) })
	}
	all.Wait()
	for _, c := range drawn {
		r.settle(c)
	}
}

// mislead lets a connection report a failure or a debit under the id of a credit: it is no money
// and takes no id.
func (r *drawnRound) mislead(rt *rapid.T) {
	c := r.drawReport(rt)
	if c == nil {
		return
	}
	n := c.notice
	if n.Ignore = banks.IgnoreFailed; rapid.Bool().Draw(rt, "debit") {
		n.Ignore, n.Direction = banks.IgnoreDebit, banks.Out
	}
	q, err := c.feed.Provider.Compose(n, c.feed.Secrets, time.Now())
	if err != nil {
		return // the provider has no words for it
	}
	items, err := c.feed.Provider.Parse(q)
	if err != nil || items[0].Notice.Ignore == "" {
		return
	}
	r.send(&drawnContent{of: c.of, feed: c.feed, notice: n})
}

// drawReport draws the report of a transfer by a connection: a second one is a retry.
func (r *drawnRound) drawReport(rt *rapid.T) *drawnContent {
	if len(r.transfers) == 0 {
		return nil
	}
	i := rapid.IntRange(0, len(r.transfers)-1).Draw(rt, "transfer")
	d := r.transfers[i]
	feeds := r.feeds[:len(r.feeds)-2]
	if d.account == paymentstest.GatewayAccount {
		feeds = r.feeds[len(r.feeds)-2:]
	}
	f := feeds[rapid.IntRange(0, len(feeds)-1).Draw(rt, "connection")]
	name := f.Provider.Name()
	for _, c := range r.contents {
		if c.of == d && (c.feed == f || d.reference == "") { // without a reference two reports cannot be compared
			return c
		}
	}
	c := &drawnContent{of: d, feed: f, notice: banks.Notice{
		ExternalID: fmt.Sprint(r.prefix*1000 + i), BankBIN: d.bin, Account: d.account, Direction: banks.In,
		Amount:   money.FromDong(d.amount),
		Currency: d.currency, Memo: d.memo, OrderRef: "7001", Reference: d.reference, OccurredAt: d.at,
		Precision: banks.Second,
	}}
	n := &c.notice
	if f == r.feeds[len(r.feeds)-1] {
		n.ExternalID += "-2" // TestVoidsInEveryOrder has gateways that number alike
	}
	switch {
	case name == "payos" && (d.reference == "" || d.twin != nil), name == "casso_v1" && !d.day,
		d.currency != money.Currency && name != "standard":
		return nil
	case name == "payos":
		n.ExternalID = d.reference
	case name == "casso_v1":
		n.OccurredAt = time.Date(d.at.Year(), d.at.Month(), d.at.Day(), 0, 0, 0, 0, bizday.Vietnam)
	case rapid.Bool().Draw(rt, "another second"):
		n.OccurredAt = n.OccurredAt.Add(30 * time.Second)
	}
	if rapid.IntRange(0, 2).Draw(rt, "another memo") == 0 {
		n.Memo = strings.ReplaceAll(strings.ToUpper(d.memo), " ", "-")
		if owner := r.owner(d.account, d.memo); d.strong() && (owner == "A" || owner == "B") {
			n.Memo = "MBVCB.123 chuyen tien" // the account decides who receives it
		} else if d.strong() && d.account == r.account("C") && owner == "" {
			n.Memo = r.codes["C"] + " tien ca" // only this connection says it
		}
	}
	if name != "payos" && rapid.IntRange(0, 4).Draw(rt, "under a known id") == 0 {
		for _, other := range r.contents {
			if other.feed == f && other.of.amount != d.amount {
				n.ExternalID = other.notice.ExternalID
			}
		}
	}
	c.conflict = r.first[c.key()] != nil
	if c.stall = r.owner(n.Account, n.Memo); d.currency != money.Currency || d.amount > 499_999_999 {
		c.stall = ""
	}
	return c
}

// add remembers a content that is new.
func (r *drawnRound) add(c *drawnContent) {
	if r.first[c.key()] == nil {
		r.first[c.key()] = c
	}
	if !slices.Contains(r.contents, c) {
		r.contents = append(r.contents, c)
	}
}

func (r *drawnRound) send(c *drawnContent) {
	c.mu.Lock() // one content may be reported twice at one moment
	first := c.from.IsZero()
	if first {
		c.from = time.Now()
	}
	c.mu.Unlock()
	if first {
		defer func() {
			c.mu.Lock()
			c.to = time.Now()
			c.mu.Unlock()
		}()
	}
	q, err := c.feed.Provider.Compose(c.notice, c.feed.Secrets, time.Now())
	if err != nil {
		r.T.Error(err)
		return
	}
	n := &c.notice
	r.rt.Logf("%s reports %s: %d on %s, reference %q, memo %q, at %v", c.feed.Provider.Name(), n.ExternalID,
		n.Amount.Dong(), n.Account,
		n.Reference, n.Memo, n.OccurredAt)
	if status, answer := c.feed.Send(q); status >= 300 {
		r.T.Errorf("%s answered %d: %s", c.feed.Provider.Name(), status, answer)
	}
}
