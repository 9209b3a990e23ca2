package payments

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/banks"
	"market40/payments/ledger"
)

const (
	// duplicateWindow is how long a strong bank reference is held against a second notice of the same
	// transfer, through whatever connection it comes.
	duplicateWindow = 45 * 24 * time.Hour
	// twiceWindow is how far apart two payments of one purchase are taken for one paid twice.
	twiceWindow = 10 * time.Minute
)

// plansOfPosting lets one transaction plan its statements once: they are the same ever again, and PostgreSQL would
// plan them anew for each group wherever the values at hand leave out a partition.
const plansOfPosting = `SET LOCAL plan_cache_mode = force_generic_plan`

// posting is one group of deliveries on its way into the database, in one transaction.
type posting struct {
	p          *Payments
	tx         pgx.Tx
	now        time.Time
	deliveries []*delivery
	register   *register
	entries    []*entry // new notices only, after keys
	conflicts  []conflict
	transfers  []ledger.Transfer
	cases      []*openCase
	written    map[*delivery]bool
	batch      pgx.Batch
}

type conflict struct {
	*entry
	first uuid.UUID // the notice that stands
}

// keep keeps, matches and posts a group of deliveries: one set-based transaction, acknowledged after commit.
func (p *Payments) keep(ctx context.Context, group []*delivery) error {
	var posted []ledger.Transfer
	err := p.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		w := &posting{p: p, tx: tx, now: p.now(), deliveries: group, written: map[*delivery]bool{}}
		for _, step := range []func(context.Context) error{w.takeKeysAndRegister, w.match, w.lockAndJudge} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		w.queueDeliveries()
		w.queueNotices()
		w.queueConflicts()
		w.queueCases()
		if w.batch.Len() == 0 {
			return nil
		}
		if err := tx.SendBatch(ctx, &w.batch).Close(); err != nil {
			return fmt.Errorf("write %d notices: %w", len(w.entries), err)
		}
		posted = w.transfers
		return nil
	})
	if err == nil {
		p.feed.Announce(posted)
	}
	return err
}

// takeKeysAndRegister takes the keys of all new notices and reads what the register says of them, in one
// round trip.
func (w *posting) takeKeysAndRegister(ctx context.Context) error {
	fresh := w.sortFresh()
	batch := &pgx.Batch{}
	batch.Queue(plansOfPosting)
	var taken []uuid.UUID
	w.queueKeys(batch, fresh, &taken)
	w.register = queueRegister(batch, append(slices.Clone(w.entries), fresh...))
	if batch.Len() > 0 {
		if err := w.tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("take notice keys and read the register: %w", err)
		}
	}
	return w.sortKnown(ctx, fresh, taken)
}

// takeKeys takes the keys alone: for a delivery that is left pending.
func (w *posting) takeKeys(ctx context.Context) error {
	fresh := w.sortFresh()
	batch := &pgx.Batch{}
	var taken []uuid.UUID
	w.queueKeys(batch, fresh, &taken)
	if err := w.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("take notice keys: %w", err)
	}
	return w.sortKnown(ctx, fresh, taken)
}

// sortFresh forgets an earlier attempt, puts notices that are tried again into entries, and gives the others
// in the order of their keys: two transactions that want the same keys never wait for each other in a ring.
func (w *posting) sortFresh() []*entry {
	var fresh []*entry
	for _, d := range w.deliveries {
		for _, e := range d.entries {
			e.decision, e.twice, e.original, e.stands = decision{}, false, nil, uuid.Nil
			if e.retried {
				w.entries = append(w.entries, e)
			} else {
				fresh = append(fresh, e)
			}
		}
	}
	slices.SortStableFunc(fresh, func(a, b *entry) int {
		if c := bytes.Compare(a.connection.ID[:], b.connection.ID[:]); c != 0 {
			return c
		}
		return strings.Compare(a.notice.ExternalID, b.notice.ExternalID)
	})
	return fresh
}

// queueKeys takes (connection, external id) for each notice; taken are the notices that are new.
func (w *posting) queueKeys(batch *pgx.Batch, fresh []*entry, taken *[]uuid.UUID) {
	if len(fresh) == 0 {
		return
	}
	var connections, ids []uuid.UUID
	var externals []string
	var digests [][]byte
	for _, e := range fresh {
		connections, ids = append(connections, e.connection.ID), append(ids, e.id)
		externals, digests = append(externals, e.notice.ExternalID), append(digests, e.digest)
	}
	batch.Queue(`INSERT INTO notice_keys (connection_id, external_id, notice_id, digest)
		SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bytea[]) ON CONFLICT DO NOTHING RETURNING notice_id`,
		connections, externals, ids, digests).Query(func(rows pgx.Rows) (err error) {
		*taken, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		return err
	})
}

