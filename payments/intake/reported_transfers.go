package intake

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/bizday"
	"market40/merchants/vietqr"
	"market40/payments/banks"
	"market40/payments/unnest"
)

const (
	// reportWindow is how far apart two sources may date one transfer.
	reportWindow = 2 * time.Minute
	// receiptWindow is how far apart they may be where one of them is dated by its receipt, because
	// the bank's clock was wrong.
	receiptWindow = time.Hour
	// lookUpWindow is how far before and after a transfer other reports of it are read.
	lookUpWindow = 24 * time.Hour
)

// transferText returns what all reports of one transfer have in common: account, amount and memo, or
// without a memo the reference. It returns "" for a notice that is no credit or has neither. A
// payment to a wallet is reported by that wallet's provider only.
func transferText(provider banks.Provider, n banks.Notice) string {
	sign := lettersAndDigits(n.Memo)
	if sign == "" && n.Reference != "" {
		sign = "\n" + lettersAndDigits(n.Reference)
	}
	if n.Ignore != "" || n.Direction != banks.In || n.Reverses != "" || sign == "" {
		return ""
	}
	wallet := ""
	if provider.Accounts() == banks.Wallets {
		wallet = provider.Name()
	}
	return strings.Join([]string{wallet, vietqr.NormalAccount(n.Account), n.Amount.String(), n.Currency, sign}, "\n")
}

// report is one notice, or conflict, of a transfer that is in the books or waits as reported twice.
type report struct {
	id         uuid.UUID
	source     source
	strong     bool // its reference identifies a transfer for ever
	occurredAt time.Time
	day        string // its business day
	byReceipt  bool   // it is dated by its receipt
	precision  banks.Precision
}

// source is where a transfer is reported at most once: one format of one connection.
type source struct {
	connection uuid.UUID
	dialect    string
}

// report returns the entry as a report of its transfer.
func (e *entry) report() report {
	n := &e.notice
	r := report{
		id: e.id, source: source{e.connection.ID, n.Dialect()}, occurredAt: n.OccurredAt,
		byReceipt: e.bankTime != nil, precision: n.Precision,
	}
	r.derive(n.Reference)
	return r
}

// derive sets what follows from the time and the bank's reference.
func (r *report) derive(reference string) {
	r.day = bizday.DayOf(r.occurredAt)
	_, r.strong = banks.NormalReference(reference)
}

// mayEqual reports whether two reports with equal texts may be of one transfer. Where both have a
// strong reference, the ledger compares those instead.
func (r *report) mayEqual(o *report) bool { return !(r.strong && o.strong) && r.isNear(o) }

// isNear reports whether the times of two reports may be of one transfer. A date without an hour may
// be any time of its day.
func (r *report) isNear(o *report) bool {
	if r.precision == banks.Day || o.precision == banks.Day {
		return r.day == o.day
	}
	window := reportWindow
	if r.byReceipt || o.byReceipt {
		window = receiptWindow
	}
	return r.occurredAt.Sub(o.occurredAt).Abs() <= window
}

// reports are the reports of transfers, by the index of their common text.
type reports map[string][]report

