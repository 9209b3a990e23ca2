package intake

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants"
	"market40/merchants/platform/bizday"
	"market40/payments/banks"
)

const (
	// tellingWindow is how far apart two sources may date one transfer.
	tellingWindow = 2 * time.Minute
	// receiptWindow is how far apart they may be where one of them is dated by its receipt, because
	// the bank's clock was wrong.
	receiptWindow = time.Hour
)

// tellingText is what one transfer has in common however it is told: account, amount and memo, and
// where nobody wrote a memo the reference. "" for what is no credit, or has neither. What is paid
// to a wallet only the wallet's provider tells.
func tellingText(provider string, n banks.Notice) string {
	sign := squash(n.Memo)
	if sign == "" && n.Reference != "" {
		sign = "\n" + squash(n.Reference)
	}
	if n.Ignore != "" || n.Direction != banks.In || n.Reverses != "" || sign == "" {
		return ""
	}
	wallet := ""
	if banks.ProviderAccountKind(provider) == banks.Wallets {
		wallet = provider
	}
	return strings.Join([]string{wallet, merchants.NormalAccount(n.Account), n.Amount.String(), n.Currency, sign}, "\n")
}

// squash returns the letters and digits of a text, in upper case.
func squash(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToUpper(c)
		}
		return -1
	}, text)
}

// toldTransfer is one notice, or conflict, of a transfer whose money is in the books or waits as
// told twice.
type toldTransfer struct {
	id         uuid.UUID
	source     source
	strong     bool // its reference names a transfer for ever
	occurredAt time.Time
	day        string // its business day
	byReceipt  bool   // it is dated by its receipt
	precision  banks.Precision
}

// source is who tells a transfer once: one way of one connection.
type source struct {
	connection uuid.UUID
	dialect    string
}

func (e *entry) toldTransfer() toldTransfer {
	n := &e.notice
	t := toldTransfer{
		id: e.id, source: source{e.connection.ID, n.Dialect()}, occurredAt: n.OccurredAt,
		byReceipt: e.toldAt != nil, precision: n.Precision,
	}
	t.read(n.Reference)
	return t
}

// read notes what follows from the time and the bank's reference.
func (t *toldTransfer) read(reference string) {
	t.day = bizday.DayOf(t.occurredAt)
	_, t.strong = banks.NormalReference(reference)
}

// mayBe reports whether two tellings with equal texts may be of one transfer. Where each has a
// reference that names one transfer for ever, the ledger compares those.
func (t *toldTransfer) mayBe(o *toldTransfer) bool { return !(t.strong && o.strong) && t.near(o) }

// near reports whether both may tell one transfer by their times. A time without an hour is
// anywhere in its day.
func (t *toldTransfer) near(o *toldTransfer) bool {
	if t.precision == banks.Day || o.precision == banks.Day {
		return t.day == o.day
	}
	window := tellingWindow
	if t.byReceipt || o.byReceipt {
		window = receiptWindow
	}
	return t.occurredAt.Sub(o.occurredAt).Abs() <= window
}

// tellings are the notices of transfers by the index of what they have in common.
type tellings map[string][]toldTransfer

// repeats reports whether another source told of t before. Tellings of two sources are paired, each
// with one at most, as many as can be: t repeats where it makes one more pair. Equal purchases that
// both tell are thus as many as one of them tells.
func (all tellings) repeats(index []byte, t toldTransfer) bool {
	bySource := map[source][]toldTransfer{}
	for _, o := range all[string(index)] {
		if o.id != t.id {
			bySource[o.source] = append(bySource[o.source], o)
		}
	}
	own := append(bySource[t.source], t)
	delete(bySource, t.source)
	for _, others := range bySource {
		if lastIsPaired(own, others) {
			return true
		}
	}
	return false
}