// sortKnown sorts out what is known: the same content is a retry and does nothing, other content is a conflict.
func (w *posting) sortKnown(ctx context.Context, fresh []*entry, taken []uuid.UUID) error {
	mine := make(map[uuid.UUID]bool, len(taken))
	for _, id := range taken {
		mine[id] = true
	}
	for _, e := range fresh {
		if mine[e.id] {
			w.entries = append(w.entries, e)
			continue
		}
		var first uuid.UUID
		var digest []byte
		err := w.tx.QueryRow(ctx, `SELECT notice_id, digest FROM notice_keys WHERE connection_id = $1 AND external_id = $2`,
			e.connection.ID, e.notice.ExternalID).Scan(&first, &digest)
		if err != nil {
			return fmt.Errorf("read notice key: %w", err)
		}
		e.stands = first
		if !bytes.Equal(digest, e.digest) && e.notice.Ignore != banks.IgnoreProbe { // probes share one id
			w.conflicts = append(w.conflicts, conflict{e, first})
		}
	}
	return nil
}

// match decides for every new notice where its money goes.
func (w *posting) match(ctx context.Context) error {
	for _, e := range w.entries {
		if e.notice.Reverses != "" {
			if err := w.findOriginal(ctx, e); err != nil {
				return err
			}
		}
		e.decision = w.register.decide(e)
	}
	return w.findTwice(ctx)
}

// findOriginal looks for the posted payment that a notice takes back.
func (w *posting) findOriginal(ctx context.Context, e *entry) error {
	rows, err := w.tx.Query(ctx, `SELECT p.id, `+accountColumns("d")+`, `+accountColumns("c")+`
		FROM notice_keys k JOIN payments p ON p.id = k.notice_id
		JOIN ledger_accounts d ON d.id = p.debit_account JOIN ledger_accounts c ON c.id = p.credit_account
		WHERE k.connection_id = $1 AND k.external_id = $2 AND p.amount = $3
		AND NOT EXISTS (SELECT FROM payments r WHERE r.reverses = p.id)`, e.connection.ID, e.notice.Reverses, e.notice.Amount.Dong())
	if err != nil {
		return fmt.Errorf("find original: %w", err)
	}
	found := &takenPayment{}
	_, err = pgx.ForEachRow(rows, append(append([]any{&found.ID}, scanAccount(&found.Debit)...), scanAccount(&found.Credit)...), func() error {
		e.original = found
		return nil
	})
	if err != nil {
		return fmt.Errorf("find original: %w", err)
	}
	return nil
}

// accountColumns selects a ledger account so that scanAccount reads it.
func accountColumns(alias string) string {
	return strings.ReplaceAll(`a.kind, a.market_id, coalesce(a.account_id, a.tenancy_id, '00000000-0000-0000-0000-000000000000')`, "a.", alias+".")
}

func scanAccount(a *ledger.Account) []any { return []any{&a.Kind, &a.Market, &a.Owner} }

