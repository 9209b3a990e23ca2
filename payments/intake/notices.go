package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"market40/merchants"
	"market40/merchants/memo"
	"market40/merchants/seal"
	"market40/payments/banks"
	"market40/payments/connections"
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

// keptAs is the id under which the notice stands: a repeat's is the first one's, so that it is answered alike.
func (e *entry) keptAs() uuid.UUID {
	if e.stands != uuid.Nil {
		return e.stands
	}
	return e.id
}

// particulars are what is sealed of a notice.
type particulars struct {
	BankBIN  string `json:"bank_bin,omitempty"`
	Account  string `json:"account"`
	Virtual  string `json:"virtual_account,omitempty"`
	Memo     string `json:"memo"`
	OrderRef string `json:"order_ref,omitempty"`
	Reverses string `json:"reverses,omitempty"`
	Ignore   string `json:"ignore,omitempty"`
}

// fill gives a notice that was read from its row what is sealed of it.
func (s *particulars) fill(n *banks.Notice) {
	n.BankBIN, n.Account, n.VirtualAccount, n.Memo = s.BankBIN, s.Account, s.Virtual, s.Memo
	n.OrderRef, n.Reverses, n.Ignore = s.OrderRef, s.Reverses, banks.Ignore(s.Ignore)
	_, n.StrongReference = banks.NormalReference(n.Reference)
}

func particularsPlace(id uuid.UUID) seal.Place {
	return seal.Place{Table: "notices", Column: "particulars", ID: id}
}

// particulars opens what is sealed of a notice; of an erased merchant's nothing is left.
func (in *Intake) particulars(ctx context.Context, id uuid.UUID, sealed []byte) (particulars, error) {
	var told particulars
	if len(sealed) == 0 {
		return told, nil
	}
	plain, err := in.keys.Open(ctx, particularsPlace(id), sealed)
	if err != nil {
		return told, err
	}
	return told, json.Unmarshal(plain, &told)
}

// newEntry computes all that the posting needs of a notice, outside of any transaction.
func (in *Intake) newEntry(ctx context.Context, id uuid.UUID, c *connections.Sender, n banks.Notice, received time.Time) (*entry, error) {
	e := &entry{id: id, connection: c, notice: n, codes: codesIn(n.Memo)}
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
	e.digest, e.plainDigest = in.Digest(n), in.digestOf(n)
	e.part = in.keyPart(n, e.plainDigest)
	e.dateByReceipt(received)
	var err error
	e.particulars, err = in.SealParticulars(ctx, id, n)
	return e, err
}

// SealParticulars seals what of a notice says whose account it names, and what its payer wrote.
func (in *Intake) SealParticulars(ctx context.Context, id uuid.UUID, n banks.Notice) ([]byte, error) {
	plain, err := json.Marshal(particulars{n.BankBIN, n.Account, n.VirtualAccount, n.Memo, n.OrderRef, n.Reverses, string(n.Ignore)})
	if err != nil {
		return nil, fmt.Errorf("write particulars: %w", err)
	}
	return in.keys.Seal(ctx, particularsPlace(id), plain)
}

// partLength is the length of a key's part in bytes: enough that two never meet by chance.
const partLength = 16

// keyPart returns what a notice's key has beside its connection and external id, so that equal keys name one transfer.
// A credit is known by its id, and by its provider's Identity where the id alone is not enough. What is ignored is
// no transfer: its part is its content, so that it takes no identity from a credit and a repeat is still a repeat.
func (in *Intake) keyPart(n banks.Notice, digest []byte) []byte {
	switch {
	case n.Ignore != "" || n.Direction == banks.Out:
		return digest[:partLength]
	case n.Identity != "":
		return in.keys.Index("identity", n.Identity)[:partLength]
	}
	return []byte{}
}

// Digest returns the content of a notice by which a retry is told from a change: never the bytes, for balances and
// the times of answers differ at a retry. It is keyed, because an account number behind a plain SHA-256 could be
// tried out. Of the memo only our codes in it count: they say whose the money is.
func (in *Intake) Digest(n banks.Notice) []byte {
	return in.digestOf(n, append([]string{"codes"}, codesIn(n.Memo)...)...) // none is something else than what nobody looked for
}

// digestOf is digest with what is to count beside account, amount, time and reference: nothing in earlier programs.
func (in *Intake) digestOf(n banks.Notice, beside ...string) []byte {
	occurred := strconv.FormatInt(n.OccurredAt.UnixMilli(), 10)
	if n.AnswerTime {
		occurred = ""
	}
	said := []string{merchants.NormalAccount(n.Account), n.VirtualAccount, string(n.Direction), n.Amount.String(), n.Currency, occurred, n.Reference}
	return in.keys.Index("notice", strings.Join(append(said, beside...), "\n"))
}

// sameContent reports whether an earlier digest is of what n says, apart from a time that is only an answer's. Earlier
// programs digested that time too, and no codes: it is occurred then, as the earlier notice has it.
func (in *Intake) sameContent(n banks.Notice, earlier []byte, occurred time.Time) bool {
	timeless, timed := n, n
	timeless.AnswerTime, timed.AnswerTime = true, false
	if n.AnswerTime {
		timed.OccurredAt = occurred
	}
	for _, same := range [][]byte{in.Digest(timeless), in.Digest(timed), in.digestOf(timeless), in.digestOf(timed)} {
		if bytes.Equal(same, earlier) {
			return true
		}
	}
	return false
}

// codesIn returns our codes in a memo, in their order.
func codesIn(text string) (codes []string) {
	for _, code := range memo.Find(text) {
		codes = append(codes, code.String())
	}
	return codes
}

// minPurchase is the shortest memo, squashed, that can name one purchase.
const minPurchase = 8

// onePurchase is the squashed memo when it names one purchase, as an order's or a booking's text does, and
// empty when many shoppers may send the same: free words, or the printed code of a stall.
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

// ReadReverses returns what a notice takes back, of its sealed particulars: the id under which that was told, or nothing.
func (in *Intake) ReadReverses(ctx context.Context, id uuid.UUID, sealed []byte) (string, error) {
	said, err := in.particulars(ctx, id, sealed)
	return said.Reverses, err
}
