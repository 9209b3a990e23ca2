package merchants

import (
	"context"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/platform/web"
)

// listReaders tells a merchant who read its data at a stall: offices and programs, in the time of
// its own tenancies. Admins and auditors see the same of every tenancy of the stall.
func (r *Registry) listReaders(ctx context.Context, in *struct {
	web.Named
	web.Page
},
) (*web.Body[web.List[trail.Reader]], error) {
	who, id, err := r.stallFor(ctx, in.ID, roles.ReadReaders)
	if err != nil {
		return nil, err
	}
	after, err := in.Mark()
	if err != nil {
		return nil, err
	}
	readers, err := trail.NewTrail(r.db, nil, r.now).Readers(ctx, trail.ReadersOf{
		Stall: id, Merchant: who.MerchantID, Before: after.ID, BeforeOf: trail.Reading(after.Text), Limit: in.Size() +
			1,
	})
	if err != nil {
		return nil, err
	}
	items, next := web.Cut(readers, in.Page, func(x trail.Reader) web.Mark {
		return web.Mark{
			ID:   x.ID,
			Text: string(x.What),
		}
	})
	return web.Answer(web.List[trail.Reader]{Items: items, Next: next}, nil)
}