// findTwice marks payments whose purchase another payment of the last minutes has paid already, in the
// tables or earlier in this group.
func (w *posting) findTwice(ctx context.Context) error {
	for i, e := range w.entries {
		if e.repeatIndex == nil || e.decision.State == Ignored {
			continue
		}
		near := func(at time.Time) bool {
			apart := e.notice.OccurredAt.Sub(at).Abs()
			return apart <= twiceWindow
		}
		for _, other := range w.entries[:i] {
			e.twice = e.twice || (bytes.Equal(other.repeatIndex, e.repeatIndex) && other.decision.State != Ignored && near(other.notice.OccurredAt))
		}
		if e.twice {
			continue
		}
		err := w.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM notices WHERE repeat_index = $1 AND occurred_at BETWEEN $2 AND $3
			AND state <> 'ignored' AND id <> $4)`,
			e.repeatIndex, e.notice.OccurredAt.Add(-twiceWindow), e.notice.OccurredAt.Add(twiceWindow), e.id).Scan(&e.twice)
		if err != nil {
			return fmt.Errorf("look for the same purchase: %w", err)
		}
	}
	return nil
}

// sides are the ledger accounts that a decision moves money between.
func (d *decision) sides() (debit, credit ledger.Account, moves bool) {
	switch {
	case d.Takes != nil:
		return d.Takes.Credit, d.Takes.Debit, true
	case d.To != nil:
		return ledger.OfBank(d.To.Market, d.Receiver.Account), ledger.OfTenancy(d.To.Market, d.To.Tenancy), true
	case d.Suspense != uuid.Nil:
		return ledger.OfBank(d.Suspense, d.Receiver.Account), ledger.OfMarket(ledger.Suspense, d.Suspense), true
	}
	return debit, credit, false
}

// lockAndJudge locks the accounts, then drops what another connection has told already: only while the
// account's row is held is that look-up the truth. What remains is posted.
func (w *posting) lockAndJudge(ctx context.Context) error {
	var accounts []ledger.Account
	var strong []*entry
	for _, e := range w.entries {
		debit, credit, moves := e.decision.sides()
		if !moves {
			continue
		}
		accounts = append(accounts, debit, credit)
		if e.notice.StrongReference && e.decision.Takes == nil {
			strong = append(strong, e)
		}
	}
	if len(accounts) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	locked := w.p.book.Lock(batch, accounts)
	stands := queueTold(batch, strong, w.now)
	if err := w.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("lock ledger accounts: %w", err)
	}
	dropTold(strong, stands)
	for _, e := range w.entries {
		debit, credit, moves := e.decision.sides()
		if !moves {
			continue
		}
		t := ledger.Transfer{
			ID: e.id, Debit: debit, Credit: credit, Amount: e.notice.Amount, OccurredAt: e.notice.OccurredAt,
			Reference: e.notice.Reference, Strong: e.notice.StrongReference, MemoCode: e.code(),
		}
		if e.decision.Takes != nil {
			t.Reverses = &e.decision.Takes.ID
		}
		w.transfers = append(w.transfers, t)
	}
	locked.Post(&w.batch, w.transfers, w.now)
	return nil
}

// code is the one code found in the memo, or empty.
func (e *entry) code() string {
	if len(e.codes) == 1 {
		return e.codes[0]
	}
	return ""
}

// told is one transfer as its bank names it.
type told struct {
	account   uuid.UUID
	reference string
	amount    int64
}

// queueTold asks for the payments that already stand under the same strong references, accounts and amounts.
func queueTold(batch *pgx.Batch, strong []*entry, now time.Time) map[told]uuid.UUID {
	stands := map[told]uuid.UUID{}
	if len(strong) == 0 {
		return stands
	}
	var accounts []uuid.UUID
	var references []string
	var amounts []int64
	for _, e := range strong {
		t := e.told()
		accounts, references, amounts = append(accounts, t.account), append(references, t.reference), append(amounts, t.amount)
	}
	batch.Queue(`SELECT t.account, t.reference, t.amount, p.id
		FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS t (account, reference, amount)
		CROSS JOIN LATERAL (SELECT p.id FROM payments p
			WHERE p.debit_account = t.account AND p.reference = t.reference AND p.strong AND p.amount = t.amount
			AND p.id >= $4 AND p.id < $5 AND p.case_id IS NULL AND p.reverses IS NULL LIMIT 1) p`,
		accounts, references, amounts, idFloor(now.Add(-duplicateWindow)), idFloor(now.Add(24*time.Hour))).
		Query(func(rows pgx.Rows) error {
			var t told
			var id uuid.UUID
			_, err := pgx.ForEachRow(rows, []any{&t.account, &t.reference, &t.amount, &id}, func() error {
				stands[t] = id
				return nil
			})
			return err
		})
	return stands
}

// idFloor is the smallest UUIDv7 of a moment (RFC 9562, section 5.7), as the SQL function id_floor gives it.
func idFloor(at time.Time) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:], uint64(at.UnixMilli())<<16)
	return id
}

// dropTold turns into ignored what stands already, in the tables or earlier in this group.
func dropTold(strong []*entry, stands map[told]uuid.UUID) {
	for _, e := range strong {
		if first, known := stands[e.told()]; known {
			e.decision = decision{State: Ignored, Why: duplicateOf + first.String()}
			e.twice = false
			continue
		}
		stands[e.told()] = e.id
	}
}

func (e *entry) told() told {
	debit, _, _ := e.decision.sides()
	return told{debit.ID(), e.notice.Reference, e.notice.Amount.Dong()}
}

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
		if len(d.faults) == 0 && d.verdict == verdictRead && !w.written[d] {
			continue
		}
		ids, connections, received = append(ids, d.id), append(connections, d.connection.ID), append(received, d.receivedAt)
		verdicts, headers, bodies = append(verdicts, d.verdict), append(headers, d.headers), append(bodies, d.body)
	}
	if len(ids) > 0 {
		w.batch.Queue(`INSERT INTO deliveries (id, connection_id, received_at, verdict, headers, body)
			SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::bytea[])`,
			ids, connections, received, verdicts, headers, bodies)
	}
}

// noticeColumns are notices turned into one array a column, for unnest.
type noticeColumns struct {
	ids, deliveries, connections                                          []uuid.UUID
	externals, states, whys, directions, currencies, precisions, refs, l4 []string
	amounts                                                               []int64
	occurred                                                              []time.Time
	codes                                                                 []*string
	accounts, markets                                                     []*uuid.UUID
	particulars, repeats                                                  [][]byte
}

// queueNotices writes the new notices in their final state, and brings retried ones to theirs.
func (w *posting) queueNotices() {
	c := &noticeColumns{}
	for _, e := range w.entries {
		account, market := e.decision.place()
		if e.retried {
			w.batch.Queue(`UPDATE notices SET state = $2, why = $3, account_id = $4, market_id = $5 WHERE id = $1 AND state = 'pending'`,
				e.id, e.decision.State, e.decision.Why, account, market)
			continue
		}
		n := &e.notice
		c.ids, c.deliveries, c.connections = append(c.ids, e.id), append(c.deliveries, e.delivery.id), append(c.connections, e.connection.ID)
		c.externals, c.states, c.whys = append(c.externals, n.ExternalID), append(c.states, string(e.decision.State)), append(c.whys, e.decision.Why)
		c.directions, c.amounts, c.currencies = append(c.directions, string(n.Direction)), append(c.amounts, n.Amount.Dong()), append(c.currencies, n.Currency)
		c.occurred, c.precisions = append(c.occurred, n.OccurredAt), append(c.precisions, string(n.Precision))
		c.refs, c.l4 = append(c.refs, n.Reference), append(c.l4, last4(n))
		c.codes, c.accounts, c.markets = append(c.codes, orNull(e.code())), append(c.accounts, account), append(c.markets, market)
		c.particulars, c.repeats = append(c.particulars, e.particulars), append(c.repeats, e.repeatIndex)
	}
	if len(c.ids) == 0 {
		return
	}
	w.batch.Queue(`INSERT INTO notices (id, delivery_id, connection_id, external_id, state, why, direction, amount, currency,
			occurred_at, precision, recorded_at, reference, memo_code, account_last4, account_id, market_id, particulars, repeat_index)
		SELECT n.id, n.delivery, n.connection, n.external, n.state, n.why, n.direction, n.amount, n.currency,
			n.occurred, n.precision, $19, n.reference, n.code, n.last4, n.account, n.market, n.particulars, n.repeat
		FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[],
			$10::timestamptz[], $11::text[], $12::text[], $13::text[], $14::text[], $15::uuid[], $16::uuid[], $17::bytea[], $18::bytea[])
			AS n (id, delivery, connection, external, state, why, direction, amount, currency, occurred, precision, reference, code, last4, account, market, particulars, repeat)`,
		c.ids, c.deliveries, c.connections, c.externals, c.states, c.whys, c.directions, c.amounts, c.currencies,
		c.occurred, c.precisions, c.refs, c.codes, c.l4, c.accounts, c.markets, c.particulars, c.repeats, w.now)
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
		w.batch.Queue(`INSERT INTO notice_conflicts (id, notice_id, delivery_id, digest, amount, occurred_at, reference, particulars, recorded_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (notice_id, digest) DO NOTHING`,
			c.id, c.first, c.delivery.id, c.digest, c.notice.Amount.Dong(), c.notice.OccurredAt, c.notice.Reference, c.particulars, w.now)
		w.cases = append(w.cases, &openCase{
			ID: caseID("conflict", c.first, c.digest), Kind: "conflict", Connection: c.connection.ID, Notice: &c.first, Delivery: &c.delivery.id,
			Detail: "the same id came with other content",
		})
	}
}

func last4(n *banks.Notice) string {
	if r := []rune(n.Account); len(r) > 4 {
		return string(r[len(r)-4:])
	}
	return n.Account
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
