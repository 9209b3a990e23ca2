package tenancies

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/encodings"
	"market40/merchants/platform/problem"
)

// StallOrder is a stall to register: vacant without a merchant, not joined without an account.
type StallOrder struct {
	Number     string         `json:"number" maxLength:"40" doc:"unique in its market" example:"A12"`
	Kind       string         `json:"kind,omitempty" enum:"stall,kiosk,counter,shop,lot,mobile" doc:"absent: stall"`
	Zone       string         `json:"zone,omitempty" maxLength:"100" doc:"row or zone of the market"`
	GoodsGroup string         `json:"goods_group,omitempty" enum:"hai_san,thit,rau,trai_cay,hoa,do_kho,an_uong,may_mac,tap_hoa,dich_vu,khac" doc:"absent: khac"`
	Since      string         `json:"since,omitempty" doc:"day or RFC 3339 time from which the merchant has the stall; absent: from before our records"`
	Merchant   *MerchantOrder `json:"merchant,omitempty" doc:"absent: vacant"`
	Account    *AccountOrder  `json:"account,omitempty" doc:"absent: it gets no code yet"`
}

// normalize trims the stall's texts, fills in what was left out, and returns what is not valid.
func (o *StallOrder) normalize() []problem.Field {
	faults := encodings.Faults(map[string]string{"number": o.Number, "zone": o.Zone})
	o.Number, o.Zone = encodings.OneLine(o.Number), encodings.OneLine(o.Zone)
	o.Kind, o.GoodsGroup = cmp.Or(o.Kind, "stall"), cmp.Or(o.GoodsGroup, "khac")
	if o.Number == "" {
		faults = append(faults, problem.Required("number"))
	}
	return faults
}

// RegisterStalls registers new stalls with their merchants and accounts, all or none, and returns
// their ids in the order given. It refuses orders that are not valid, field by field.
func (w *Writer) RegisterStalls(ctx context.Context, market uuid.UUID, orders []StallOrder) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	var b *Batch
	err := w.Write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b = w.NewBatch(market)
		for _, o := range orders {
			b.Register(o)
		}
		if err := b.Resolve(ctx, tx); err != nil {
			return err
		}
		if err := b.Refusal(inList(len(orders))); err != nil {
			return err
		}
		ids = b.stalls()
		return b.Write(ctx, tx)
	})
	w.StoreClaims(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("register %d stalls in %s: %w", len(orders), market, err)
	}
	return ids, nil
}

// inList names the fields of n orders by their index, as in stalls[3].number; those of one order
// stay as they are.
func inList(n int) func(int, string) string {
	if n == 1 {
		return asWritten
	}
	return func(place int, field string) string { return fmt.Sprintf("stalls[%d].%s", place, field) }
}

// TenancyOrder is a change of tenant.
type TenancyOrder struct {
	Since    string         `json:"since,omitempty" doc:"day or RFC 3339 time, not in the future; absent: now"`
	Merchant *MerchantOrder `json:"merchant"`
	Account  *AccountOrder  `json:"account,omitempty" doc:"absent: the new tenant has not joined"`
}

// NewName returns the name of a merchant who is not registered yet.
func (o TenancyOrder) NewName() string {
	if o.Merchant == nil {
		return ""
	}
	return o.Merchant.FullName
}
