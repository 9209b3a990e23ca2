package intake

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"market40/merchants"
	"market40/payments/banks"
	"market40/payments/connections"
	"market40/payments/notices"
)

// delivery is one request of a bank or wallet, verified and read.
type delivery struct {
	id         uuid.UUID
	connection *connections.Sender
	receivedAt time.Time
	headers    string
	body       []byte // sealed
	verdict    string // read, unreadable
	entries    []*entry
	faults     []fault // items of an array that could not be read
	done       chan error
	test       bool // sent by ourselves: the connection delivered nothing
}

// fault is an item that could not be read; it becomes a case.
type fault struct {
	id     uuid.UUID // of the case: the same for the same item, so that a repeat opens no second
	detail string
}

// entry is a notice on its way through the posting.
type entry struct {
	id         uuid.UUID
	stands     uuid.UUID // the notice that its key already names; Nil: this one is new
	delivery   *delivery
	connection *connections.Sender
	notice     banks.Notice
	codes      []string

	accountIndex, virtualIndex, virtualNumber []byte
	repeatIndex                               []byte
	tellingIndex                              []byte // nil: it is no credit
	digest, plainDigest                       []byte // plain: as earlier programs made it
	part                                      []byte // of the notice's key, beside connection and external id
	particulars                               []byte // sealed

	toldAt   *time.Time // the bank's own date where it lay too far ahead; nil: notice.OccurredAt
	retried  bool       // it stands as pending already
	original *PostedPayment
	decision decision
	twice    bool      // another payment of the same purchase stands
	again    bool      // of a conflict: the first notice told this transfer
	voided   bool      // a void of it came before
	spent    bool      // a void: what it takes back is in no books, because it or another void took it back
	would    *decision // of what another connection told: where its money would go; nil: it is the first

	gathering *uuid.UUID // of an unknown account: under what its notices wait in one case; nil: no such case
}

// keptAs is the id under which the notice stands: a repeat's is the first one's, so that it is
// answered alike.
func (e *entry) keptAs() uuid.UUID {
	if e.stands != uuid.Nil {
		return e.stands
	}
	return e.id
}

// newEntry computes all that the posting needs of a notice, outside of any transaction.
func (in *Intake) newEntry(ctx context.Context, id uuid.UUID, c *connections.Sender, n banks.Notice,
	received time.Time,
) (*entry, error) {
	e := &entry{id: id, connection: c, notice: n, codes: notices.FindCodes(n.Memo)}
	e.accountIndex = in.keys.Index("account", merchants.NormalAccount(n.Account))
	if n.VirtualAccount != "" {
		number := merchants.NormalAccount(n.VirtualAccount)
		e.virtualIndex, e.virtualNumber = in.keys.Index("virtual", number), in.keys.Index("account", number)
	}
	if purchase := onePurchase(n.Memo, e.codes); purchase != "" {
		e.repeatIndex = in.keys.Index("repeat", n.Account+"\n"+n.Amount.String()+"\n"+purchase)
	}
	if text := tellingText(c.Provider.Name(), n); text != "" {
		e.tellingIndex = in.keys.Index("transfer", text)
	}
	e.digest, e.plainDigest = in.sealer.Digest(n), in.sealer.PlainDigest(n)
	e.part = in.sealer.KeyPart(n, e.plainDigest)
	e.dateByReceipt(received)
	var err error
	e.particulars, err = in.sealer.Seal(ctx, id, n)
	return e, err
}

// minPurchase is the shortest memo, squashed, that can name one purchase.
const minPurchase = 8

// onePurchase is the squashed memo when it names one purchase, as an order's or a booking's text
// does, and empty when many shoppers may send the same: free words, or the printed code of a stall.
// Two payments with such a memo, the same amount and account are likely one purchase paid twice.
func onePurchase(text string, codes []string) string {
	squashed := squash(text)
	for _, code := range codes {
		squashed = strings.ReplaceAll(squashed, code, "")
	}
	digits := strings.IndexFunc(squashed, unicode.IsDigit) >= 0
	letters := strings.IndexFunc(squashed, unicode.IsLetter) >= 0
	if len(squashed) < minPurchase || !digits || !letters || len(codes) > 0 {
		return ""
	}
	return squashed
}

// ReadReverses returns what a notice takes back, of its sealed particulars: the id under which that
// was told, or nothing.
func (in *Intake) ReadReverses(ctx context.Context, id uuid.UUID, sealed []byte) (string, error) {
	var n banks.Notice
	err := in.sealer.Open(ctx, id, sealed, &n)
	return n.Reverses, err
}
