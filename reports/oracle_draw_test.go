package reports_test

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// drawing generates a world with many events near the limits of windows, months and days.
type drawing struct {
	*rapid.T
	*factWorld
	stalls        []int  // least and most per market
	codes, payers string // "none", "some" or "all"
	// each seller has had a checked account for long, and a connection reports on it
	watched bool
}

// bounds are days before asOf near which something begins or ends to count: windows of 7, 30, 31
// and 90 days and of 12 months, and calendar months.
var bounds = []int{
	-1, 0, 1, 2, 6, 7, 8, 21, 22, 23, 28, 29, 30, 31, 32, 52, 53, 60, 61, 83, 84, 89, 90, 91, 113, 114,
	144, 145, 364, 365, 366,
}

// drawnStatuses are the locations of markets. They include a market that split from no other, and a
// market without a known location in 2024. Some markets moved between units, also today at 00:00 or
// tomorrow.
var drawnStatuses = [][]factPlace{
	{{"district", "568", "", "2024-05-28", spanUntil("2025-07-01")}, {
		"commune", "22366", "", "2025-07-01",
		spanSince("2025-07-01"),
	}},
	{{"district", "569", "", "2024-05-28", spanUntil("2025-07-01")}, {
		"commune", "22420", "", "2025-07-01",
		spanSince("2025-07-01"),
	}},
	{
		{"commune", "22366", "568", "2024-05-28", spanUntil("2024-11-01")},
		{
			"commune", "22366", "568", "2024-11-01",
			span{dayOf("2024-11-01"), dayOf("2025-07-01")},
		},
		{"commune", "22366", "", "2025-07-01", span{dayOf("2025-07-01"), dayOf("2026-03-01")}},
		{
			"commune", "22333", "",
			"2025-07-01", spanSince("2026-03-01"),
		},
	},
	{{"commune", "22333", "", "2025-07-01", spanSince("2025-07-01")}},
	{
		{"district", "569", "", "2024-05-28", spanUntil("2025-07-01")},
		{"commune", "22420", "", "2025-07-01", span{dayOf("2025-07-01"), dayOf("2026-11-05")}},
		{
			"commune", "22333", "",
			"2025-07-01", spanSince("2026-11-05"),
		},
	},
	{
		{"district", "568", "", "2024-05-28", spanUntil("2024-05-29")},
		{
			"district", "569", "", "2024-05-29",
			span{dayOf("2024-05-29"), dayOf("2025-07-01")},
		},
		{"commune", "22420", "", "2025-07-01", span{dayOf("2025-07-01"), dayOf(asOf)}},
		{
			"commune", "22366", "",
			"2025-07-01", spanSince(asOf),
		},
	},
	{
		{"commune", "22420", "569", "2024-05-28", spanUntil("2025-07-01")},
		{"commune", "22420", "", "2025-07-01", span{dayOf("2025-07-01"), dayOf(asOf).AddDate(0, 0, 1)}},
		{"commune", "22366", "", "2025-07-01", spanSince("2026-11-23")},
	},
	{{"district", "582", "", "2024-05-28", spanUntil("2025-07-01")}, {
		"commune", "22759", "", "2025-07-01",
		spanSince("2025-07-01"),
	}},
}

func spanUntil(s string) span { return span{to: dayOf(s)} }
func spanSince(s string) span { return span{from: dayOf(s)} }

func (d *drawing) n(least, most int) int { return rapid.IntRange(least, most).Draw(d.T, "n") }

// one returns true once in so many draws.
func (d *drawing) one(in int) bool { return d.n(1, in) == in }

func pickOne[T any](d *drawing, from ...T) T { return from[d.n(0, len(from)-1)] }

func (d *drawing) day() time.Time {
	before := d.n(0, 130)
	if d.one(2) {
		before = pickOne(d, bounds...)
	}
	return dayOf(asOf).AddDate(0, 0, -before)
}

