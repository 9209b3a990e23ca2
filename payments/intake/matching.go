package intake

import (
	"github.com/google/uuid"

	"market40/payments/banks"
	"market40/payments/connections"
	"market40/payments/money"
	"market40/payments/notices"
	"market40/payments/voids"
)

// tenancy is a tenancy that receives, or received, on an account.
type tenancy struct {
	Tenancy, Stall, Market uuid.UUID
	Open                   bool   // the tenancy has not ended
	Replaced               bool   // it now receives on another account: only a memo code still brings money here
	StallState             string // operating, suspended, closed, vacant
}

// receives reports whether the tenancy is of an open stall: money that names only the account may be
// posted to it.
func (t tenancy) receives() bool {
	return t.Open && !t.Replaced && (t.StallState == "operating" || t.StallState == "suspended")
}

// receiver is a registered beneficiary account.
type receiver struct {
	Account, Merchant uuid.UUID
	Number            string // the keyed index of its number
	BIN               string // empty: a wallet
	Tenancies         []tenancy
}

// findTenancy returns a tenancy on this account.
func (r *receiver) findTenancy(id uuid.UUID) (tenancy, bool) {
	for _, t := range r.Tenancies {
		if t.Tenancy == id {
			return t, true
		}
	}
	return tenancy{}, false
}

// openStalls returns the tenancies that receive now.
func (r *receiver) openStalls() []tenancy {
	var open []tenancy
	for _, t := range r.Tenancies {
		if t.receives() {
			open = append(open, t)
		}
	}
	return open
}

// issuedCode is a registered memo code.
type issuedCode struct {
	Tenancy uuid.UUID
	State   string // current, superseded, revoked
	Order   bool   // it is an order's
}

// register is the part of the register that a group of notices names, read in the posting's
// transaction.
type register struct {
	byNumber  map[string][]*receiver // by the account number's index
	byVirtual map[string]*receiver   // by the virtual account's index, with the one tenancy that it names
	byCode    map[string]issuedCode
}

// decision is where a notice's money goes, and why.
type decision struct {
	State    notices.State
	Why      string
	Case     string         // the kind of case to open; empty: none
	Receiver *receiver      // the known account; nil: unknown
	To       *tenancy       // the stall's tenancy; nil: none
	Suspense uuid.UUID      // it waits in this market's suspense account; Nil: in none
	Reverses *voids.Payment // the payment that it reverses
}

// decide applies the rule of matching, in the order of payments/README.md, "A payment's way", step 5:
// a known virtual account, then a memo code of a stall that receives on this account, then the
// account if exactly one open stall receives on it, then a case. Amount and time alone never match.
func (r *register) decide(e *entry) decision {
	n := &e.notice
	switch {
	case n.Ignore != "":
		return decision{State: notices.Ignored, Why: string(n.Ignore)}
	case n.Direction == banks.Out:
		return decision{State: notices.Ignored, Why: "debit"}
	case n.Reverses != "":
		return e.reverseOriginal()
	case n.Currency != money.Currency:
		return decision{State: notices.Unmatched, Why: notices.OtherCurrency, Case: notices.OtherCurrency}
	case n.Amount.Dong() > money.TransferLimit:
		return decision{State: notices.Unmatched, Why: notices.OverLimit, Case: notices.OverLimit}
	}
	account, several := r.findAccount(e)
	if v := e.inScope(r.byVirtual[string(e.virtualIndex)]); v != nil && e.confirms(v, account, several) {
		return postTo(v, v.Tenancies[0], notices.WhyVirtual)
	}
	if several {
		return decision{State: notices.Unmatched, Why: notices.AmbiguousBank, Case: notices.AmbiguousBank}
	}
	if e.codes = r.reduceCodes(e.codes); len(e.codes) > 1 {
		return leaveToCase(account, notices.AmbiguousCode)
	}
	if len(e.codes) == 1 {
		if code, known := r.byCode[e.codes[0]]; known {
			return matchCode(account, code)
		}
	}
	if account == nil {
		return decision{State: notices.Unmatched, Why: notices.UnknownAccount, Case: notices.UnknownAccount}
	}
	if n.BankBIN == banks.UnknownBank {
		return leaveToCase(account, notices.AmbiguousBank)
	}
	if open := account.openStalls(); len(open) == 1 {
		return postTo(account, open[0], notices.WhyAccount)
	}
	return leaveToCase(account, notices.NoSingleStall)
}

// findAccount returns the beneficiary account that the notice names, within the connection's scope.
// A stall may have registered the number of its virtual account as its account, so that is looked up
// before the account's number. The bank must fit where the notice names one.
func (r *register) findAccount(e *entry) (found *receiver, several bool) {
	for _, index := range [][]byte{e.virtualNumber, e.accountIndex} {
		if index == nil {
			continue
		}
		for _, candidate := range r.byNumber[string(index)] {
			if candidate = e.inScope(candidate); candidate == nil {
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
// id, so it counts only on the account that the notice names. Without a registered account it counts
// unless the notice names an unknown bank.
func (e *entry) confirms(virtual, account *receiver, several bool) bool {
	switch {
	case several:
		return virtual.Number == string(e.accountIndex)
	case account == nil:
		return e.notice.BankBIN != banks.UnknownBank
	}
	return account.Account == virtual.Account
}

// inScope returns the receiver with what the notice may report about, or nil. The receiver must be
// in the connection's scope, of the provider's kind of accounts, and at the notice's bank.
func (e *entry) inScope(r *receiver) *receiver {
	if r = limitToScope(e.connection, r); r == nil || !banks.SameBank(e.notice.BankBIN, r.BIN) {
		return nil
	}
	switch e.connection.Provider.Accounts() {
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

func matchCode(account *receiver, code issuedCode) decision {
	if account == nil {
		return decision{State: notices.Unmatched, Why: notices.ForeignAccount, Case: notices.ForeignAccount}
	}
	t, receives := account.findTenancy(code.Tenancy)
	if !receives {
		return leaveToCase(account, notices.ForeignAccount)
	}
	d := postTo(account, t, notices.WhyCode)
	if d.Case == "" && code.State == "revoked" {
		d.Case = notices.RevokedCode
	}
	return d
}

// postTo posts to a tenancy. It opens a case for the board when the stall is closed or the tenancy
// has ended.
func postTo(account *receiver, t tenancy, why string) decision {
	d := decision{State: notices.Posted, Why: why, Receiver: account, To: &t}
	if t.StallState == "closed" {
		d.Case = notices.ClosedStall
	} else if !t.Open {
		d.Case = notices.RevokedCode
	}
	return d
}

// leaveToCase leaves the notice to a case. Its money waits in a market's suspense account when the
// account is known and all its open stalls are in one market.
func leaveToCase(account *receiver, why string) decision {
	d := decision{State: notices.Unmatched, Why: why, Case: why, Receiver: account}
	if account == nil {
		return d
	}
	for i, t := range account.openStalls() {
		if i > 0 && t.Market != d.Suspense {
			d.Suspense = uuid.Nil
			return d
		}
		d.Suspense = t.Market
	}
	return d
}

// limitToScope returns the receiver with what a sender may report about, or nil. An account that the
// sender does not cover, or of another owner, counts as unknown.
func limitToScope(c *connections.Sender, r *receiver) *receiver {
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
	here.Tenancies = nil
	for _, t := range r.Tenancies {
		if t.Market == market {
			here.Tenancies = append(here.Tenancies, t)
		}
	}
	if len(here.Tenancies) == 0 {
		return nil
	}
	return &here
}
