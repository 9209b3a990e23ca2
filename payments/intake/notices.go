package intake

import (
	"context"
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/seal"
	"market40/merchants/vietqr"
	"market40/payments/banks"
	"market40/payments/connections"
	"market40/payments/duplicates"
	"market40/payments/notices"
	"market40/payments/voids"
)

// delivery is one request of a bank or wallet, verified and parsed.
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
	id     uuid.UUID // of the case: the same for the same item, so that a repeat opens no second one
	detail string
}

// entry is a notice while it is posted.
type entry struct {
	id         uuid.UUID
	firstID    uuid.UUID // the notice that has the same key; Nil: this one is new
	delivery   *delivery
	connection *connections.Sender
	notice     banks.Notice
	codes      []string

	accountIndex, virtualIndex, virtualNumber []byte
	repeatIndex                               []byte
	transferIndex                             []byte // nil: not a credit
	digest, plainDigest                       []byte // plain: as earlier programs made it
	part                                      []byte // of the notice's key, beside connection and external id
	particulars                               []byte // sealed

	bankTime        *time.Time // the bank's own date where it was too far ahead; nil: notice.OccurredAt
	retried         bool       // it is stored as pending already
	original        *voids.Payment
	decision        decision
	paidTwice       bool      // another payment of the same purchase exists
	sameTransfer    bool      // of a conflict: the first notice reported this transfer
	voided          bool      // a void of it was received before
	alreadyReversed bool      // a void: it or another void has reversed the payment already
	intended        *decision // where the money of a transfer reported twice would go; nil: reported once

	gathering *uuid.UUID // of an unknown account: the id under which its notices share one case; nil: none
}

// storedID returns the id under which the notice is stored. A repeat has the id of the first notice,
// so that both get the same answer.
func (e *entry) storedID() uuid.UUID {
	if e.firstID != uuid.Nil {
		return e.firstID
	}
	return e.id
}

// reset forgets the results of an earlier attempt to post the entry.
func (e *entry) reset() {
	e.decision, e.original, e.intended, e.gathering = decision{}, nil, nil, nil
	e.firstID, e.paidTwice, e.voided, e.alreadyReversed = uuid.Nil, false, false, false
}

// code returns the only code in the memo, or "".
func (e *entry) code() string {
	if len(e.codes) == 1 {
		return e.codes[0]
	}
	return ""
}

// entries prepares notices for posting.
type entries struct {
	keys        *seal.Keys
	sealer      *notices.Sealer
	connections *connections.Connections
	now         func() time.Time
}

// receivedNotice is a notice with its id and its time of receipt.
type receivedNotice struct {
	banks.Notice
	id uuid.UUID
	at time.Time
}

// prepare computes what the posting needs of a notice, outside of any transaction.
func (es *entries) prepare(ctx context.Context, c *connections.Sender, r receivedNotice) (*entry, error) {
	n := r.Notice
	e := &entry{id: r.id, connection: c, notice: n, codes: notices.FindCodes(n.Memo)}
	e.accountIndex = es.keys.Index("account", vietqr.NormalAccount(n.Account))
	if n.VirtualAccount != "" {
		number := vietqr.NormalAccount(n.VirtualAccount)
		e.virtualIndex, e.virtualNumber = es.keys.Index("virtual", number), es.keys.Index("account", number)
	}
	if purchase := duplicates.PurchaseText(n.Memo, e.codes); purchase != "" {
		e.repeatIndex = es.keys.Index("repeat", n.Account+"\n"+n.Amount.String()+"\n"+purchase)
	}
	if text := duplicates.TransferText(c.Provider, n); text != "" {
		e.transferIndex = es.keys.Index("transfer", text)
	}
	e.digest, e.plainDigest = es.sealer.Digest(n), es.sealer.PlainDigest(n)
	e.part = es.sealer.KeyPart(n, e.plainDigest)
	e.dateByReceipt(r.at)
	var err error
	e.particulars, err = es.sealer.Seal(ctx, r.id, n)
	return e, err
}

// ReadReverses returns the external id of the notice that a notice reverses, from its sealed
// particulars; "": none.
func (in *Intake) ReadReverses(ctx context.Context, id uuid.UUID, sealed []byte) (string, error) {
	var n banks.Notice
	err := in.sealer.Open(ctx, id, sealed, &n)
	return n.Reverses, err
}
