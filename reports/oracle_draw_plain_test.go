package reports_test

import (
	"time"

	"github.com/google/uuid"
)

// alike holds what all merchants of a zone have in common.
type alike struct {
	approved, checked, displays bool
	scanned                     int // days ago; 0: never
	by                          string
	paid                        []int // days ago
	confirmed                   []int
	trained                     int // days ago; 0: never
	visited, declared           bool
}

// plain generates a world in which the merchants of a zone are alike. Little of it is hidden from
// an officer, so statuses, ranks, parts and their sums are published.
func (d *drawing) plain() {
	d.watched = true
	all := &factConnection{
		id: uuid.New(), provider: "standard", owner: "platform", created: dayOf("2024-03-01"),
		days: map[time.Time]bool{},
	}
	d.brought(all, pickOne(d, -2, -2, -2, 12))
	d.connections = append(d.connections, all)
	for _, m := range d.markets {
		*m = factMarket{id: m.id, code: m.code, places: pickOne(d, drawnStatuses...)}
		d.field(m)
		for _, zone := range []string{"A", "B"} {
			of := d.alike()
			goods := pickOne(d, "rau", "khac")
			for range d.n(5, 8) {
				d.like(m, zone, goods, of)
			}
		}
	}
	d.programme()
}

func (d *drawing) alike() alike {
	a := alike{
		approved: !d.one(5), checked: !d.one(4), displays: !d.one(4), by: d.scanner(), visited: d.one(2),
		declared: d.one(2),
	}
	if a.displays && !d.one(4) {
		a.scanned = pickOne(d, 1, 3, 6, 8, 29, 30)
	}
	a.paid = pickOne(d, nil, nil, []int{2}, []int{10, 12, 20, 30}, []int{1, 3, 5, 7, 29, 40, 60}, []int{35, 48},
		[]int{130}, []int{31, 130}, []int{3, 125})
	a.confirmed = pickOne(d, nil, nil, []int{4}, []int{1, 2, 3, 15}, []int{126})
	if d.one(2) {
		a.trained = pickOne(d, 31, 32, 50, 90)
		if d.one(2) { // converted by the training
			a.paid = []int{a.trained - pickOne(d, 1, 15, 30)}
		}
	}
	return a
}

// like adds a merchant with a stall, with the same facts as the others of the zone.
func (d *drawing) like(m *factMarket, zone, goods string, a alike) {
	ago := func(days int) time.Time { return dayOf(asOf).AddDate(0, 0, -days).Add(12 * time.Hour) }
	long := dayOf("2024-03-01")
	merchant := uuid.New()
	d.merchants = append(d.merchants, merchant)
	account := &factAccount{id: uuid.New(), merchant: merchant, bank: "970422"}
	if a.checked {
		account.checked, account.how = long, "bank_lookup"
	}
	d.accounts = append(d.accounts, account)
	s := &factStall{id: uuid.New(), market: m, kind: "stall", zone: zone, goods: goods}
	t := &factTenancy{
		id: uuid.New(), stall: s, merchant: merchant, valid: span{from: long},
		accounts: []factReceiving{{account: account, since: long}},
	}
	if a.approved {
		t.approved = long
	}
	for _, days := range a.paid {
		t.payments = append(t.payments, factPayment{ago(days), pickOne[int64](d, 20_000, 90_000, 300_000), false})
	}
	for _, days := range a.confirmed {
		t.confirmations = append(t.confirmations, ago(days))
	}
	if a.visited {
		t.visits = []factVisit{{ago(9), "helped"}}
	}
	if a.declared {
		t.declared = []factDeclared{{businessDay(ago(20)), 10, d.n(0, 10)}}
	}
	s.tenancies = []*factTenancy{t}
	if a.displays {
		s.codes = []*factCode{{
			code: uuid.NewString(), kind: "stall", tenancy: t, account: account,
			in: span{from: long},
		}}
	}
	if a.scanned > 0 {
		s.checks = []factCheck{{s.codes[0], "official", ago(a.scanned), a.by}}
	}
	m.stalls = append(m.stalls, s)
	if a.trained > 0 {
		d.trained(m, merchant, businessDay(ago(a.trained)))
	}
}

// trained adds a merchant to the training of a day.
func (d *drawing) trained(m *factMarket, merchant uuid.UUID, held time.Time) {
	for i := range m.trainings {
		if m.trainings[i].held.Equal(held) {
			m.trainings[i].merchants = append(m.trainings[i].merchants, merchant)
			return
		}
	}
	m.trainings = append(m.trainings, factTraining{id: uuid.New(), held: held, merchants: []uuid.UUID{merchant}})
}