// lastIsPaired reports whether the last of own makes one more pair with others than those before
// it: an augmenting path (Berge 1957) begins at it. Where a search ended in vain, no later one
// needs to look again.
func lastIsPaired(own, others []toldTransfer) (paired bool) {
	const (
		fresh = iota
		tried
		vain
	)
	partners := make([]*toldTransfer, len(others))
	states := make([]int, len(others))
	var pair func(t *toldTransfer) bool
	pair = func(t *toldTransfer) bool {
		for j := range others {
			if partners[j] == nil && t.mayBe(&others[j]) {
				partners[j] = t
				return true
			}
		}
		for j := range others {
			if states[j] != fresh || !t.mayBe(&others[j]) {
				continue
			}
			states[j] = tried
			if pair(partners[j]) {
				partners[j] = t
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
				states[j] = vain
			}
		}
	}
	return paired
}

// askedTelling is what is asked of one text: of a day around its tellings.
type askedTelling struct {
	from, to time.Time
	source   source // Nil: several told of it
}

// queueTellings makes transactions about one transfer wait for each other and reads what was told
// of it, where more than one source told anything. It comes after the locks of cases and before
// those of the ledger.
func queueTellings(batch *pgx.Batch, told []toldTransfer, indexes [][]byte) tellings {
	const day = 24 * time.Hour
	all := tellings{}
	asked := map[string]*askedTelling{}
	for i, t := range told {
		a, known := asked[string(indexes[i])]
		if !known {
			asked[string(indexes[i])] = &askedTelling{t.occurredAt.Add(-day), t.occurredAt.Add(day), t.source}
			continue
		}
		if from := t.occurredAt.Add(-day); from.Before(a.from) {
			a.from = from
		}
		if to := t.occurredAt.Add(day); to.After(a.to) {
			a.to = to
		}
		if a.source != t.source {
			a.source = source{}
		}
	}
	if len(asked) == 0 {
		return all
	}
	var texts [][]byte
	var from, to []time.Time
	var connections []uuid.UUID
	var dialects []string
	for text, a := range asked {
		texts, from, to = append(texts, []byte(text)), append(from, a.from), append(to, a.to)
		connections, dialects = append(connections, a.source.connection), append(dialects, a.source.dialect)
	}
	batch.Queue(`SELECT pg_advisory_xact_lock(key) FROM (
			SELECT hashtextextended(current_schema() || '.telling.' || encode(t.telling, 'hex'), 0) AS key
			FROM unnest($1::bytea[]) AS t (telling) ORDER BY key) k`, texts)
	batch.Queue(tellingsSQL, texts, from, to, connections, dialects, KindReportedTwice).
		Query(func(rows pgx.Rows) error {
			var text []byte
			var t toldTransfer
			var reference string
			_, err := pgx.ForEachRow(rows, []any{
				&text, &t.id, &t.source.connection, &t.source.dialect, &reference,
				&t.occurredAt, &t.byReceipt, &t.precision,
			}, func() error {
				t.read(reference)
				all[string(text)] = append(all[string(text)], t)
				return nil
			})
			return err
		})
	return all
}

// tellingsSQL reads a day around each telling, and nothing where its own source alone told: a stall
// may be paid the same amount with the same memo all day.
const tellingsSQL = `SELECT a.telling, o.id, o.connection_id, coalesce(o.dialect, ''), o.reference, o.occurred_at,
	o.by_receipt, o.precision
	FROM unnest($1::bytea[], $2::timestamptz[], $3::timestamptz[], $4::uuid[], $5::text[]) AS a (telling, earliest,
	latest, connection, dialect)
	CROSS JOIN LATERAL (SELECT o.id, o.connection_id, o.dialect, o.reference, o.occurred_at,
	o.told_at IS NOT NULL AS by_receipt, o.precision FROM notices o
			WHERE o.telling_index = a.telling AND o.occurred_at BETWEEN a.earliest AND a.latest
			AND (o.state = 'posted' OR o.market_id IS NOT NULL OR o.why = $6)
		UNION ALL
		SELECT f.id, n.connection_id, n.dialect, f.reference, f.occurred_at, f.told_at IS NOT NULL, f.precision
		FROM notice_conflicts f JOIN notices n ON n.id = f.notice_id, LATERAL (` + SelectCurrentHolder + `) now
			WHERE f.telling_index = a.telling AND f.occurred_at BETWEEN a.earliest AND a.latest AND now.posted) o
	WHERE EXISTS (SELECT FROM notices o WHERE o.telling_index = a.telling AND o.occurred_at BETWEEN a.earliest AND
	a.latest
			AND (o.connection_id <> a.connection OR coalesce(o.dialect, '') <> a.dialect))
		OR EXISTS (SELECT FROM notice_conflicts f JOIN notices n ON n.id = f.notice_id WHERE f.telling_index = a.telling
			AND f.occurred_at BETWEEN a.earliest AND a.latest AND (n.connection_id <> a.connection
			OR coalesce(n.dialect, '') <> a.dialect))`