// recent returns a day that is mostly within the last weeks, which most figures count.
func (d *drawing) recent() time.Time {
	if d.one(3) {
		return d.day()
	}
	return dayOf(asOf).AddDate(0, 0, -d.n(0, 40))
}

func (d *drawing) at() time.Time {
	if d.one(5) { // at the limit itself, or one second before or after it
		limit := dayOf(asOf).AddDate(0, 0, -pickOne(d, 0, 0, 1, 7, 21, 30))
		return limit.Add(pickOne(d, 0, 0, -time.Second, time.Second))
	}
	return d.recent().Add(pickOne(d, 0, time.Second, 12*time.Hour, 24*time.Hour-time.Second))
}

// paid returns a time in these weeks, or in the weeks in which merchants of I17 began.
func (d *drawing) paid() time.Time {
	if d.one(4) {
		return dayOf(asOf).AddDate(0, 0, -d.n(82, 146)).Add(pickOne(d, 0, 24*time.Hour-time.Second))
	}
	return d.at()
}

// early returns a time that is mostly long ago, for facts that exist well before asOf.
func (d *drawing) early() time.Time {
	if d.one(3) {
		return d.at()
	}
	return dayOf("2024-03-01")
}

func drawWorld(t *rapid.T, markets []*factMarket) *factWorld {
	d := &drawing{
		T: t, factWorld: &factWorld{markets: markets, launched: map[*factMarket]time.Time{}},
		stalls: []int{0, 9}, codes: "some", payers: "some",
	}
	if d.one(4) {
		d.plain()
		return d.factWorld
	}
	merchants := d.n(3, 20)
	if d.one(2) { // so many similar merchants that little is hidden from an officer
		merchants, d.stalls = d.n(25, 45), []int{10, 16}
		d.codes, d.payers = pickOne(d, "none", "all", "all"), pickOne(d, "none", "some", "all", "all")
		d.watched = !d.one(3)
	}
	for range merchants {
		d.merchants = append(d.merchants, uuid.New())
	}
	for _, m := range markets {
		*m = factMarket{id: m.id, code: m.code, places: pickOne(d, drawnStatuses...)}
		for range d.n(d.stalls[0], d.stalls[1]) {
			m.stalls = append(m.stalls, d.stall(m))
		}
		d.field(m)
	}
	d.lately()
	for _, m := range d.merchants {
		d.receive(m)
	}
	for _, m := range markets {
		for _, s := range m.stalls {
			d.stickers(s)
		}
	}
	for range d.n(0, 4) {
		d.connection()
	}
	if d.watched || d.one(2) {
		all := &factConnection{
			id: uuid.New(), provider: "standard", owner: "platform", created: dayOf("2024-03-01"),
			days: map[time.Time]bool{},
		}
		if d.watched {
			d.brought(all, -2)
		} else {
			d.alive(all)
		}
		d.connections = append(d.connections, all)
	}
	d.programme()
	return d.factWorld
}

// lately gives most worlds two changes that a report of 30 days must handle: a stall suspended in
// these days, and a market that moved.
func (d *drawing) lately() {
	if !d.one(6) {
		s := d.stall(d.markets[0])
		s.states = []factState{{"operating", spanUntil("2026-11-08")}, {
			pickOne(d, "suspended", "suspended", "closed"),
			spanSince("2026-11-08"),
		}}
		d.markets[0].stalls = append(d.markets[0].stalls, s)
	}
	if !d.one(6) {
		d.markets[1].places = drawnStatuses[4]
	}
}

