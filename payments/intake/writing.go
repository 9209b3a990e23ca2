package intake

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/bizday"
	"market40/merchants/platform/seal"
)

// queueDeliveries writes the requests that brought something new.
func (w *posting) queueDeliveries() {
	for _, e := range w.entries {
		w.written[e.delivery] = w.written[e.delivery] || !e.retried
	}
	for _, c := range w.conflicts {
		w.written[c.delivery] = true
	}
	var ids, connections []uuid.UUID
	var received []time.Time
	var verdicts, headers []string
	var bodies [][]byte
	for _, d := range w.deliveries {
		if len(d.faults) == 0 && d.verdict == VerdictRead && !w.written[d] {
			continue
		}
		ids, connections, received = append(ids, d.id), append(connections, d.connection.ID),
			append(received, d.receivedAt)
		verdicts, headers, bodies = append(verdicts, d.verdict), append(headers, d.headers), append(bodies, d.body)
	}
	if len(ids) > 0 {
		w.batch.Queue(`INSERT INTO deliveries (id, connection_id, received_at, verdict, headers, body)
			SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::bytea[])`,
			ids, connections, received, verdicts, headers, bodies)
		w.queueLiving()
	}
}

// queueLiving notes on which day each connection brought something that could be read: whose
// notices come through it is observed on that day. A day that is noted is left alone, so that no
// two postings wait for each other.
func (w *posting) queueLiving() {
	days := map[string]uuid.UUID{}
	for _, d := range w.deliveries {
		// one that is tried again came on another day
		if d.verdict == VerdictRead && !d.receivedAt.IsZero() && !d.test {
			days[d.connection.ID.String()+bizday.DayOf(d.receivedAt)] = d.connection.ID
		}
	}
	var connections []uuid.UUID
	var dates []string
	for _, key := range slices.Sorted(maps.Keys(days)) {
		connections, dates = append(connections, days[key]), append(dates, key[len(days[key].String()):])
	}
	if len(dates) > 0 {
		w.batch.Queue(`INSERT INTO connection_days (connection_id, day) SELECT *
			FROM unnest($1::uuid[], $2::text[]::date[]) ON CONFLICT DO NOTHING`, connections, dates)
	}
}

// noticeColumns are notices turned into one array a column, for unnest.
type noticeColumns struct {
	ids, deliveries, connections                                          []uuid.UUID
	externals, states, whys, directions, currencies, precisions, refs, l4 []string
	amounts                                                               []int64
	occurred                                                              []time.Time
	codes, dialects                                                       []*string
	accounts, markets                                                     []*uuid.UUID
	particulars, repeats, tellings                                        [][]byte
	told                                                                  []*time.Time
	gatherings                                                            []*uuid.UUID
}

// queueNotices writes the new notices in their final state, and brings retried ones to theirs.
func (w *posting) queueNotices() {
	c := &noticeColumns{}
	for _, e := range w.entries {
		account, market := e.decision.place()
		if e.retried {
			w.batch.Queue(`UPDATE notices SET state = $2, why = $3, account_id = $4, market_id = $5, gathering = $6
				WHERE id = $1 AND state = 'pending'`,
				e.id, e.decision.State, e.decision.Why, account, market, e.gathering)
			w.queueRetried(e)
			continue
		}
		n := &e.notice
		c.ids, c.deliveries, c.connections = append(c.ids, e.id), append(c.deliveries, e.delivery.id),
			append(c.connections, e.connection.ID)
		c.externals, c.states, c.whys = append(c.externals, n.ExternalID), append(c.states, string(e.decision.State)),
			append(c.whys, e.decision.Why)
		c.directions, c.amounts, c.currencies = append(c.directions, string(n.Direction)),
			append(c.amounts, n.Amount.Dong()), append(c.currencies, n.Currency)
		c.occurred, c.precisions = append(c.occurred, n.OccurredAt), append(c.precisions, string(n.Precision))
		c.refs, c.l4 = append(c.refs, n.Reference), append(c.l4, seal.Last4(n.Account))
		c.codes, c.dialects = append(c.codes, orNull(e.code())), append(c.dialects, orNull(n.Dialect()))
		c.accounts, c.markets = append(c.accounts, account), append(c.markets, market)
		c.particulars, c.repeats = append(c.particulars, e.particulars), append(c.repeats, e.repeatIndex)
		c.told, c.gatherings, c.tellings = append(c.told, e.toldAt), append(c.gatherings, e.gathering),
			append(c.tellings, e.tellingIndex)
	}
	if len(c.ids) == 0 {
		return
	}
	w.batch.Queue(`INSERT INTO notices (id, delivery_id, connection_id, external_id, state, why, direction, amount,
		currency,
			occurred_at, precision, recorded_at, reference, memo_code, account_last4, account_id, market_id,
			particulars, repeat_index, told_at, gathering, telling_index, dialect)
		SELECT n.id, n.delivery, n.connection, n.external, n.state, n.why, n.direction, n.amount, n.currency,
			n.occurred, n.precision, $19, n.reference, n.code, n.last4, n.account, n.market, n.particulars, n.repeat,
			n.told, n.gathering, n.telling, n.dialect
		FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
		$9::text[],
			$10::timestamptz[], $11::text[], $12::text[], $13::text[], $14::text[], $15::uuid[], $16::uuid[],
			$17::bytea[], $18::bytea[], $20::timestamptz[], $21::uuid[], $22::bytea[], $23::text[])
			AS n (id, delivery, connection, external, state, why, direction, amount, currency, occurred, precision,
			reference, code, last4, account, market, particulars, repeat, told, gathering, telling, dialect)`,
		c.ids, c.deliveries, c.connections, c.externals, c.states, c.whys, c.directions, c.amounts, c.currencies,
		c.occurred, c.precisions, c.refs, c.codes, c.l4, c.accounts, c.markets, c.particulars, c.repeats, w.now, c.told,
		c.gatherings, c.tellings, c.dialects)
}

// place is the known account and the market that a decision concerns.
func (d *decision) place() (account, market *uuid.UUID) {
	if d.Receiver != nil {
		account = &d.Receiver.Account
	}
	if debit, _, moves := d.sides(); moves {
		market = &debit.Market
	}
	return account, market
}

// queueConflicts keeps what came under a known id with other content; the first stands.
func (w *posting) queueConflicts() {
	for _, c := range w.conflicts {
		w.batch.Queue(`INSERT INTO notice_conflicts (id, notice_id, delivery_id, digest, amount, occurred_at, reference,
			particulars, recorded_at, told_at, currency,
				precision, telling_index)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (notice_id, digest) DO NOTHING`,
			c.id, c.first, c.delivery.id, c.digest, c.notice.Amount.Dong(), c.notice.OccurredAt, c.notice.Reference,
			c.particulars, w.now, c.toldAt, c.notice.Currency,
			c.notice.Precision, c.tellingIndex)
		opened := &openCase{
			ID: caseID(KindConflict, c.first, c.digest), Kind: KindConflict, Connection: c.connection.ID,
			Notice: &c.first, Delivery: &c.delivery.id,
			Detail: "the same id came with other content", Conflict: &c.id,
		}
		if w.register != nil && c.market != nil {
			d := w.register.decide(c.entry)
			// no other market's board sees the first notice
			if _, market := d.place(); market != nil && *market == *c.market {
				opened.Market = market
			}
		}
		w.cases = append(w.cases, opened)
	}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
