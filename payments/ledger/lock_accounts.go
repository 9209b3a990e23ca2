package ledger

import (
	"bytes"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/unnest"
)

// Book opens and locks accounts. It caches which accounts exist, so that the usual posting needs one
// query.
type Book struct{ existing sync.Map }

// Locked is a group of transfers with locked accounts, and what the books say about them.
type Locked struct {
	transfers  []Transfer
	versions   map[uuid.UUID]int64     // of the accounts
	duplicates map[uuid.UUID]Duplicate // transfers that a payment has posted already
	originals  map[uuid.UUID]original  // payments that the transfers reverse
}

// Lock queues the locking of the transfers' accounts, and then the look-up of duplicates and
// originals. It opens accounts that do not exist yet. References and accounts are locked in one
// order, so that no two transactions deadlock. The caller uses the result after sending the batch.
func (b *Book) Lock(batch *pgx.Batch, transfers []Transfer, now time.Time) *Locked {
	accounts := map[uuid.UUID]Account{}
	for _, t := range transfers {
		accounts[t.Debit.ID()], accounts[t.Credit.ID()] = t.Debit, t.Credit
	}
	ids := slices.SortedFunc(maps.Keys(accounts), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	queueReferenceLocks(batch, transfers)
	b.queueNewAccounts(batch, ids, accounts)
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
					b.existing.Store(id, true)
				}
				return nil
			})
			return err
		})
	l.queueDuplicates(batch, now)
	l.queueOriginals(batch)
	return l
}

// newAccount is an account with its id.
type newAccount struct {
	id uuid.UUID
	Account
}

var accountColumns = unnest.Columns[newAccount]{
	unnest.NewColumn("id", "uuid", func(a newAccount) uuid.UUID { return a.id }),
	unnest.NewColumn("kind", "text", func(a newAccount) string { return string(a.Kind) }),
	unnest.NewColumn("market_id", "uuid", func(a newAccount) uuid.UUID { return a.Market }),
	unnest.NewColumn("account_id", "uuid", func(a newAccount) *uuid.UUID { return a.ownerOf(Bank) }),
	unnest.NewColumn("tenancy_id", "uuid", func(a newAccount) *uuid.UUID { return a.ownerOf(Stall) }),
}

// ownerOf returns the owner of an account of a kind; nil: another kind, or unregistered accounts.
func (a Account) ownerOf(kind Kind) *uuid.UUID {
	if a.Kind != kind || a.Owner == uuid.Nil {
		return nil
	}
	return &a.Owner
}

var insertAccounts = `INSERT INTO ledger_accounts (` + accountColumns.Names() + `)
	SELECT * FROM ` + accountColumns.From("a") + ` ORDER BY a.id ON CONFLICT DO NOTHING`

// queueNewAccounts opens the accounts that are not known to exist.
func (b *Book) queueNewAccounts(batch *pgx.Batch, ids []uuid.UUID, accounts map[uuid.UUID]Account) {
	var fresh []newAccount
	for _, id := range ids {
		if _, known := b.existing.Load(id); !known {
			fresh = append(fresh, newAccount{id, accounts[id]})
		}
	}
	if len(fresh) > 0 {
		batch.Queue(insertAccounts, accountColumns.Arguments(fresh)...)
	}
}
