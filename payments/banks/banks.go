// Package banks reads what banks and wallets tell about transfers: each provider's webhook is
// verified on its raw bytes and turned into Notices, and answered with that provider's own body. A
// new provider is one file that implements Provider, a row in the table below, and its vectors in
// testdata.
package banks

import (
	"errors"
	"net/http"
	"net/netip"
	"time"

	"market40/payments/money"
)

var (
	// ErrSignature is a request whose signature or token is missing or is of none of the active
	// secrets.
	ErrSignature = errors.New("signature does not verify")
	// ErrStale is a request with a good signature and a stamp more than Tolerance from the clock.
	ErrStale = errors.New("stamp is too far from the clock")
	// ErrUnreadable is a body of which no transfer could be read.
	ErrUnreadable = errors.New("no transfer could be read")
	// ErrNotSupported is a notice that a provider has no words for, such as a debit of a wallet.
	ErrNotSupported = errors.New("the provider cannot tell this")
)

// Refusal is why a request of a provider was not accepted, as health, metrics and log name it.
type Refusal string

// The reasons for a refusal: a signature or token of none of the active secrets, a good signature
// with a stamp that is too old or too new, a signed body of which nothing could be read.
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

// Tolerance is how far a signed stamp may be from our clock, either way (payments/banks/README.md,
// "Clock").
const Tolerance = 300 * time.Second

// Direction is the way of the money, seen from the account that the notice is about.
type Direction string

// In is money received, Out is money sent.
const (
	In  Direction = "in"
	Out Direction = "out"
)

// Precision is how exactly a provider told the time of a transfer.
type Precision string

// Second, Minute and Day are the precisions that providers deliver; milliseconds are kept and count
// as Second.
const (
	Second Precision = "second"
	Minute Precision = "minute"
	Day    Precision = "day"
)

// Ignore is why a notice is answered with success and never posted; "" for one that is posted.
type Ignore string

// The reasons to ignore a notice: money that left the account, a payment that failed, a call by
// which a provider tries our address, a transfer of a provider's sandbox.
const (
	IgnoreDebit   Ignore = "debit"
	IgnoreFailed  Ignore = "failed"
	IgnoreProbe   Ignore = "probe"
	IgnoreSandbox Ignore = "sandbox"
	IgnoreTest    Ignore = "test" // set by whoever sends a test, never read from a body
)

// Notice is one transfer as a bank or wallet told it, normalised.
type Notice struct {
	ExternalID      string       // the provider's own id; never empty, at most 200 bytes
	Identity        string       // what names one transfer beside ExternalID; "" where that alone does
	BankBIN         string       // six digits of the beneficiary's bank; "" when the provider names none; UnknownBank
	Account         string       // the beneficiary account, or a wallet's merchant id
	VirtualAccount  string       // virtual account, terminal or store id, or ""
	Direction       Direction    //
	Amount          money.Amount // whole đồng, above zero in both directions
	Currency        string       // ISO 4217, upper case; VND where the provider names none
	Memo            string       // the transfer note as delivered
	OrderRef        string       // the provider's own field for an order or payment code: a hint, not to be trusted
	Reference       string       // the bank's reference as NormalReference writes it, or ""
	StrongReference bool         // the reference names one transfer for ever, also across providers
	OccurredAt      time.Time    // in Vietnam time (+07:00)
	Precision       Precision    //
	// OccurredAt is when this was sent or received: it differs at a retry and is no content
	AnswerTime bool
	Ignore     Ignore //
	Reverses   string // external id of the notice that this one takes back; Direction is then that notice's
}

// UnknownBank is the BankBIN of a notice that names a bank that we do not know.
const UnknownBank = "?"

// AccountKind is which accounts of the register a provider's notices may be about.
type AccountKind int

// The kinds of accounts. A number at a bank and the same number at a wallet are two accounts.
const (
	BankAccounts AccountKind = iota
	Wallets
	AnyAccounts // the provider says nothing of it
)

// ProviderAccountKind returns the kind of the accounts that a provider names.
func ProviderAccountKind(provider string) AccountKind {
	switch provider {
	case "momo", "zalopay", "vnpay", "sepay_pg":
		return Wallets
	case "standard":
		return AnyAccounts
	}
	return BankAccounts
}

// Item is one element of a delivery. It stands alone: Err says why it could not be read, and Notice
// then keeps what of it could.
type Item struct {
	Notice Notice
	Err    error
	Raw    []byte // of an array's element: the bytes as sent
}

// Request is a webhook call as it came in, before anything bound its body.
type Request struct {
	Method   string      //
	SubPath  string      // what follows /webhooks/{provider}/{connection}, "" or with a leading slash
	RawQuery string      // as sent, without "?"
	Header   http.Header //
	Body     []byte      // as sent
	RemoteIP netip.Addr  // the caller's address; Compose sets it only where it stands for a signature
	Now      time.Time   // our clock

	Stamped func(at time.Time) // Verify tells it the stamp of a request with a good signature; nil: it is not wanted
}

// Answer is what goes back to the provider.
type Answer struct {
	Status      int
	ContentType string // "" with an empty body
	Body        []byte
}

// Provider is one dialect of telling transfers.
type Provider interface {
	// Name is the word in /webhooks/{provider}/….
	Name() string
	// CheckSecrets says which field of a connection's secrets is missing, unknown or malformed.
	// The error is a phrase for the operator; it names fields and never their values.
	CheckSecrets(Secrets) error
	// Verify accepts a request that any of the active secrets signed: else ErrSignature, or
	// ErrStale.
	Verify(Request, []Secrets) error
	// Parse reads the transfers of a verified request. The error wraps ErrUnreadable when there is
	// none that could be read; the items then still say why. An empty list of transfers is no
	// error.
	Parse(Request) ([]Item, error)
	// Accepted is the provider's success answer; ids are our own ids of the items.
	Accepted(items []Item, ids []string) Answer
	// Refused is the provider's own body for a refusal; false where a plain status will do.
	Refused(err error) (Answer, bool)
	// Compose plays the provider: the exact body, headers and signature for a notice at a time.
	// It returns ErrNotSupported where the provider has no such message.
	Compose(Notice, Secrets, time.Time) (Request, error)
}

// TokenIssuer is a provider that first asks us for a token with its user name and password.
type TokenIssuer interface {
	// Token answers a request on TokenPath, or refuses it with ErrSignature.
	Token(Request, []Secrets) (Answer, error)
}

// providers is the table of all dialects, in the order that Names lists them.
var providers = []Provider{
	sepay{}, sepayPG{}, cassoV1{}, cassoV2{}, payOS{}, pay2s{}, vietQRVN{}, moMo{}, zaloPay{}, vnPay{}, standard{},
}

// FindProvider is the provider of that name.
func FindProvider(name string) (Provider, bool) {
	for _, p := range providers {
		if p.Name() == name {
			return p, true
		}
	}
	return nil, false
}

// ProviderNames lists all providers.
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

// plainSuccess is embedded by providers that ask for a 2xx with {"success":true} or read no body at
// all.
type plainSuccess struct{}

func (plainSuccess) Accepted([]Item, []string) Answer { return jsonAnswer(`{"success":true}`) }

func jsonAnswer(body string) Answer {
	return Answer{Status: http.StatusOK, ContentType: "application/json", Body: []byte(body)}
}
