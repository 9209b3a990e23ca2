package merchants

import (
	"context"

	"market40/merchants/auth"
	"market40/merchants/edge"
)

// listReaders tells a merchant who read its data at a stall: offices and programs, in the time of its own tenancies.
// Admins and auditors see the same of every tenancy of the stall.
func (r *Registry) listReaders(ctx context.Context, in *struct {
	edge.Named
	edge.Page
},
) (*body[edge.List[auth.Reader]], error) {
	who, id, err := r.stallFor(ctx, in.ID, auth.ReadReaders)
	if err != nil {
		return nil, err
	}
	after, err := in.Mark()
	if err != nil {
		return nil, err
	}
	readers, err := auth.NewTrail(r.db, nil, r.now).Readers(ctx, auth.ReadersOf{
		Stall: id, Merchant: who.MerchantID, Before: after.ID, BeforeOf: auth.Reading(after.Text), Limit: in.Size() + 1,
	})
	if err != nil {
		return nil, err
	}
	items, next := edge.Cut(readers, in.Page, func(x auth.Reader) edge.Mark { return edge.Mark{ID: x.ID, Text: string(x.What)} })
	return &body[edge.List[auth.Reader]]{edge.List[auth.Reader]{Items: items, Next: next}}, nil
}
