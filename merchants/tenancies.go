package merchants

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
)

// tenancyOrder is a change of tenant.
type tenancyOrder struct {
	Since    string         `json:"since,omitempty" doc:"day or RFC 3339 time, not in the future; absent: now"`
	Merchant *MerchantOrder `json:"merchant"`
	Account  *AccountOrder  `json:"account,omitempty" doc:"absent: the new tenant has not joined"`
}

// standing is a stall as it stands while a change holds its lock.
type standing struct {
	id, market        uuid.UUID
	state             string
	tenancy, merchant uuid.UUID  // of the open tenancy; Nil: vacant
	began             *time.Time // of the open tenancy; nil: before our records
	ended             *time.Time // the end of the last tenancy, when none is open
	last              uuid.UUID  // the open tenancy, else the last one; Nil: never let
}

// lockStall reads a stall and keeps every other change of it waiting.
func lockStall(ctx context.Context, tx pgx.Tx, id uuid.UUID) (standing, error) {
	s := standing{id: id}
	err := tx.QueryRow(ctx, `SELECT market_id FROM stalls WHERE id = $1 FOR UPDATE`, id).Scan(&s.market)
	if err != nil {
		return s, fmt.Errorf("lock stall: %w", err)
	}
	if err = tx.QueryRow(ctx, `SELECT state FROM stall_states WHERE stall_id = $1 AND upper_inf(valid)`, id).Scan(
		&s.state); err != nil {
		return s, fmt.Errorf("state of stall: %w", err)
	}
	var merchant uuid.UUID
	err = tx.QueryRow(ctx, `SELECT id, merchant_id, lower(valid), upper(valid) FROM tenancies
		WHERE stall_id = $1 ORDER BY upper(valid) DESC NULLS FIRST LIMIT 1`, id).Scan(&s.last, &merchant, &s.began,
		&s.ended)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("tenancy of stall: %w", err)
	}
	if s.ended == nil {
		s.tenancy, s.merchant = s.last, merchant
	}
	return s, nil
}

// open is the refusal when nobody has the stall.
func (s standing) open() error {
	switch {
	case s.state == stateClosed:
		return stateRefusal(s.state)
	case s.tenancy == uuid.Nil:
		return problem.New(problem.Conflict, "stall_vacant", "Sạp đang trống.", "The stall is vacant.")
	}
	return nil
}

// changeTenant ends the open tenancy at the order's time, revokes its codes and opens the new
// tenant's. What a program orders waits as a change for a second person, unless nobody has the
// stall and nobody received there lately; the change's id is returned then. Refused: a closed
// stall, the same merchant again (409), a time in the future or at or before the last tenancy's
// begin, or before its end (422), and what RegisterStalls refuses in a merchant or an account.
func (r *Registry) changeTenant(ctx context.Context, who roles.Principal, stall uuid.UUID,
	o tenancyOrder,
) (waiting uuid.UUID, err error) {
	var b *batch
	err = r.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		waiting = uuid.Nil
		at, err := lockStall(ctx, tx, stall)
		if err != nil {
			return err
		}
		b = r.newBatch(at.market)
		e, err := b.nextTenant(ctx, tx, at, o)
		if err != nil {
			return err
		}
		from, err := r.formerReceiver(ctx, tx, stall)
		if err != nil {
			return err
		}
		if who.IsProgram() && (from != nil || at.tenancy != uuid.Nil) {
			e.claims = e.account != nil
			c, contact := at.proposed(newTenant, from)
			waiting = c.id
			return r.enterChange(ctx, tx, who, c, proposal{entry: e, order: o, contactOf: contact})
		}
		if from != nil {
			if err := refuseStaleProof(who, r.now()); err != nil {
				return err
			}
		}
		if err := r.dropChange(ctx, tx, at); err != nil {
			return err
		}
		if err := r.openTenancy(ctx, tx, at, b, e); err != nil || from == nil {
			return err
		}
		return r.tellAtOnce(ctx, tx, who, newTenant, e, *from)
	})
	r.keepClaims(ctx, b)
	if err = knownClash(err); err != nil {
		return waiting, fmt.Errorf("change tenant of stall %s: %w", stall, err)
	}
	return waiting, nil
}

