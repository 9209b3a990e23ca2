// Package notices says how a notice is stored: what of it is sealed, and the digest and the key by
// which a repeat is known.
package notices

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"market40/merchants/platform/seal"
	"market40/payments/banks"
)

// Sealer seals and digests what notices and deliveries say.
type Sealer struct{ keys *seal.Keys }

// NewSealer seals under the keys of the month.
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

// Seal seals what of a notice says whose account it names, and what its payer wrote.
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

// Open gives a notice that was read from its row what is sealed of it; of an erased merchant's
// nothing is left.
func (s *Sealer) Open(ctx context.Context, id uuid.UUID, sealed []byte, n *banks.Notice) error {
	var said particulars
	if len(sealed) > 0 {
		plain, err := s.keys.Open(ctx, particularsPlace(id), sealed)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(plain, &said); err != nil {
			return err
		}
	}
	said.fill(n)
	return nil
}
