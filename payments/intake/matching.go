package intake

import (
	"github.com/google/uuid"

	"market40/payments/banks"
	"market40/payments/connections"
	"market40/payments/money"
)

// State is what became of a notice.
type State string

// The states of a notice.
const (
	Posted    State = "posted"    // a payment of a stall
	Unmatched State = "unmatched" // waits for a case to assign it
	Ignored   State = "ignored"   // never a payment: a debit, a probe, a duplicate
	Pending   State = "pending"   // could not be processed; it is tried again
)

// Why a notice is in its state, where that opens no case; else it is the kind of its case
// (case_kinds.go).
const (
	whyVirtual   = "virtual_account"
	WhyCode      = "memo_code"
	WhyAccount   = "account"
	WhyTakenBack = "taken_back"
	duplicateOf  = "duplicate_of:" // followed by the payment's id
)

// place is a tenancy that receives, or received, on an account.
type place struct {
	Tenancy, Stall, Market uuid.UUID
	Open                   bool   // the tenancy has not ended
	Replaced               bool   // another account receives there instead: only our code still brings money
	StallState             string // operating, suspended, closed, vacant
}

// receives says whether the place is an open stall's: money that names only the account may go
// there.
func (p place) receives() bool {
	return p.Open && !p.Replaced && (p.StallState == "operating" || p.StallState == "suspended")
}

// receiver is a beneficiary account of the register.
type receiver struct {
	Account, Merchant uuid.UUID
	Number            string // the keyed index of its number
	BIN               string // empty: a wallet
	Places            []place
}

// at is the place of a tenancy on this account.
func (r *receiver) at(tenancy uuid.UUID) (place, bool) {
	for _, p := range r.Places {
		if p.Tenancy == tenancy {
			return p, true
		}
	}
	return place{}, false
}

// openStalls are the places that receive now.
func (r *receiver) openStalls() []place {
	var open []place
	for _, p := range r.Places {
		if p.receives() {
			open = append(open, p)
		}
	}
	return open
}

// issued is a code of the register.
type issued struct {
	Tenancy uuid.UUID
	State   string // current, superseded, revoked
	Order   bool   // it is an order's
}

// register is what the register says of a batch of notices, read in the posting's transaction.
type register struct {
	byNumber  map[string][]*receiver // by the account number's index
	byVirtual map[string]*receiver   // by the virtual account's index, with the one place that it names
	byCode    map[string]issued
}

// decision is where a notice's money goes and what it is called there.
type decision struct {
	State    State
	Why      string
	Case     string         // the kind of case to open; empty: none
	Receiver *receiver      // the known account; nil: unknown
	To       *place         // the stall's tenancy; nil: none
	Suspense uuid.UUID      // the market in whose suspense it waits; Nil: the inbox
	Takes    *PostedPayment // the payment that it takes back
}

// decide is the whole rule of matching, in the order of payments/README.md, "A payment's way", step 5:
// a known virtual account, then a memo code whose stall receives on this account, then the account
// when exactly one open stall receives on it, then a case. Never by amount and time alone.
func (r *register) decide(e *entry) decision {
	n := &e.notice
	switch {
	case n.Ignore != "":
		return decision{State: Ignored, Why: string(n.Ignore)}
	case n.Direction == banks.Out:
		return decision{State: Ignored, Why: "debit"}
	case n.Reverses != "":
		return e.takeBack()
	case n.Currency != money.Currency:
		return decision{State: Unmatched, Why: otherCurrency, Case: otherCurrency}
	case n.Amount.Dong() > money.TransferLimit:
		return decision{State: Unmatched, Why: overLimit, Case: overLimit}
	}
	account, several := r.account(e)
	if v := e.within(r.byVirtual[string(e.virtualIndex)]); v != nil && e.confirms(v, account, several) {
		return post(v, v.Places[0], whyVirtual)
	}
	if several {
		return decision{State: Unmatched, Why: ambiguousBank, Case: ambiguousBank}
	}
	if e.codes = r.oneCode(e.codes); len(e.codes) > 1 {
		return wait(account, ambiguousCode)
	}
	if len(e.codes) == 1 {
		if code, known := r.byCode[e.codes[0]]; known {
			return matchCode(account, code)
		}
	}
	if account == nil {
		return decision{State: Unmatched, Why: unknownAccount, Case: unknownAccount}
	}
	if n.BankBIN == banks.UnknownBank {
		return wait(account, ambiguousBank)
	}
	if open := account.openStalls(); len(open) == 1 {
		return post(account, open[0], WhyAccount)
	}
	return wait(account, noSingleStall)
}

