package reports

import (
	"context"
	"fmt"

	"market40/merchants/access/roles"
	"market40/reports/proof"
)

// Prove checks that no hidden count of the day of a question can be narrowed down from what any role
// may ask of that day. Its error is a *proof.ErrUnproved where one can. Proofs of the same facts are
// cached.
func (r *Reports) Prove(ctx context.Context, q Question) error {
	day, err := r.day(ctx, q.AsOf)
	if err != nil {
		return err
	}
	facts, err := proof.ReadFacts(ctx, r.db, day, q.Campaign)
	if err != nil {
		return fmt.Errorf("read the facts of a proof as of %s: %w", q.AsOf, err)
	}
	if r.proofs.Has(facts, r.now()) {
		return nil
	}
	everything := roles.Principal{Role: roles.ProvinceOfficer, ScopeKind: roles.ScopeAll}
	c, err := r.count(ctx, everything, order{day: day, campaign: q.Campaign})
	if err != nil {
		return fmt.Errorf("count to prove %s: %w", q.AsOf, err)
	}
	dimensions, err := r.partitions(ctx, c.markets)
	if err != nil {
		return err
	}
	if err := proof.CheckDay(ctx, &c.Day, c.markets, dimensions); err != nil {
		return err
	}
	r.proofs.Add(facts, r.now())
	return nil
}