// repeats reports whether another source reported the transfer of r before. Reports of two sources
// are paired one to one, as many as possible; r repeats a report where it adds a pair. So equal
// purchases that both sources report are as many as one of them reports.
func (all reports) repeats(index []byte, r report) bool {
	bySource := map[source][]report{}
	for _, o := range all[string(index)] {
		if o.id != r.id {
			bySource[o.source] = append(bySource[o.source], o)
		}
	}
	own := append(bySource[r.source], r)
	delete(bySource, r.source)
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
func lastIsPaired(own, others []report) (paired bool) {
	const (
		fresh = iota
		tried
		failed
	)
	partners := make([]*report, len(others))
	states := make([]int, len(others))
	var pair func(r *report) bool
	pair = func(r *report) bool {
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

// transferLookUp is the look-up of one text: the time span around its reports in this group.
type transferLookUp struct {
	index    string
	from, to time.Time
	source   source // zero: several sources reported it
}

var transferColumns = unnest.Columns[*transferLookUp]{
	unnest.NewColumn("transfer", "bytea", func(l *transferLookUp) []byte { return []byte(l.index) }),
	unnest.NewColumn("earliest", "timestamptz", func(l *transferLookUp) time.Time { return l.from }),
	unnest.NewColumn("latest", "timestamptz", func(l *transferLookUp) time.Time { return l.to }),
	unnest.NewColumn("connection", "uuid", func(l *transferLookUp) uuid.UUID { return l.source.connection }),
	unnest.NewColumn("dialect", "text", func(l *transferLookUp) string { return l.source.dialect }),
}

// queueReports locks the transfers, so that transactions about one transfer run one after the other,
// and reads its reports where more than one source reported it. It must come after the locks of
// cases and before those of the ledger.
func queueReports(batch *pgx.Batch, own []report, indexes [][]byte) reports {
	all := reports{}
	lookUps := map[string]*transferLookUp{}
	for i, r := range own {
		from, to := r.occurredAt.Add(-lookUpWindow), r.occurredAt.Add(lookUpWindow)
		l, known := lookUps[string(indexes[i])]
		if !known {
			lookUps[string(indexes[i])] = &transferLookUp{string(indexes[i]), from, to, r.source}
			continue
		}
		if from.Before(l.from) {
			l.from = from
		}
		if to.After(l.to) {
			l.to = to
		}
		if l.source != r.source {
			l.source = source{}
		}
	}
	if len(lookUps) == 0 {
		return all
	}
	var texts [][]byte
	rows := make([]*transferLookUp, 0, len(lookUps))
	for text, l := range lookUps {
		texts, rows = append(texts, []byte(text)), append(rows, l)
	}
	batch.Queue(`SELECT pg_advisory_xact_lock(key) FROM (
			SELECT hashtextextended(current_schema() || '.telling.' || encode(t.transfer, 'hex'), 0) AS key
			FROM unnest($1::bytea[]) AS t (transfer) ORDER BY key) k`, texts)
	batch.Queue(selectReports, transferColumns.Arguments(rows, KindReportedTwice)...).Query(func(rows pgx.Rows) error {
		var text []byte
		var r report
		var reference string
		_, err := pgx.ForEachRow(rows, []any{
			&text, &r.id, &r.source.connection, &r.source.dialect, &reference,
			&r.occurredAt, &r.byReceipt, &r.precision,
		}, func() error {
			r.derive(reference)
			all[string(text)] = append(all[string(text)], r)
			return nil
		})
		return err
	})
	return all
}

// selectReports reads the reports within the time span of each text. It reads nothing where only the
// text's own source reported, because a stall may be paid one amount with one memo all day.
var selectReports = `SELECT a.transfer, o.id, o.connection_id, coalesce(o.dialect, ''), o.reference, o.occurred_at,
	o.by_receipt, o.precision
	FROM ` + transferColumns.From("a") + `
	CROSS JOIN LATERAL (SELECT o.id, o.connection_id, o.dialect, o.reference, o.occurred_at,
	o.told_at IS NOT NULL AS by_receipt, o.precision FROM notices o
			WHERE o.telling_index = a.transfer AND o.occurred_at BETWEEN a.earliest AND a.latest
			AND (o.state = 'posted' OR o.market_id IS NOT NULL OR o.why = ` + transferColumns.Further(1) + `)
		UNION ALL
		SELECT f.id, n.connection_id, n.dialect, f.reference, f.occurred_at, f.told_at IS NOT NULL, f.precision
		FROM notice_conflicts f JOIN notices n ON n.id = f.notice_id, LATERAL (` + SelectCurrentHolder + `) now
			WHERE f.telling_index = a.transfer AND f.occurred_at BETWEEN a.earliest AND a.latest AND now.posted) o
	WHERE EXISTS (SELECT FROM notices o WHERE o.telling_index = a.transfer AND o.occurred_at BETWEEN a.earliest AND
	a.latest
			AND (o.connection_id <> a.connection OR coalesce(o.dialect, '') <> a.dialect))
		OR EXISTS (SELECT FROM notice_conflicts f JOIN notices n ON n.id = f.notice_id WHERE f.telling_index = a.transfer
			AND f.occurred_at BETWEEN a.earliest AND a.latest AND (n.connection_id <> a.connection
			OR coalesce(n.dialect, '') <> a.dialect))`

// SelectCurrentHolder selects where the money of a payment is now: whether it left the bank account,
// and at which stall it is. The payment has the id of the row f.
const SelectCurrentHolder = `WITH RECURSIVE chain AS (
		SELECT p.id, p.credit_account, 1 AS step FROM payments p WHERE p.id = f.id
		UNION ALL
		SELECT p.id, p.credit_account, chain.step + 1 FROM chain JOIN payments p ON p.reverses = chain.id)
	SELECT coalesce(max(l.kind), 'bank') <> 'bank' AS posted, (array_agg(t.stall_id))[1] AS stall_id
	FROM (SELECT credit_account FROM chain ORDER BY step DESC LIMIT 1) last
	JOIN ledger_accounts l ON l.id = last.credit_account LEFT JOIN tenancies t ON t.id = l.tenancy_id`

// queueReported reads the earlier reports of the transfers of some entries.
func (w *posting) queueReported(batch *pgx.Batch, entries []*entry) {
	var own []report
	var indexes [][]byte
	for _, e := range entries {
		if e.transferIndex != nil {
			own, indexes = append(own, e.report()), append(indexes, e.transferIndex)
		}
	}
	w.reported = queueReports(batch, own, indexes)
}

// markReported leaves to a case what another source reported already: account, amount and normalised
// memo are equal, the times are near and the references do not differ
// (payments/banks/README.md, "References"). Two people may still assign it.
func (w *posting) markReported() {
	for _, e := range w.entries {
		if _, _, moves := e.decision.sides(); !moves || e.transferIndex == nil {
			continue
		}
		if w.reported.repeats(e.transferIndex, e.report()) {
			e.leaveAsReported()
		}
		w.reported[string(e.transferIndex)] = append(w.reported[string(e.transferIndex)], e.report())
	}
}

// leaveAsReported leaves to a case a transfer that may have been reported before.
func (e *entry) leaveAsReported() {
	intended := e.decision
	e.decision = decision{
		State: Unmatched, Why: KindReportedTwice, Case: KindReportedTwice, Receiver: intended.Receiver,
	}
	e.intended = &intended
}

// ReportedElsewhere reports whether another source reported a notice's transfer too, and that one is
// in the books or waits as reported twice. With later it compares the later content of the notice
// instead. Transactions about one transfer wait for each other.
func ReportedElsewhere(ctx context.Context, tx pgx.Tx, notice uuid.UUID, later *LaterContent) (bool, error) {
	var index []byte
	r := report{id: notice}
	if later != nil {
		index, r = later.entry.transferIndex, later.entry.report()
	} else {
		var reference string
		err := tx.QueryRow(ctx, `SELECT telling_index, connection_id, coalesce(dialect, ''), reference, occurred_at,
			told_at IS NOT NULL, precision FROM notices WHERE id = $1`, notice).
			Scan(&index, &r.source.connection, &r.source.dialect, &reference, &r.occurredAt, &r.byReceipt, &r.precision)
		if err != nil {
			return false, fmt.Errorf("read notice %s: %w", notice, err)
		}
		r.derive(reference)
	}
	if index == nil {
		return false, nil
	}
	batch := &pgx.Batch{}
	all := queueReports(batch, []report{r}, [][]byte{index})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return false, fmt.Errorf("look for other reports of notice %s: %w", notice, err)
	}
	return all.repeats(index, r), nil
}