func (d *drawing) stall(m *factMarket) *factStall {
	s := &factStall{
		id: uuid.New(), market: m, kind: pickOne(d, "stall", "stall", "stall", "kiosk", "lot", "mobile"),
		zone: pickOne(d, "", "A", "A", "B"), goods: pickOne(d, "rau", "rau", "khac"),
	}
	if d.one(3) {
		from := d.early()
		for range d.n(0, 2) {
			if to := d.at(); to.After(from) {
				s.states = append(s.states, factState{pickOne(d, "vacant", "operating", "operating", "suspended",
					"closed"), span{from, to}})
				from = to
			}
		}
		s.states = append(s.states, factState{
			pickOne(d, "operating", "operating", "vacant", "suspended", "closed"),
			span{from: from},
		})
	}
	changes := []time.Time{d.early()}
	for range pickOne(d, 0, 0, 0, 1, 2) {
		changes = append(changes, d.at())
	}
	slices.SortFunc(changes, time.Time.Compare)
	changes = slices.CompactFunc(changes, time.Time.Equal)
	for i, from := range changes {
		valid := span{from: from}
		if i+1 < len(changes) {
			valid.to = changes[i+1]
		} else if d.one(6) {
			valid.to = from.Add(time.Duration(d.n(1, 60)) * 24 * time.Hour)
		}
		s.tenancies = append(s.tenancies, d.tenancy(s, valid))
	}
	return s
}

func (d *drawing) tenancy(s *factStall, valid span) *factTenancy {
	t := &factTenancy{id: uuid.New(), stall: s, merchant: pickOne(d, d.merchants...), valid: valid}
	if !d.one(5) {
		t.approved = d.early()
	}
	for range pickOne(d, map[string][]int{"none": {0}, "some": {0, 0, 1, 2, 5, 8}, "all": {4, 6, 9}}[d.payers]...) {
		t.payments = append(t.payments, factPayment{d.paid(), pickOne[int64](d, 1, 50_000, 50_001, 200_000, 200_001,
			1_000_000, 1_000_001), d.one(4)})
		// paid again, to the intended merchant or to another
		if last := t.payments[len(t.payments)-1]; last.reversed && d.one(2) {
			t.payments = append(t.payments, factPayment{last.at, last.amount, false})
		}
	}
	for range pickOne(d, map[string][]int{"none": {0}, "some": {0, 0, 1, 2, 5}, "all": {0, 1, 4}}[d.payers]...) {
		t.confirmations = append(t.confirmations, d.paid())
	}
	for range pickOne(d, 0, 0, 1, 2) {
		t.visits = append(t.visits, factVisit{d.at(), pickOne(d, "helped", "follow_up", "refused", "absent")})
	}
	asked := map[time.Time]bool{}
	for range pickOne(d, 0, 0, 1, 3) {
		if on := d.day(); !asked[on] {
			customers := d.n(1, 10)
			t.declared = append(t.declared, factDeclared{on, customers, d.n(0, customers)})
			asked[on] = true
		}
	}
	return t
}

// receive gives a merchant accounts, on which its tenancies receive payments.
func (d *drawing) receive(merchant uuid.UUID) {
	var mine []*factAccount
	accounts := pickOne(d, 0, 1, 1, 2, 3)
	if d.watched {
		accounts = d.n(1, 2)
	}
	for range accounts {
		a := &factAccount{id: uuid.New(), merchant: merchant, bank: pickOne(d, "", "970422", "970436")}
		if d.watched && !d.one(8) {
			a.checked, a.how = dayOf("2024-03-01"), pickOne(d, "paper", "bank_lookup")
		} else if d.one(2) {
			a.checked, a.how = d.early(), pickOne(d, "", "paper", "bank_lookup", "test_transfer")
		}
		mine = append(mine, a)
	}
	d.accounts = append(d.accounts, mine...)
	for _, m := range d.markets {
		for _, s := range m.stalls {
			for _, t := range s.tenancies {
				if t.merchant != merchant {
					continue
				}
				for _, a := range mine {
					r := factReceiving{account: a, since: dayOf("2024-03-01")}
					if d.watched && !d.one(12) {
						t.accounts = append(t.accounts, r)
						continue
					}
					if d.one(3) {
						continue
					}
					if r.since = d.early(); d.one(4) {
						r.replaced = r.since.Add(time.Duration(d.n(1, 200)) * 12 * time.Hour)
					}
					t.accounts = append(t.accounts, r)
				}
			}
		}
	}
}

