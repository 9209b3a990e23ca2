package intake

import (
	"github.com/jackc/pgx/v5"

	"market40/payments/duplicates"
	"market40/payments/notices"
)

// report returns the entry as a report of its transfer.
func (e *entry) report() duplicates.Report {
	n := &e.notice
	return duplicates.Report{
		Transfer:   e.transferIndex,
		ID:         e.id,
		Source:     duplicates.Source{Connection: e.connection.ID, Dialect: n.Dialect()},
		OccurredAt: n.OccurredAt,
		ByReceipt:  e.bankTime != nil,
		Precision:  n.Precision,
	}.WithReference(n.Reference)
}

// queueReported reads the earlier reports of the transfers of some entries.
func (w *posting) queueReported(batch *pgx.Batch, entries []*entry) {
	var own []duplicates.Report
	for _, e := range entries {
		if e.transferIndex != nil {
			own = append(own, e.report())
		}
	}
	w.reported = duplicates.QueueReports(batch, own)
}

// markReported leaves to a case what another source reported already: account, amount and normalised
// memo are equal, the times are near and the references do not differ
// (payments/banks/README.md, "References"). Two people may still assign it.
func (w *posting) markReported() {
	for _, e := range w.entries {
		if _, _, moves := e.decision.sides(); !moves || e.transferIndex == nil {
			continue
		}
		r := e.report()
		if w.reported.Repeat(r) {
			e.leaveAsReported()
		}
		w.reported.Add(r)
	}
}

// leaveAsReported leaves to a case a transfer that may have been reported before.
func (e *entry) leaveAsReported() {
	intended := e.decision
	e.decision = decision{
		State: notices.Unmatched, Why: notices.ReportedTwice, Case: notices.ReportedTwice, Receiver: intended.Receiver,
	}
	e.intended = &intended
}
