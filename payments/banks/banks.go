// Package banks reads the webhooks of banks and wallets. A provider verifies a request on its raw
// bytes, parses it into Notices, and answers with a body of its own. A new provider is one file that
// implements Provider, its vectors in testdata, and one entry in the list of providers below. Each
// provider's Verify checks the signature; package intake calls it.
package banks

import (
	"errors"
	"net/http"
	"net/netip"
	"time"

	"market40/payments/money"
)

var (
	// ErrSignature is a request without a signature or token that fits one of the active secrets.
	ErrSignature = errors.New("signature does not verify")
	// ErrStale is a request with a good signature and a stamp more than Tolerance from the clock.
	ErrStale = errors.New("stamp is too far from the clock")
	// ErrUnreadable is a body without a readable transfer.
	ErrUnreadable = errors.New("no transfer could be read")
	// ErrNotSupported is a notice that a provider has no message for, such as a debit of a wallet.
	ErrNotSupported = errors.New("the provider has no message for this")
)

// Refusal is why a request of a provider was not accepted, as health, metrics and log name it.
type Refusal string

// The reasons for a refusal: no active secret made the signature or token; the stamp of a good
// signature is too old or too new; a signed body cannot be read.
const (
	BadSignature Refusal = "bad_signature"
	Stale        Refusal = "stale"
	Unreadable   Refusal = "unreadable"
)

// RefusalReason returns the reason behind an error of Verify, Token or Parse.
func RefusalReason(err error) Refusal {
	switch {
	case errors.Is(err, ErrStale):
		return Stale
	case errors.Is(err, ErrUnreadable):
		return Unreadable
	}
	return BadSignature
}

// tolerance is how far a signed stamp may be from our clock, either way (payments/banks/README.md,
// "Clock").
const tolerance = 300 * time.Second

// Direction is whether the account of the notice received or sent the money.
type Direction string

// In is money received, Out is money sent.
const (
	In  Direction = "in"
	Out Direction = "out"
)

// Precision is how exactly a provider reported the time of a transfer.
type Precision string

// Second, Minute and Day are the precisions that providers deliver. Milliseconds are stored and
// count as Second.
const (
	Second Precision = "second"
	Minute Precision = "minute"
	Day    Precision = "day"
)

// Ignore is why a notice is accepted and never posted; "" for one that is posted.
type Ignore string

// The reasons to ignore a notice: money that left the account, a payment that failed, a call that
// tests our address, a transfer of a provider's sandbox.
const (
	IgnoreDebit   Ignore = "debit"
	IgnoreFailed  Ignore = "failed"
	IgnoreProbe   Ignore = "probe"
	IgnoreSandbox Ignore = "sandbox"
	IgnoreTest    Ignore = "test" // set by the sender of a test, never read from a body
)

// Notice is one transfer as a bank or wallet reported it, normalised.
type Notice struct {
	ExternalID      string       // the provider's own id; never empty, at most 200 bytes
	Identity        string       // identifies one transfer together with ExternalID; "" where that is enough
	BankBIN         string       // six digits of the beneficiary's bank; "": not named by the provider; UnknownBank
	Account         string       // the beneficiary account, or a wallet's merchant id
	VirtualAccount  string       // virtual account, terminal or store id, or ""
	Direction       Direction    //
	Amount          money.Amount // whole đồng, above zero in both directions
	Currency        string       // ISO 4217, upper case; VND where the provider names none
	Memo            string       // the transfer note as delivered
	OrderRef        string       // the provider's own field for an order or payment code: a hint only
	Reference       string       // the bank's reference as NormalReference writes it, or ""
	StrongReference bool         // the reference identifies one transfer for ever, also across providers
	OccurredAt      time.Time    // in Vietnam time (+07:00)
	Precision       Precision    //
	// AnswerTime says that OccurredAt is when this was sent or received. It differs at a retry, so it
	// is not content.
	AnswerTime bool
	Ignore     Ignore //
	Reverses   string // external id of the notice that this one reverses; Direction is then that notice's
}

// UnknownBank is the BankBIN of a notice that names a bank outside our list.
const UnknownBank = "?"

