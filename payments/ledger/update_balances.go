package ledger

import (
	"github.com/google/uuid"

	"market40/payments/unnest"
)

// balanceChange is what a group of transfers adds to one account.
type balanceChange struct {
	id                        uuid.UUID
	debits, credits, versions int64
}

var balanceColumns = unnest.Columns[*balanceChange]{
	unnest.NewColumn("id", "uuid", func(b *balanceChange) uuid.UUID { return b.id }),
	unnest.NewColumn("debits", "bigint", func(b *balanceChange) int64 { return b.debits }),
	unnest.NewColumn("credits", "bigint", func(b *balanceChange) int64 { return b.credits }),
	unnest.NewColumn("versions", "bigint", func(b *balanceChange) int64 { return b.versions }),
}

var updateBalances = `UPDATE ledger_accounts a SET debits = a.debits + d.debits, credits = a.credits + d.credits,
	version = a.version + d.versions, last_at = ` + balanceColumns.Further(1) + `
	FROM ` + balanceColumns.From("d") + ` WHERE a.id = d.id`
