// Package notices defines how a notice is stored: its states and reasons, which fields are sealed, and
// the digest and the key that identify a repeat.
package notices

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"market40/merchants/platform/seal"
	"market40/payments/banks"
)

// Sealer seals and digests the contents of notices and deliveries.
type Sealer struct{ keys *seal.Keys }

// NewSealer returns a sealer with the keys of the month.
func NewSealer(keys *seal.Keys) *Sealer { return &Sealer{keys} }

// SealBody seals the raw body of a delivery.
func (s *Sealer) SealBody(ctx context.Context, id uuid.UUID, raw []byte) ([]byte, error) {
	return s.keys.Seal(ctx, bodyPlace(id), raw)
}

// OpenBody opens the raw body of a delivery.
func (s *Sealer) OpenBody(ctx context.Context, id uuid.UUID, sealed []byte) ([]byte, error) {
	return s.keys.Open(ctx, bodyPlace(id), sealed)
}

func bodyPlace(id uuid.UUID) seal.Place {
	return seal.Place{Table: "deliveries", Column: "body", ID: id}
}

// particulars are the sealed fields of a notice.
type particulars struct {
	BankBIN  string `json:"bank_bin,omitempty"`
	Account  string `json:"account"`
	Virtual  string `json:"virtual_account,omitempty"`
	Memo     string `json:"memo"`
	OrderRef string `json:"order_ref,omitempty"`
	Reverses string `json:"reverses,omitempty"`
	Ignore   string `json:"ignore,omitempty"`
}

// fill sets the sealed fields of a notice that was read from its row.
func (s *particulars) fill(n *banks.Notice) {
	n.BankBIN, n.Account, n.VirtualAccount, n.Memo = s.BankBIN, s.Account, s.Virtual, s.Memo
	n.OrderRef, n.Reverses, n.Ignore = s.OrderRef, s.Reverses, banks.Ignore(s.Ignore)
	_, n.StrongReference = banks.NormalReference(n.Reference)
}

func particularsPlace(id uuid.UUID) seal.Place {
	return seal.Place{Table: "notices", Column: "particulars", ID: id}
}

// Seal seals the fields of a notice that identify people: accounts, and the payer's words.
func (s *Sealer) Seal(ctx context.Context, id uuid.UUID, n banks.Notice) ([]byte, error) {
	plain, err := json.Marshal(particulars{
		n.BankBIN, n.Account, n.VirtualAccount, n.Memo, n.OrderRef, n.Reverses,
		string(n.Ignore),
	})
	if err != nil {
		return nil, fmt.Errorf("write particulars: %w", err)
	}
	return s.keys.Seal(ctx, particularsPlace(id), plain)
}

// Open sets the sealed fields of a notice that was read from its row. They are empty after a merchant
// was erased.
func (s *Sealer) Open(ctx context.Context, id uuid.UUID, sealed []byte, n *banks.Notice) error {
	var opened particulars
	if len(sealed) > 0 {
		plain, err := s.keys.Open(ctx, particularsPlace(id), sealed)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(plain, &opened); err != nil {
			return err
		}
	}
	opened.fill(n)
	return nil
}
