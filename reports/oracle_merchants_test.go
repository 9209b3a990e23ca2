package reports_test

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// oracle computes the figures of some markets counted together, as of 00:00 of a day.
type oracle struct {
	*factWorld
	group  []*factMarket
	moment time.Time
	only   func(*factStall) bool // limits the markets' stalls; nil: all stalls
}

// counts reports whether a stall counts: it has a fixed place and belongs to the requested part.
func (o *oracle) counts(s *factStall) bool {
	return s.kind != "mobile" && (o.only == nil || o.only(s))
}

// operating reports whether a tenancy was open at a time, at a stall with a fixed place that was
// then not vacant, suspended or closed.
func (t *factTenancy) operating(at time.Time) bool {
	if !t.valid.contains(at) || t.stall.kind == "mobile" {
		return false
	}
	for _, s := range t.stall.states {
		if s.valid.contains(at) {
			return s.state == "operating"
		}
	}
	return true
}

func (r factReceiving) receives(at time.Time) bool {
	return !r.since.After(at) && (r.replaced.IsZero() || r.replaced.After(at))
}

// tenancies returns a merchant's tenancies at the markets, including past ones, without mobile
// vendors.
func (o *oracle) tenancies(merchant uuid.UUID) (found []*factTenancy) {
	for _, m := range o.group {
		for _, s := range m.stalls {
			for _, t := range s.tenancies {
				if t.merchant == merchant && o.counts(s) {
					found = append(found, t)
				}
			}
		}
	}
	return found
}

func (o *oracle) operatingOf(merchant uuid.UUID) (found []*factTenancy) {
	for _, t := range o.tenancies(merchant) {
		if t.operating(o.moment) {
			found = append(found, t)
		}
	}
	return found
}

func (o *oracle) mop() (merchants []uuid.UUID) {
	for _, m := range o.merchants {
		if len(o.operatingOf(m)) > 0 {
			merchants = append(merchants, m)
		}
	}
	return merchants
}

// betterEvidence returns the better evidence in the order A, D, B, C, none (0).
func betterEvidence(a, b byte) byte {
	for _, e := range []byte("ADBC") {
		if a == e || b == e {
			return e
		}
	}
	return 0
}

func (o *oracle) registered(merchant uuid.UUID) byte {
	for _, t := range o.operatingOf(merchant) {
		for _, r := range t.accounts {
			if r.receives(o.moment) && !t.approved.IsZero() && !t.approved.After(o.moment) {
				return 'C'
			}
		}
	}
	return 0
}

func (o *oracle) verified(merchant uuid.UUID) (evidence byte) {
	for _, t := range o.operatingOf(merchant) {
		for _, r := range t.accounts {
			if !r.receives(o.moment) || r.account.checked.IsZero() || r.account.checked.After(o.moment) {
				continue
			}
			seen := byte('C')
			if r.account.how == "bank_lookup" || r.account.how == "test_transfer" {
				seen = 'D'
			}
			evidence = betterEvidence(evidence, seen)
		}
	}
	return evidence
}

// displayed returns the static codes of a tenancy that are current.
func (o *oracle) displayed(t *factTenancy) (codes []*factCode) {
	for _, c := range t.stall.codes {
		if c.tenancy == t && c.kind == "stall" && c.in.contains(o.moment) {
			codes = append(codes, c)
		}
	}
	return codes
}

func (o *oracle) printed(merchant uuid.UUID) bool {
	return slices.ContainsFunc(o.operatingOf(merchant), func(t *factTenancy) bool { return len(o.displayed(t)) > 0 })
}

func (o *oracle) ready(merchant uuid.UUID) (evidence byte) {
	for _, t := range o.operatingOf(merchant) {
		for _, c := range o.displayed(t) {
			evidence = betterEvidence(evidence, o.inOrder(c))
		}
	}
	return evidence
}

// inOrder returns the evidence that a code is in order, or 0. A code is in order if it passed a
// scan in 30 days and no scan of its stall failed since. The evidence is that of those scans.
func (o *oracle) inOrder(c *factCode) (evidence byte) {
	for _, k := range c.tenancy.stall.checks {
		switch {
		case k.at.After(o.moment) || k.at.Before(o.moment.AddDate(0, 0, -30)):
		case k.verdict != "official":
			evidence = 0
		case k.code == c && k.own():
			evidence = betterEvidence(evidence, 'B')
		case k.code == c:
			evidence = 'D'
		}
	}
	return evidence
}

// own reports whether the stall scanned its own code.
func (k factCheck) own() bool { return k.by == "owner" || k.by == "seller" }

// noticedDays returns the days of a span with payments that banks reported at the tenancies and that
// were not all reversed. confirmed returns the days that the owner confirmed.
func noticedDays(tenancies []*factTenancy, in span) map[time.Time]bool {
	found := map[time.Time]bool{}
	for _, t := range tenancies {
		for _, p := range t.payments {
			if !p.reversed && in.contains(businessDay(p.at)) {
				found[businessDay(p.at)] = true
			}
		}
	}
	return found
}

func confirmedDays(tenancies []*factTenancy, in span) map[time.Time]bool {
	found := map[time.Time]bool{}
	for _, t := range tenancies {
		for _, at := range t.confirmations {
			if in.contains(businessDay(at)) {
				found[businessDay(at)] = true
			}
		}
	}
	return found
}

// activeEvidence returns the evidence by which tenancies were active on at least least days of a span.
func activeEvidence(tenancies []*factTenancy, in span, least int) byte {
	reported := noticedDays(tenancies, in)
	if len(reported) >= least {
		return 'A'
	}
	for d := range confirmedDays(tenancies, in) {
		reported[d] = true
	}
	if len(reported) >= least {
		return 'B'
	}
	return 0
}

func (o *oracle) active(merchant uuid.UUID, before, least int) byte {
	return activeEvidence(o.tenancies(merchant), daysBefore(o.moment, before), least)
}

// observed reports whether the platform receives notices of an account on which the merchant
// receives at the market, in an operating tenancy.
func (o *oracle) observed(merchant uuid.UUID, at *factMarket, moment time.Time) bool {
	for _, s := range at.stalls {
		for _, t := range s.tenancies {
			if t.merchant != merchant || !o.counts(s) || !t.operating(moment) {
				continue
			}
			for _, r := range t.accounts {
				if r.receives(moment) && slices.ContainsFunc(o.connections,
					func(c *factConnection) bool { return c.alive(moment) && c.covers(t, r.account) }) {
					return true
				}
			}
		}
	}
	return false
}

func (o *oracle) observedAnywhere(merchant uuid.UUID, moment time.Time) bool {
	return slices.ContainsFunc(o.group, func(m *factMarket) bool { return o.observed(merchant, m, moment) })
}

func (c *factConnection) alive(moment time.Time) bool {
	if c.created.After(moment) {
		return false
	}
	for d := range c.days {
		if daysBefore(moment, 7).contains(d) {
			return true
		}
	}
	return false
}

func (c *factConnection) covers(t *factTenancy, account *factAccount) bool {
	if c.owner == "market" && c.ownerID != t.stall.market.id || c.owner == "merchant" && c.ownerID != t.merchant {
		return false
	}
	if c.provider == "sepay" && account.bank == "" || c.provider == "momo" && account.bank != "" {
		return false
	}
	return len(c.names) == 0 || slices.ContainsFunc(c.names, func(n factName) bool {
		return n.account == account &&
			(n.bank == "" || n.bank == account.bank)
	})
}
