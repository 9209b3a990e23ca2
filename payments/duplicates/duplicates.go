// Package duplicates finds transfers that another source reported before, where no reference
// identifies them.
package duplicates

import (
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/bizday"
	"market40/payments/banks"
)

const (
	// reportWindow is how far apart two sources may date one transfer.
	reportWindow = 2 * time.Minute
	// receiptWindow is how far apart they may be where one of them is dated by its receipt, because
	// the bank's clock was wrong.
	receiptWindow = time.Hour
)

// Report is one notice, or conflict, of a transfer that is in the books or waits as reported twice.
type Report struct {
	Transfer   []byte // the index of what all its reports have in common (TransferText); nil: no transfer
	ID         uuid.UUID
	Source     Source
	OccurredAt time.Time
	ByReceipt  bool // it is dated by its receipt
	Precision  banks.Precision

	strong bool   // its reference identifies a transfer for ever
	day    string // its business day
}

// Source is where a transfer is reported at most once: one format of one connection.
type Source struct {
	Connection uuid.UUID
	Dialect    string
}

// WithReference returns the report with what follows from its time and the bank's reference.
func (r Report) WithReference(reference string) Report {
	r.day = bizday.DayOf(r.OccurredAt)
	_, r.strong = banks.NormalReference(reference)
	return r
}

// mayEqual reports whether two reports with equal texts may be of one transfer. Where both have a
// strong reference, the ledger compares those instead.
func (r *Report) mayEqual(o *Report) bool { return !(r.strong && o.strong) && r.isNear(o) }

// isNear reports whether the times of two reports may be of one transfer. A date without an hour may
// be any time of its day.
func (r *Report) isNear(o *Report) bool {
	if r.Precision == banks.Day || o.Precision == banks.Day {
		return r.day == o.day
	}
	window := reportWindow
	if r.ByReceipt || o.ByReceipt {
		window = receiptWindow
	}
	return r.OccurredAt.Sub(o.OccurredAt).Abs() <= window
}

// Reports are the reports of transfers, by the index of their common text.
type Reports map[string][]Report

// Add adds a report.
func (all Reports) Add(r Report) { all[string(r.Transfer)] = append(all[string(r.Transfer)], r) }

// Repeat reports whether another source reported the transfer of r before. Reports of two sources
// are paired one to one, as many as possible; r repeats a report where it adds a pair. So equal
// purchases that both sources report are as many as one of them reports.
func (all Reports) Repeat(r Report) bool {
	bySource := map[Source][]Report{}
	for _, o := range all[string(r.Transfer)] {
		if o.ID != r.ID {
			bySource[o.Source] = append(bySource[o.Source], o)
		}
	}
	own := append(bySource[r.Source], r)
	delete(bySource, r.Source)
	for _, others := range bySource {
		if lastIsPaired(own, others) {
			return true
		}
	}
	return false
}

// lastIsPaired reports whether the last of own adds a pair with others to the pairs of those before
// it: whether an augmenting path begins at it (Berge 1957). A node that a failed search visited needs
// no second visit.
func lastIsPaired(own, others []Report) (paired bool) {
	const (
		fresh = iota
		tried
		failed
	)
	partners := make([]*Report, len(others))
	states := make([]int, len(others))
	var pair func(r *Report) bool
	pair = func(r *Report) bool {
		for j := range others {
			if partners[j] == nil && r.mayEqual(&others[j]) {
				partners[j] = r
				return true
			}
		}
		for j := range others {
			if states[j] != fresh || !r.mayEqual(&others[j]) {
				continue
			}
			states[j] = tried
			if pair(partners[j]) {
				partners[j] = r
				return true
			}
		}
		return false
	}
	for i := range own {
		paired = pair(&own[i])
		for j, state := range states {
			switch {
			case state == tried && paired:
				states[j] = fresh
			case state == tried:
				states[j] = failed
			}
		}
	}
	return paired
}
