package reports_test

import (
	"time"

	"github.com/google/uuid"
)

// newest is when the newest of what was looked at of some merchants became known, until the moment; zero where nothing was.
func (o *oracle) newest(merchants []uuid.UUID, known func(uuid.UUID) []time.Time) (newest time.Time) {
	for _, m := range merchants {
		for _, at := range known(m) {
			if !at.After(o.moment) && at.After(newest) {
				newest = at
			}
		}
	}
	return newest
}

// checked are when the names of the accounts on which a merchant receives were checked.
func (o *oracle) checked(merchant uuid.UUID) (known []time.Time) {
	for _, t := range o.operatingOf(merchant) {
		for _, r := range t.accounts {
			if at := r.account.checked; r.receives(o.moment) && !at.IsZero() && !at.After(o.moment) {
				known = append(known, at)
			}
		}
	}
	return known
}

// scanned are when its codes were last found in order that still are.
func (o *oracle) scanned(merchant uuid.UUID) (known []time.Time) {
	for _, t := range o.operatingOf(merchant) {
		for _, c := range o.displayed(t) {
			if o.inOrder(c) == 0 {
				continue
			}
			for _, k := range t.stall.checks {
				if k.code == c && k.verdict == "official" && !k.at.After(o.moment) {
					known = append(known, k.at)
				}
			}
		}
	}
	return known
}

// paid are the payments of 30 days that stand, and when the owner's words were told.
func (o *oracle) paid(merchant uuid.UUID) (known []time.Time) {
	month := days(o.moment, 30)
	for _, t := range o.tenancies(merchant) {
		for _, p := range t.payments {
			if month.contains(day(p.at)) && !p.reversed {
				known = append(known, p.at)
			}
		}
		for _, at := range t.confirmations {
			if month.contains(day(at)) {
				known = append(known, at.Add(saidAfter))
			}
		}
	}
	return known
}
