// Package ledger is the double-entry book: accounts, transfers between them, and the proof that
// they agree. A payment is its transfer: one row that debits one account and credits another,
// balanced by construction, numbered by both accounts' versions in commit order, never updated and
// never deleted.
package ledger

import (
	"bytes"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/bizday"
	"market40/payments/money"
)

// Kind is what a ledger account stands for.
type Kind string

// The kinds of account.
const (
	Bank     Kind = "bank"     // a beneficiary account as one market's stalls use it
	Stall    Kind = "stall"    // one tenancy of a stall
	Suspense Kind = "suspense" // a market's money that names no single stall
	Returned Kind = "returned" // given back to the payer, by a case
)

// Account names a ledger account. Its id follows from what it stands for, so it needs no look-up.
type Account struct {
	Kind   Kind
	Market uuid.UUID
	Owner  uuid.UUID // Bank: the beneficiary account, Nil for accounts nobody registered; Stall: the tenancy
}

// StallAccount is the account of one tenancy of a stall.
func StallAccount(market, tenancy uuid.UUID) Account {
	return Account{Kind: Stall, Market: market, Owner: tenancy}
}

// BankAccount is the account of a beneficiary account in a market; uuid.Nil: of those nobody registered.
func BankAccount(market, account uuid.UUID) Account {
	return Account{Kind: Bank, Market: market, Owner: account}
}

// MarketAccount is a market's suspense or returned account.
func MarketAccount(kind Kind, market uuid.UUID) Account { return Account{Kind: kind, Market: market} }

// idSpace is the name space of ledger account ids (RFC 9562, version 5).
var idSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("market40/ledger"))

// ID is the account's id.
func (a Account) ID() uuid.UUID {
	name := make([]byte, 0, 48)
	name = append(name, a.Kind...)
	name = append(name, a.Market[:]...)
	return uuid.NewSHA1(idSpace, append(name, a.Owner[:]...))
}

// Transfer is one movement to post: Amount from Debit to Credit.
type Transfer struct {
	ID            uuid.UUID // the notice's own id, or a new one (UUIDv7) for a case's further transfer
	Debit, Credit Account
	Amount        money.Amount // more than zero
	Case          *uuid.UUID   // the case that decided it; nil: the notice
	Reverses      *uuid.UUID   // the payment that it takes back or passes on
	OccurredAt    time.Time    // of a reversal: what it reverses decides
	Reference     string       // the bank's, normalised
	Strong        bool         // the reference alone names one transfer at its bank
	MemoCode      string       // the stall's or order's code found in the memo; empty: none
	Distinct      bool         // people said that it is another transfer than what came to another account
}

// Duplicate names the payment that a transfer repeats.
type Duplicate struct {
	Payment      uuid.UUID
	OtherAccount bool // that came to another bank account: one may be the virtual account of the other
}

// Book opens and locks accounts. It remembers which ones stand, so that the usual posting asks
// once.
type Book struct{ stands sync.Map }

// Locked is a group of transfers whose accounts a transaction holds, with what the books know of
// them.
type Locked struct {
	transfers  []Transfer
	versions   map[uuid.UUID]int64     // of the accounts
	duplicates map[uuid.UUID]Duplicate // transfers that a payment has posted already
	originals  map[uuid.UUID]original  // payments that the transfers reverse
}