// stickers gives a stall codes and scans. No two scans have the same time.
func (d *drawing) stickers(s *factStall) {
	current := map[*factAccount]bool{}
	for _, t := range s.tenancies {
		for _, r := range t.accounts {
			for range pickOne(d, map[string][]int{"none": {0}, "some": {0, 1, 1, 2}, "all": {1, 2}}[d.codes]...) {
				c := &factCode{
					code: uuid.NewString(), kind: pickOne(d, "stall", "stall", "stall", "stall", "order"),
					tenancy: t, account: r.account, in: span{from: d.early()}, replaced: d.one(2),
				}
				if current[c.account] || d.one(4) {
					c.in.to = c.in.from.Add(time.Duration(d.n(0, 400)) * 12 * time.Hour)
				} else if c.kind == "stall" {
					current[c.account] = true
				}
				s.codes = append(s.codes, c)
			}
		}
	}
	for range d.n(0, 7) {
		k := factCheck{verdict: pickOne(d, "official", "official", "official", "superseded", "own_account", "swapped",
			"foreign", "invalid"), at: d.at(), by: d.scanner()}
		switch k.verdict {
		case "official", "superseded":
			if len(s.codes) == 0 {
				continue
			}
			k.code = pickOne(d, s.codes...)
		case "swapped": // the code of another stall, if one exists
			for _, other := range s.market.stalls {
				if other != s && len(other.codes) > 0 {
					k.code = other.codes[0]
				}
			}
		}
		if !slices.ContainsFunc(s.checks, func(other factCheck) bool { return other.at.Equal(k.at) }) {
			s.checks = append(s.checks, k)
		}
	}
	slices.SortFunc(s.checks, func(a, b factCheck) int { return a.at.Compare(b.at) })
	if len(s.codes) > 0 && (d.codes == "all" || d.one(2)) { // the last scan found it in order
		last := dayOf(asOf).AddDate(0, 0, -d.n(1, 29)).Add(time.Hour)
		s.checks = slices.DeleteFunc(s.checks, func(k factCheck) bool { return !k.at.Before(last) })
		for i, c := range s.codes {
			s.checks = append(s.checks, factCheck{c, "official", last.Add(time.Duration(i) * time.Minute), d.scanner()})
		}
	}
}

// scanner returns who scans: mostly the team, else the owner, or a person who sells there for the
// owner.
func (d *drawing) scanner() string { return pickOne(d, "team", "team", "owner", "seller") }

func (d *drawing) connection() {
	c := &factConnection{
		id:       uuid.New(),
		provider: pickOne(d, "standard", "standard", "sepay", "momo"),
		owner: pickOne(d, "market", "market",
			"merchant", "platform"),
		created: d.early(),
		days:    map[time.Time]bool{},
	}
	switch c.owner {
	case "market":
		c.ownerID = pickOne(d, d.markets...).id
	case "merchant":
		c.ownerID = pickOne(d, d.merchants...)
	}
	for range d.n(0, 3) {
		if len(d.accounts) == 0 {
			break
		}
		n := factName{account: pickOne(d, d.accounts...)}
		n.bank = pickOne(d, n.account.bank, n.account.bank, "", "970436")
		if !slices.Contains(c.names, n) {
			c.names = append(c.names, n)
		}
	}
	for range d.n(0, 4) {
		c.days[d.day()] = true
	}
	if !d.one(3) {
		d.alive(c)
	}
	d.connections = append(d.connections, c)
}

// alive gives a connection a delivery on every day until today or until some days ago.
func (d *drawing) alive(c *factConnection) {
	d.brought(c, pickOne(d, -2, -2, -2, 5, 8, 28, 29, 40))
}

// brought gives a connection a delivery on every day of half a year, until before days ago.
func (d *drawing) brought(c *factConnection, before int) {
	for ; before < 160; before++ {
		c.days[dayOf(asOf).AddDate(0, 0, -before)] = true
	}
}
