// Package ledger is the double-entry book: accounts, transfers between them, and the proof that
// they agree. A payment is its transfer: one row that debits one account and credits another. It is
// balanced by construction, numbered by both accounts' versions in commit order, and never updated
// or deleted.
package ledger

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"market40/payments/money"
)

// Kind is the kind of a ledger account.
type Kind string

// The kinds of account.
const (
	Bank     Kind = "bank"     // a beneficiary account as one market's stalls use it
	Stall    Kind = "stall"    // one tenancy of a stall
	Suspense Kind = "suspense" // a market's money that names no single stall
	Returned Kind = "returned" // given back to the payer, by a case
)

// Account names a ledger account. Its id follows from its fields, so it needs no look-up.
type Account struct {
	Kind   Kind
	Market uuid.UUID
	Owner  uuid.UUID // Bank: the beneficiary account, Nil for unregistered accounts; Stall: the tenancy
}

// StallAccount returns the account of one tenancy of a stall.
func StallAccount(market, tenancy uuid.UUID) Account {
	return Account{Kind: Stall, Market: market, Owner: tenancy}
}

// BankAccount returns the account of a beneficiary account in a market; uuid.Nil: of all
// unregistered ones.
func BankAccount(market, account uuid.UUID) Account {
	return Account{Kind: Bank, Market: market, Owner: account}
}

// MarketAccount returns a market's suspense or returned account.
func MarketAccount(kind Kind, market uuid.UUID) Account { return Account{Kind: kind, Market: market} }

// idSpace is the name space of ledger account ids (RFC 9562, version 5).
var idSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("market40/ledger"))

// ID returns the account's id.
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
	Reverses      *uuid.UUID   // the payment that it reverses or passes on
	OccurredAt    time.Time    // of a reversal: set by Post to the time of what it reverses
	Reference     string       // the bank's, normalised
	Strong        bool         // the reference alone identifies one transfer at its bank
	MemoCode      string       // the stall's or order's code in the memo; empty: none
	Distinct      bool         // people decided that it differs from what another account received
}

// Duplicate names the payment that has already posted a transfer.
type Duplicate struct {
	Payment      uuid.UUID
	OtherAccount bool // it was credited from another bank account, which may be a virtual account of this one
}

// SizeBand returns the index of an amount among the sizes by which payments are counted: up to
// 50,000, 200,000 and 1,000,000 đồng, and above.
func SizeBand(dong int64) int {
	band, _ := slices.BinarySearch([]int64{50_000, 200_000, 1_000_000}, dong)
	return band
}