// changeToProposed makes a proposed change of tenant effective.
func (r *Registry) changeToProposed(ctx context.Context, tx pgx.Tx, at standing, c *change) error {
	b := r.newBatch(at.market)
	e, err := b.nextTenant(ctx, tx, at, *c.tenant)
	if err != nil {
		return err
	}
	if err := r.openTenancy(ctx, tx, at, b, e); err != nil {
		return err
	}
	how := ending{tenancy: &e.tenancy}
	if e.account != nil {
		how.account = &e.accountID
	}
	if err := r.endChange(ctx, tx, c, changeEffective, how); err != nil {
		return err
	}
	c.state, c.tenancy = changeEffective, e.tenancy
	return r.watch(ctx, tx, c)
}

// nextTenant resolves the tenant who has the stall next.
func (b *batch) nextTenant(ctx context.Context, tx pgx.Tx, at standing, o tenancyOrder) (*entry, error) {
	if at.state == stateClosed {
		return nil, stateRefusal(at.state)
	}
	e := b.join(at.id, StallOrder{Since: o.Since, Merchant: o.Merchant, Account: o.Account})
	if e.since == nil {
		e.since = &b.now
	}
	if err := b.resolve(ctx, tx); err != nil {
		return nil, err
	}
	at.checkSince(e)
	if err := b.refusal(asWritten); err != nil {
		return nil, err
	}
	if at.merchant == e.merchant {
		return nil, problem.New(problem.Conflict, "same_merchant", "Tiểu thương này đang thuê sạp.",
			"This merchant has the stall already.")
	}
	return e, nil
}

// openTenancy ends the open tenancy, if there is one, and writes the next one.
func (r *Registry) openTenancy(ctx context.Context, tx pgx.Tx, at standing, b *batch, e *entry) error {
	if err := r.endTenancy(ctx, tx, at, *e.since); err != nil {
		return err
	}
	if err := e.takeVirtual(ctx, tx); err != nil {
		return err
	}
	if err := b.write(ctx, tx); err != nil {
		return err
	}
	return r.enter(ctx, tx, at, stateOperating, "", *e.since)
}

// proposed begins a change that waits at a stall, and returns the merchant who is told of it: who
// received there, else who has it.
func (s standing) proposed(kind string, from *former) (c *change, contact uuid.UUID) {
	c = &change{id: newID(), kind: kind, state: changePending, market: s.market, stall: s.id, tenancy: s.last}
	if from == nil {
		return c, s.merchant
	}
	c.oldAccount = &from.account
	return c, from.merchant
}

// checkSince refuses a tenancy that would begin inside one that stands.
func (s standing) checkSince(e *entry) {
	open := s.tenancy != uuid.Nil
	if (open && s.began != nil && !e.since.After(*s.began)) || (!open && s.ended != nil && e.since.Before(*s.ended)) {
		e.invalid(problem.Field{
			Name: "since", Code: "since_before_tenancy",
			Vi: "Ngày bắt đầu phải sau kỳ thuê trước.", En: "The tenancy begins before or within the one that stands.",
		})
	}
}

// endTenancy ends the open tenancy, if there is one, and revokes its codes: they stay known, so
// that money sent by an old sticker is not lost.
func (r *Registry) endTenancy(ctx context.Context, tx pgx.Tx, s standing, at time.Time) error {
	if s.tenancy == uuid.Nil {
		return nil
	}
	// Ended in the instant it began, a tenancy keeps the smallest time that PostgreSQL can tell.
	_, err := tx.Exec(ctx, `UPDATE tenancies
		SET valid = tstzrange(lower(valid), greatest($2, lower(valid) + interval '1 microsecond')) WHERE id = $1`,
		s.tenancy, at)
	if err != nil {
		return fmt.Errorf("end tenancy %s: %w", s.tenancy, err)
	}
	_, err = tx.Exec(ctx, `UPDATE codes SET state = 'revoked', ended_at = coalesce(ended_at, $2) WHERE tenancy_id = $1
		AND state <> 'revoked'`, s.tenancy, r.now())
	if err != nil {
		return fmt.Errorf("revoke codes of tenancy %s: %w", s.tenancy, err)
	}
	return nil
}

