package merchants

import (
	"context"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/platform/web"
	"market40/merchants/scope"
)

// listReaders returns who read a merchant's data at a stall, offices and programs, during its own
// tenancies. Admins and auditors get this for every tenancy of the stall.
func (ss *Stalls) listReaders(ctx context.Context, in *struct {
	web.Named
	web.Page
},
) (*web.Body[web.List[trail.Reader]], error) {
	who, id, err := scope.RequireStall(ctx, ss.db, in.ID, roles.ReadReaders)
	if err != nil {
		return nil, err
	}
	after, err := in.Mark()
	if err != nil {
		return nil, err
	}
	readers, err := trail.NewTrail(ss.db, nil, ss.now).Readers(ctx, trail.ReadersOf{
		Stall: id, Merchant: who.MerchantID, Before: after.ID, BeforeOf: trail.Reading(after.Text),
		Limit: in.Size() + 1,
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