// SelectCurrentHolder follows the payment that bears the id of f to where its money is now.
const SelectCurrentHolder = `WITH RECURSIVE chain AS (
		SELECT p.id, p.credit_account, 1 AS step FROM payments p WHERE p.id = f.id
		UNION ALL
		SELECT p.id, p.credit_account, chain.step + 1 FROM chain JOIN payments p ON p.reverses = chain.id)
	SELECT coalesce(max(l.kind), 'bank') <> 'bank' AS posted, (array_agg(t.stall_id))[1] AS stall_id
	FROM (SELECT credit_account FROM chain ORDER BY step DESC LIMIT 1) last
	JOIN ledger_accounts l ON l.id = last.credit_account LEFT JOIN tenancies t ON t.id = l.tenancy_id`

// queueTold reads what was told before of the transfers of some entries.
func (w *posting) queueTold(batch *pgx.Batch, entries []*entry) {
	var asked []toldTransfer
	var indexes [][]byte
	for _, e := range entries {
		if e.tellingIndex != nil {
			asked, indexes = append(asked, e.toldTransfer()), append(indexes, e.tellingIndex)
		}
	}
	w.told = queueTellings(batch, asked, indexes)
}

// findTold leaves to a case what another source told already: account, amount and squashed memo are
// equal, the times are near and the references do not tell them apart (payments/banks/README.md,
// "References"). Two people may still assign it.
func (w *posting) findTold() {
	for _, e := range w.entries {
		if _, _, moves := e.decision.sides(); !moves || e.tellingIndex == nil {
			continue
		}
		if w.told.repeats(e.tellingIndex, e.toldTransfer()) {
			e.leaveAsTold()
		}
		w.told[string(e.tellingIndex)] = append(w.told[string(e.tellingIndex)], e.toldTransfer())
	}
}

// leaveAsTold leaves to a case what may have been told before.
func (e *entry) leaveAsTold() {
	would := e.decision
	e.decision = decision{State: Unmatched, Why: KindReportedTwice, Case: KindReportedTwice, Receiver: would.Receiver}
	e.would = &would
}

// ReportedElsewhere reports whether another source told a notice's transfer too and that is in the
// books, or waits as told twice; or the transfer of what came later under the notice's id, if that
// is asked of. Transactions about one transfer wait for each other.
func ReportedElsewhere(ctx context.Context, tx pgx.Tx, notice uuid.UUID, later *LaterContent) (bool, error) {
	var index []byte
	t := toldTransfer{id: notice}
	if later != nil {
		index, t = later.entry.tellingIndex, later.entry.toldTransfer()
	} else {
		var reference string
		err := tx.QueryRow(ctx, `SELECT telling_index, connection_id, coalesce(dialect, ''), reference, occurred_at,
			told_at IS NOT NULL, precision FROM notices WHERE id = $1`, notice).
			Scan(&index, &t.source.connection, &t.source.dialect, &reference, &t.occurredAt, &t.byReceipt, &t.precision)
		if err != nil {
			return false, fmt.Errorf("read notice %s: %w", notice, err)
		}
		t.read(reference)
	}
	if index == nil {
		return false, nil
	}
	batch := &pgx.Batch{}
	all := queueTellings(batch, []toldTransfer{t}, [][]byte{index})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return false, fmt.Errorf("look for other connections' notices of %s: %w", notice, err)
	}
	return all.repeats(index, t), nil
}