// Lock queues the locking of what transfers touch and then the look-up of what the books know of
// them. It opens accounts that do not exist yet. References and accounts are locked in one order,
// so that two transactions never wait for each other in a ring. The result may be used once the
// caller has sent the batch.
func (b *Book) Lock(batch *pgx.Batch, transfers []Transfer, now time.Time) *Locked {
	wanted := map[uuid.UUID]Account{}
	for _, t := range transfers {
		wanted[t.Debit.ID()], wanted[t.Credit.ID()] = t.Debit, t.Credit
	}
	ids := slices.SortedFunc(maps.Keys(wanted), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	queueReferenceLocks(batch, transfers)
	b.open(batch, ids, wanted)
	l := &Locked{
		transfers: transfers, versions: make(map[uuid.UUID]int64, len(ids)),
		duplicates: map[uuid.UUID]Duplicate{}, originals: map[uuid.UUID]original{},
	}
	batch.Queue(`SELECT id, version FROM ledger_accounts WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE`, ids).Query(
		func(rows pgx.Rows) error {
			var id uuid.UUID
			var version int64
			_, err := pgx.ForEachRow(rows, []any{&id, &version}, func() error {
				l.versions[id] = version
				if version > 0 { // it was committed with its first payment, and accounts are never deleted
					b.stands.Store(id, true)
				}
				return nil
			})
			return err
		})
	l.queueDuplicates(batch, now)
	l.queueOriginals(batch)
	return l
}

// open makes the accounts that are not known to stand.
func (b *Book) open(batch *pgx.Batch, ids []uuid.UUID, wanted map[uuid.UUID]Account) {
	var fresh, markets []uuid.UUID
	var kinds []string
	var accounts, tenancies []*uuid.UUID
	for _, id := range ids {
		if _, known := b.stands.Load(id); known {
			continue
		}
		a := wanted[id]
		var account, tenancy *uuid.UUID
		if a.Kind == Bank && a.Owner != uuid.Nil {
			account = &a.Owner
		}
		if a.Kind == Stall {
			tenancy = &a.Owner
		}
		fresh, markets, kinds = append(fresh, id), append(markets, a.Market), append(kinds, string(a.Kind))
		accounts, tenancies = append(accounts, account), append(tenancies, tenancy)
	}
	if len(fresh) > 0 {
		batch.Queue(`INSERT INTO ledger_accounts (id, kind, market_id, account_id, tenancy_id)
			SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[]) AS a (id) ORDER BY a.id
			ON CONFLICT DO NOTHING`,
			fresh, kinds, markets, accounts, tenancies)
	}
}

// Post queues the statements that write the locked transfers: balances and versions, the payments
// themselves, and the day's rollup of each stall. The caller sends the batch in the same
// transaction. A transfer that a payment has posted already is not posted again: duplicates name
// that payment by the transfer's id; one that came to another account is no repeat where people
// said so (Apart). A reversal is dated on the time of what it reverses. ErrMoved: run the
// transaction again.
func (l *Locked) Post(
	batch *pgx.Batch,
	now time.Time,
) (posted []Transfer, duplicates map[uuid.UUID]Duplicate, err error) {
	posted, err = l.settle()
	if err != nil {
		return nil, nil, err
	}
	if len(posted) > 0 {
		l.queuePayments(batch, posted, now)
		queueDays(batch, posted)
	}
	return posted, l.duplicates, nil
}

// columns are the transfers turned into one array a column, for unnest.
type columns struct {
	ids, markets, debits, credits  []uuid.UUID
	amounts, debitV, creditV       []int64
	cases, reverses                []*uuid.UUID
	occurred                       []time.Time
	references                     []string
	strong                         []bool
	codes                          []*string
	moved                          map[uuid.UUID]*movement
	movedIDs                       []uuid.UUID
	movedDebit, movedCredit, moves []int64
}

type movement struct{ debit, credit, moves int64 }

func (l *Locked) queuePayments(batch *pgx.Batch, transfers []Transfer, now time.Time) {
	c := &columns{moved: map[uuid.UUID]*movement{}}
	for _, t := range transfers {
		debit, credit, dong := t.Debit.ID(), t.Credit.ID(), t.Amount.Dong()
		l.versions[debit]++
		l.versions[credit]++
		c.ids, c.markets = append(c.ids, t.ID), append(c.markets, t.Credit.Market)
		c.debits, c.credits = append(c.debits, debit), append(c.credits, credit)
		c.amounts = append(c.amounts, dong)
		c.debitV, c.creditV = append(c.debitV, l.versions[debit]), append(c.creditV, l.versions[credit])
		c.cases, c.reverses = append(c.cases, t.Case), append(c.reverses, t.Reverses)
		c.occurred = append(c.occurred, t.OccurredAt)
		c.references, c.strong = append(c.references, t.Reference), append(c.strong, t.Strong)
		c.codes = append(c.codes, orNull(t.MemoCode))
		c.move(debit).debit += dong
		c.move(credit).credit += dong
	}
	for id, m := range c.moved {
		c.movedIDs = append(c.movedIDs, id)
		c.movedDebit, c.movedCredit, c.moves = append(c.movedDebit, m.debit), append(c.movedCredit, m.credit),
			append(c.moves, m.moves)
	}
	batch.Queue(`UPDATE ledger_accounts a SET debits = a.debits + d.debits, credits = a.credits + d.credits,
		version = a.version + d.moves, last_at = $5
		FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[]) AS d (id, debits, credits, moves)
		WHERE a.id = d.id`,
		c.movedIDs, c.movedDebit, c.movedCredit, c.moves, now)
	batch.Queue(`INSERT INTO payments (id, market_id, debit_account, credit_account, amount, debit_version,
		credit_version,
			case_id, reverses, occurred_at, recorded_at, reference, strong, memo_code)
		SELECT p.id, p.market, p.debit, p.credit, p.amount, p.debit_version, p.credit_version,
			p.case_id, p.reverses, p.occurred_at, $14, p.reference, p.strong, p.memo_code
		FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::bigint[],
			$8::uuid[], $9::uuid[], $10::timestamptz[], $11::text[], $12::boolean[], $13::text[])
			AS p (id, market, debit, credit, amount, debit_version, credit_version, case_id, reverses, occurred_at,
			reference, strong, memo_code)`,
		c.ids, c.markets, c.debits, c.credits, c.amounts, c.debitV, c.creditV, c.cases, c.reverses,
		c.occurred, c.references, c.strong, c.codes, now)
}

func (c *columns) move(id uuid.UUID) *movement {
	m := c.moved[id]
	if m == nil {
		m = &movement{}
		c.moved[id] = m
	}
	m.moves++
	return m
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// queueDays upserts the rollup: what a stall is credited counts on the day of occurred_at, what it
// is debited is taken off the same day, because settle dates a reversal on the time of what it
// reverses. The day's last payment is then looked for among those that still stand.
func queueDays(batch *pgx.Batch, transfers []Transfer) {
	type key struct {
		tenancy, market uuid.UUID
		day             string
	}
	type sum struct {
		payments, amount int64
		bands            [4]int64
		last             *time.Time // of what is credited
	}
	days := map[key]*sum{}
	var debited []Account
	var debitedOn []string
	count := func(a Account, t Transfer, sign int64) {
		if a.Kind != Stall {
			return
		}
		k := key{a.Owner, a.Market, bizday.DayOf(t.OccurredAt)}
		if days[k] == nil {
			days[k] = &sum{}
		}
		days[k].payments += sign
		days[k].amount += sign * t.Amount.Dong()
		days[k].bands[SizeBand(t.Amount.Dong())] += sign
		switch {
		case sign < 0:
			debited, debitedOn = append(debited, a), append(debitedOn, k.day)
		case days[k].last == nil || t.OccurredAt.After(*days[k].last):
			days[k].last = &t.OccurredAt
		}
	}
	for _, t := range transfers {
		count(t.Credit, t, 1)
		count(t.Debit, t, -1)
	}
	keys := make([]key, 0, len(days))
	for k := range days {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		if c := bytes.Compare(a.tenancy[:], b.tenancy[:]); c != 0 {
			return c
		}
		return bytes.Compare([]byte(a.day), []byte(b.day))
	})
	var tenancies, markets []uuid.UUID
	var dates []string
	var payments, amounts []int64
	var bands [4][]int64
	var lasts []*time.Time
	for _, k := range keys {
		tenancies, markets, dates = append(tenancies, k.tenancy), append(markets, k.market), append(dates, k.day)
		payments, amounts, lasts = append(payments, days[k].payments), append(amounts, days[k].amount),
			append(lasts, days[k].last)
		for b, n := range days[k].bands {
			bands[b] = append(bands[b], n)
		}
	}
	if len(keys) == 0 {
		return
	}
	batch.Queue(`INSERT INTO stall_days AS s (tenancy_id, market_id, day, payments, amount, le_50k, le_200k, le_1m,
		over_1m, last_at)
		SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[]::date[], $4::bigint[], $5::bigint[], $6::bigint[],
		$7::bigint[], $8::bigint[], $9::bigint[],
			$10::timestamptz[])
		ON CONFLICT (tenancy_id, day) DO UPDATE SET payments = s.payments + excluded.payments,
		amount = s.amount + excluded.amount,
			le_50k = s.le_50k + excluded.le_50k, le_200k = s.le_200k + excluded.le_200k,
			le_1m = s.le_1m + excluded.le_1m, over_1m = s.over_1m + excluded.over_1m,
			last_at = greatest(s.last_at, excluded.last_at)`,
		tenancies, markets, dates, payments, amounts, bands[0], bands[1], bands[2], bands[3], lasts)
	queueLast(batch, debited, debitedOn)
}

// queueLast finds the last payment of stalls' days again, after something was taken from them.
func queueLast(batch *pgx.Batch, stalls []Account, days []string) {
	if len(stalls) == 0 {
		return
	}
	var accounts, tenancies []uuid.UUID
	for _, a := range stalls {
		accounts, tenancies = append(accounts, a.ID()), append(tenancies, a.Owner)
	}
	batch.Queue(`UPDATE stall_days s SET last_at = (
			SELECT max(p.occurred_at) FROM payments p WHERE p.credit_account = d.account
			AND p.occurred_at >= d.day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
			AND p.occurred_at < (d.day + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
			AND NOT EXISTS (SELECT FROM payments r WHERE r.reverses = p.id))
		FROM unnest($1::uuid[], $2::uuid[], $3::text[]::date[]) AS d (account, tenancy_id, day)
		WHERE s.tenancy_id = d.tenancy_id AND s.day = d.day`,
		accounts, tenancies, days)
}

// SizeBand is the place of an amount among the sizes that payments are counted by: up to 50,000,
// 200,000 and 1,000,000 đồng, and above.
func SizeBand(dong int64) int {
	place, _ := slices.BinarySearch([]int64{50_000, 200_000, 1_000_000}, dong)
	return place
}
