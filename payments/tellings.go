package payments

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants"
	"market40/merchants/problem"
	"market40/payments/banks"
	"market40/payments/ledger"
)

// tellingWindow is how far apart two sources may date one transfer.
const tellingWindow = 2 * time.Minute

// tellingText is what one transfer has in common however it is told: account, amount and memo, and where nobody wrote a
// memo the reference. "" for what is no credit, or has neither. What is paid to a wallet only the wallet's provider tells.
func tellingText(provider string, n banks.Notice) string {
	sign := squash(n.Memo)
	if sign == "" && n.Reference != "" {
		sign = "\n" + squash(n.Reference)
	}
	if n.Ignore != "" || n.Direction != banks.In || n.Reverses != "" || sign == "" {
		return ""
	}
	wallet := ""
	if banks.AccountsOf(provider) == banks.Wallets {
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

// toldTransfer is one notice, or conflict, of a transfer whose money is in the books or waits as told twice.
type toldTransfer struct {
	id         uuid.UUID
	source     source
	account    uuid.UUID // the register's, or Nil
	reference  string    // as banks.NormalReference writes it
	strong     bool      // whether that names a transfer for ever
	occurredAt time.Time
	precision  banks.Precision
}

// source is who tells a transfer once: one way of one connection.
type source struct {
	connection uuid.UUID
	dialect    string
}

func (e *entry) toldTransfer() toldTransfer {
	n := &e.notice
	t := toldTransfer{id: e.id, source: source{e.connection.ID, n.Dialect()}, occurredAt: n.OccurredAt, precision: n.Precision}
	t.reference, t.strong = banks.NormalReference(n.Reference)
	if e.decision.Receiver != nil {
		t.account = e.decision.Receiver.Account
	}
	return t
}

// mayBe reports whether two tellings with equal texts may be of one transfer. Where each has a reference that names one
// transfer for ever, the ledger compares those on one account; one source may name a virtual account, though, and another only
// the account behind it.
func (t toldTransfer) mayBe(o toldTransfer) bool {
	if t.strong && o.strong {
		return t.reference == o.reference && t.account != o.account
	}
	return t.near(o)
}

// near reports whether both may tell one transfer by their times. A time without an hour is anywhere in its day.
func (t toldTransfer) near(o toldTransfer) bool {
	if t.precision == banks.Day || o.precision == banks.Day {
		return ledger.BusinessDay(t.occurredAt) == ledger.BusinessDay(o.occurredAt)
	}
	return t.occurredAt.Sub(o.occurredAt).Abs() <= tellingWindow
}

// tellings are the notices of transfers by the index of what they have in common.
type tellings map[string][]toldTransfer

// repeats reports whether another source told of t before. Tellings of two sources are paired, each with one at most, as
// many as can be: t repeats where it makes one more pair. Equal purchases that both tell are thus as many as one of them tells.
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

// lastIsPaired reports whether the last of own makes one more pair with others than those before it: an augmenting path
// (Berge 1957) begins at it.
func lastIsPaired(own, others []toldTransfer) (paired bool) {
	partners := make([]*toldTransfer, len(others))
	for i := range own {
		tried := make([]bool, len(others))
		var pair func(t *toldTransfer) bool
		pair = func(t *toldTransfer) bool {
			for j := range others {
				if tried[j] || !t.mayBe(others[j]) {
					continue
				}
				tried[j] = true
				if partners[j] == nil || pair(partners[j]) {
					partners[j] = t
					return true
				}
			}
			return false
		}
		paired = pair(&own[i])
	}
	return paired
}

// queueTellings makes transactions about one transfer wait for each other and reads what was told of it, where more than one
// source told anything. It comes after the locks of cases and before those of the ledger.
func queueTellings(batch *pgx.Batch, asked []toldTransfer, indexes [][]byte) tellings {
	all := tellings{}
	if len(asked) == 0 {
		return all
	}
	batch.Queue(`SELECT pg_advisory_xact_lock(key) FROM (
			SELECT DISTINCT hashtextextended(current_schema() || '.telling.' || encode(t.telling, 'hex'), 0) AS key
			FROM unnest($1::bytea[]) AS t (telling) ORDER BY key) k`, indexes)
	const day = 24 * time.Hour
	var from, to []time.Time
	var connections []uuid.UUID
	var dialects []string
	for _, t := range asked {
		from, to = append(from, t.occurredAt.Add(-day)), append(to, t.occurredAt.Add(day))
		connections, dialects = append(connections, t.source.connection), append(dialects, t.source.dialect)
	}
	batch.Queue(tellingsSQL, indexes, from, to, connections, dialects, toldTwice, uuid.Nil).Query(func(rows pgx.Rows) error {
		var index []byte
		var t toldTransfer
		var reference string
		_, err := pgx.ForEachRow(rows, []any{&index, &t.id, &t.source.connection, &t.source.dialect, &t.account, &reference, &t.occurredAt, &t.precision}, func() error {
			t.reference, t.strong = banks.NormalReference(reference)
			all[string(index)] = append(all[string(index)], t)
			return nil
		})
		return err
	})
	return all
}

// tellingsSQL reads a day around each telling, and nothing where its own source alone told: a stall may be paid the same
// amount with the same memo all day.
const tellingsSQL = `SELECT DISTINCT a.telling, o.id, o.connection_id, coalesce(o.dialect, ''), coalesce(o.account_id, $7), o.reference, o.occurred_at, o.precision
	FROM unnest($1::bytea[], $2::timestamptz[], $3::timestamptz[], $4::uuid[], $5::text[]) AS a (telling, earliest, latest, connection, dialect)
	CROSS JOIN LATERAL (SELECT o.id, o.connection_id, o.dialect, o.account_id, o.reference, o.occurred_at, o.precision FROM notices o
			WHERE o.telling_index = a.telling AND o.occurred_at BETWEEN a.earliest AND a.latest
			AND (o.state = 'posted' OR o.market_id IS NOT NULL OR o.why = $6)
		UNION ALL
		SELECT f.id, n.connection_id, n.dialect, n.account_id, f.reference, f.occurred_at, f.precision FROM notice_conflicts f JOIN notices n ON n.id = f.notice_id, LATERAL (` + selectMoney + `) now
			WHERE f.telling_index = a.telling AND f.occurred_at BETWEEN a.earliest AND a.latest AND now.posted) o
	WHERE EXISTS (SELECT FROM notices o WHERE o.telling_index = a.telling AND o.occurred_at BETWEEN a.earliest AND a.latest
			AND (o.connection_id <> a.connection OR coalesce(o.dialect, '') <> a.dialect))
		OR EXISTS (SELECT FROM notice_conflicts f JOIN notices n ON n.id = f.notice_id WHERE f.telling_index = a.telling
			AND f.occurred_at BETWEEN a.earliest AND a.latest AND (n.connection_id <> a.connection OR coalesce(n.dialect, '') <> a.dialect))`

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

// findTold leaves to a case what another source told already: account, amount and squashed memo are equal, the times are near
// and the references do not tell them apart (providers.md, section 3.3). Two people may still assign it.
func (w *posting) findTold() {
	for _, e := range w.entries {
		if _, _, moves := e.decision.sides(); !moves || e.tellingIndex == nil {
			continue
		}
		if w.told.repeats(e.tellingIndex, e.toldTransfer()) {
			would := e.decision
			e.decision = decision{State: Unmatched, Why: toldTwice, Case: toldTwice, Receiver: would.Receiver}
			e.would = &would
		}
		w.told[string(e.tellingIndex)] = append(w.told[string(e.tellingIndex)], e.toldTransfer())
	}
}

// refuseTold refuses to post what another connection has brought into the books since the case was opened.
func (c *caseWork) refuseTold(ctx context.Context) error {
	if c.kind == toldTwice {
		return nil // that is what people decide
	}
	var index []byte
	var reference string
	t := toldTransfer{id: c.contentID()}
	if c.content != nil {
		index, t = c.content.tellingIndex, c.content.toldTransfer()
	} else {
		err := c.tx.QueryRow(ctx, `SELECT telling_index, connection_id, coalesce(dialect, ''), coalesce(account_id, $2), reference, occurred_at, precision FROM notices WHERE id = $1`, c.notice, uuid.Nil).
			Scan(&index, &t.source.connection, &t.source.dialect, &t.account, &reference, &t.occurredAt, &t.precision)
		if err != nil {
			return fmt.Errorf("read notice of case %s: %w", c.id, err)
		}
		t.reference, t.strong = banks.NormalReference(reference)
	}
	if index == nil {
		return nil
	}
	batch := &pgx.Batch{}
	all := queueTellings(batch, []toldTransfer{t}, [][]byte{index})
	if err := c.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("look for other connections' notices of case %s: %w", c.id, err)
	}
	if all.repeats(index, t) {
		return problem.New(problem.Conflict, "told_already", "Khoản này đã được ghi sổ qua kết nối khác.", "This transfer has been posted already, by another connection.")
	}
	return nil
}