// takeVirtual frees a virtual account or terminal id that an ended tenancy still names.
func (e *entry) takeVirtual(ctx context.Context, tx pgx.Tx) error {
	if e.account == nil || e.account.virtual == nil {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE tenancy_accounts ta SET virtual_index = NULL FROM tenancies t
		WHERE t.id = ta.tenancy_id AND NOT upper_inf(t.valid) AND ta.virtual_index = $1`, e.account.virtual)
	if err != nil {
		return fmt.Errorf("free virtual account: %w", err)
	}
	return nil
}

// addedAccount is what became of a further account: its id, or that of the change that waits.
type addedAccount struct{ account, waiting uuid.UUID }

// addAccount gives the stall's tenant a further account with its own code. The first one where
// nobody received lately is joining. Each other one is told to who received, shown on the stall's
// page and an alert of the board; a program's waits for a second person.
func (r *Registry) addAccount(ctx context.Context, who roles.Principal, stall uuid.UUID,
	o AccountOrder,
) (added addedAccount, err error) {
	var b *batch
	err = r.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		added = addedAccount{}
		at, err := lockStall(ctx, tx, stall)
		if err != nil {
			return err
		}
		if err := at.open(); err != nil {
			return err
		}
		b = r.newBatch(at.market)
		e := b.further(at, o)
		if err := b.resolve(ctx, tx); err != nil {
			return err
		}
		if err := b.refusal(func(_ int, field string) string {
			return strings.TrimPrefix(field,
				"account.")
		}); err != nil {
			return err
		}
		if err := refuseStanding(ctx, tx, at.tenancy, e.accountID); err != nil {
			return err
		}
		from, err := r.formerReceiver(ctx, tx, stall)
		if err != nil {
			return err
		}
		if who.IsProgram() && from != nil {
			e.claims = true
			c, contact := at.proposed(addition, from)
			added.waiting = c.id
			return r.enterChange(ctx, tx, who, c, proposal{entry: e, order: e.account.AccountOrder, contactOf: contact})
		}
		added.account = e.accountID
		if err := b.receive(ctx, tx, e); err != nil || from == nil {
			return err
		}
		if err := refuseStaleProof(who, r.now()); err != nil {
			return err
		}
		if from.merchant != at.merchant { // joins late at a stall where another received
			return r.tellAtOnce(ctx, tx, who, newTenant, e, *from)
		}
		return r.tellAtOnce(ctx, tx, who, addition, e, *from)
	})
	r.keepClaims(ctx, b)
	if err = knownClash(err); err != nil {
		return added, fmt.Errorf("add account to stall %s: %w", stall, err)
	}
	return added, nil
}

// addProposed makes a proposed addition effective.
func (r *Registry) addProposed(ctx context.Context, tx pgx.Tx, at standing, c *change) error {
	if err := at.open(); err != nil {
		return err
	}
	b := r.newBatch(at.market)
	e, err := b.wanted(ctx, tx, at, *c.account)
	if err != nil {
		return err
	}
	if err := refuseStanding(ctx, tx, at.tenancy, e.accountID); err != nil {
		return err
	}
	if err := b.receive(ctx, tx, e); err != nil {
		return err
	}
	if err := r.endChange(ctx, tx, c, changeEffective, ending{account: &e.accountID}); err != nil {
		return err
	}
	c.state = changeEffective
	return r.watch(ctx, tx, c)
}

// receive writes a further account with its code.
func (b *batch) receive(ctx context.Context, tx pgx.Tx, e *entry) error {
	if err := b.receiveAgain(ctx, tx, e); err != nil {
		return err
	}
	return b.write(ctx, tx)
}