// account is the beneficiary account that the notice names: by its virtual account's number where a
// stall registered that as its account, else by the account's number, at the bank the notice names
// if it names one, within the connection's scope.
func (r *register) account(e *entry) (found *receiver, several bool) {
	for _, index := range [][]byte{e.virtualNumber, e.accountIndex} {
		if index == nil {
			continue
		}
		for _, candidate := range r.byNumber[string(index)] {
			if candidate = e.within(candidate); candidate == nil {
				continue
			}
			if found != nil {
				return nil, true
			}
			found = candidate
		}
		if found != nil {
			return found, false
		}
	}
	return nil, false
}

// confirms reports whether a notice's virtual account counts. Terminals of two banks may have one
// id, so it counts on the account that the notice names; where the register knows no such account,
// it counts unless the notice names a bank that we do not know.
func (e *entry) confirms(virtual, account *receiver, several bool) bool {
	switch {
	case several:
		return virtual.Number == string(e.accountIndex)
	case account == nil:
		return e.notice.BankBIN != banks.UnknownBank
	}
	return account.Account == virtual.Account
}

// within is the receiver as far as the notice may speak of it, or nil: within the connection's
// scope, of the provider's kind of accounts, at the bank that the notice names.
func (e *entry) within(r *receiver) *receiver {
	if r = within(e.connection, r); r == nil || !banks.SameBank(e.notice.BankBIN, r.BIN) {
		return nil
	}
	switch banks.ProviderAccountKind(e.connection.Provider.Name()) {
	case banks.BankAccounts:
		if r.BIN == "" {
			return nil
		}
	case banks.Wallets:
		if r.BIN != "" {
			return nil
		}
	}
	return r
}

func matchCode(account *receiver, code issued) decision {
	if account == nil {
		return decision{State: Unmatched, Why: foreignAccount, Case: foreignAccount}
	}
	p, receives := account.at(code.Tenancy)
	if !receives {
		return wait(account, foreignAccount)
	}
	d := post(account, p, WhyCode)
	if d.Case == "" && code.State == "revoked" {
		d.Case = revokedCode
	}
	return d
}

// post goes to a tenancy; a case tells the board when its stall is closed or the tenancy over.
func post(account *receiver, p place, why string) decision {
	d := decision{State: Posted, Why: why, Receiver: account, To: &p}
	if p.StallState == "closed" {
		d.Case = closedStall
	} else if !p.Open {
		d.Case = revokedCode
	}
	return d
}

// wait leaves the notice to a case: in the market's suspense when the account is known and all its
// open stalls lie in one market, otherwise in the inbox.
func wait(account *receiver, why string) decision {
	d := decision{State: Unmatched, Why: why, Case: why, Receiver: account}
	if account == nil {
		return d
	}
	for i, p := range account.openStalls() {
		if i > 0 && p.Market != d.Suspense {
			d.Suspense = uuid.Nil
			return d
		}
		d.Suspense = p.Market
	}
	return d
}

// within returns the receiver as far as a sender may speak of it, or nil: an account that it does
// not name, or of another owner, counts as unknown.
func within(c *connections.Sender, r *receiver) *receiver {
	if r == nil || !c.Covers(r.Number, r.BIN) {
		return nil
	}
	if merchant, limited := c.Merchant(); limited && r.Merchant != merchant {
		return nil
	}
	market, limited := c.Market()
	if !limited {
		return r
	}
	here := *r
	here.Places = nil
	for _, p := range r.Places {
		if p.Market == market {
			here.Places = append(here.Places, p)
		}
	}
	if len(here.Places) == 0 {
		return nil
	}
	return &here
}