// AccountKind is the kind of registered accounts that a provider's notices may be about.
type AccountKind int

// The kinds of accounts. A number at a bank and the same number at a wallet are two accounts.
const (
	BankAccounts AccountKind = iota
	Wallets
	AnyAccounts // the provider does not say which
)

// bankAccounts, walletAccounts and anyAccounts are embedded by providers: one of them in each.
type (
	bankAccounts   struct{}
	walletAccounts struct{}
	anyAccounts    struct{}
)

func (bankAccounts) Accounts() AccountKind   { return BankAccounts }
func (walletAccounts) Accounts() AccountKind { return Wallets }
func (anyAccounts) Accounts() AccountKind    { return AnyAccounts }

// Item is one element of a delivery, read on its own. Err is why it could not be read; Notice then
// has the fields that could.
type Item struct {
	Notice Notice
	Err    error
	Raw    []byte // of an array's element: the bytes as sent
}

// Request is a webhook call as it was received, before its body was parsed.
type Request struct {
	Method   string      //
	SubPath  string      // what follows /webhooks/{provider}/{connection}, "" or with a leading slash
	RawQuery string      // as sent, without "?"
	Header   http.Header //
	Body     []byte      // as sent
	RemoteIP netip.Addr  // the caller's address; Compose sets it only where it replaces a signature
	Now      time.Time   // our clock

	Stamped func(at time.Time) // Verify calls it with the stamp of a request that has a good signature; nil: not called
}

// Answer is the response to the provider.
type Answer struct {
	Status      int
	ContentType string // "" with an empty body
	Body        []byte
}

// Provider is the webhook format of one bank, wallet or aggregator.
type Provider interface {
	// Name returns the word in /webhooks/{provider}/….
	Name() string
	// Accounts returns the kind of accounts that the provider reports about.
	Accounts() AccountKind
	// SecretForms returns the sets of fields that a connection's secrets may have.
	SecretForms() [][]string
	// Verify accepts a request that any of the active secrets signed. It returns ErrSignature or
	// ErrStale for any other.
	Verify(Request, []Secrets) error
	// Parse reads the transfers of a verified request. The error wraps ErrUnreadable when none could
	// be read; the items then hold the reasons. An empty list of transfers is no error.
	Parse(Request) ([]Item, error)
	// Accepted returns the provider's success answer; ids are our own ids of the items.
	Accepted(items []Item, ids []string) Answer
	// Refused returns the provider's own body for a refusal; false where a plain status is enough.
	Refused(err error) (Answer, bool)
	// Compose writes the request that the provider would send for a notice: body, headers, signature.
	// It returns ErrNotSupported where the provider has no such message.
	Compose(Notice, Secrets, time.Time) (Request, error)
}

// TokenIssuer is a provider that first requests a token from us with its user name and password.
type TokenIssuer interface {
	// Token answers a request on TokenPath, or refuses it with ErrSignature.
	Token(Request, []Secrets) (Answer, error)
}

// providers lists all providers, in the order that ProviderNames returns.
var providers = []Provider{
	sepay{}, sepayPG{}, cassoV1{}, cassoV2{}, payOS{}, pay2s{}, vietQRVN{}, moMo{}, zaloPay{}, vnPay{}, standard{},
}

// FindProvider returns the provider of that name.
func FindProvider(name string) (Provider, bool) {
	for _, p := range providers {
		if p.Name() == name {
			return p, true
		}
	}
	return nil, false
}

// ProviderNames returns the names of all providers.
func ProviderNames() []string {
	names := make([]string, len(providers))
	for i, p := range providers {
		names[i] = p.Name()
	}
	return names
}

// plainRefusals is embedded by providers that read nothing but the status of a refusal.
type plainRefusals struct{}

func (plainRefusals) Refused(error) (Answer, bool) { return Answer{}, false }

// plainSuccess is embedded by providers that expect a 2xx with {"success":true} or read no body.
type plainSuccess struct{}

func (plainSuccess) Accepted([]Item, []string) Answer { return jsonAnswer(`{"success":true}`) }

func jsonAnswer(body string) Answer {
	return Answer{Status: http.StatusOK, ContentType: "application/json", Body: []byte(body)}
}
