package merchants

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/platform/seal"
)

//go:embed stalls.sql
var stallsSQL string

//go:embed accounts.sql
var accountsSQL string

// sight is how much of a merchant's data a caller sees.
type sight int

const (
	hidden sight = iota // to a merchant and its staff: someone else's tenancy
	masked              // phone and account by their last digits, no payload
	whole
)

// sightOf returns what a caller sees of one merchant's data (merchants/access/roles/README.md,
// "Roles in words").
func sightOf(who roles.Principal, merchant uuid.UUID) sight {
	switch {
	case (who.Role == roles.Merchant || who.Role == roles.Staff) && (who.MerchantID == nil ||
		*who.MerchantID != merchant):
		return hidden
	case who.Role.May(roles.ReadAccounts):
		return whole
	}
	return masked
}

// seen records that the caller is about to see these stalls' merchants with whole numbers.
func seen(ctx context.Context, who roles.Principal, stalls ...Stall) error {
	var tenancies []uuid.UUID
	for _, s := range stalls {
		if s.Merchant != nil && s.Tenancy != nil && sightOf(who, s.Merchant.ID) == whole {
			tenancies = append(tenancies, s.Tenancy.ID)
		}
	}
	return trail.Seen(ctx, trail.ReadingContact, tenancies)
}

// readStalls reads stalls with their present tenants, in the order of ids, as the caller may see
// them. Which ids lie in the caller's scope was asked before.
func (r *Registry) readStalls(ctx context.Context, q querier, who roles.Principal, ids []uuid.UUID) ([]Stall, error) {
	rows, err := q.Query(ctx, stallsSQL, ids)
	if err != nil {
		return nil, fmt.Errorf("read stalls: %w", err)
	}
	var tenancies []uuid.UUID
	stalls, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Stall, err error) {
		var tenancy, merchant *uuid.UUID
		var since *time.Time
		var m Merchant
		var phone []byte
		var last3 string
		s.Accounts, s.Feed.State = []Account{}, "none"
		if err = row.Scan(&s.ID, &s.MarketID, &s.Number, &s.Kind, &s.Zone, &s.GoodsGroup, &s.State, &s.CreatedAt,
			&tenancy, &since, &merchant, &m.FullName, &m.HouseholdName, &phone, &last3); err != nil || tenancy == nil {
			return s, err
		}
		sees := sightOf(who, *merchant)
		if sees == hidden {
			return s, nil
		}
		m.ID, m.Phone = *merchant, seal.Mask(last3)
		if sees == whole && phone != nil {
			plain, err := r.keys.Open(ctx, phonePlace(m.ID), phone)
			if err != nil {
				return s, err
			}
			m.Phone = string(plain)
		}
		s.Merchant, s.Tenancy = &m, &Tenancy{ID: *tenancy, Since: since}
		tenancies = append(tenancies, *tenancy)
		return s, nil
	})
	if err != nil {
		return nil, fmt.Errorf("read stalls: %w", err)
	}
	of := make(map[uuid.UUID]*Stall, len(tenancies))
	for i := range stalls {
		if stalls[i].Tenancy != nil {
			of[stalls[i].Tenancy.ID] = &stalls[i]
		}
	}
	return stalls, r.readAccounts(ctx, q, who, tenancies, of)
}

// readAccounts puts accounts, codes and feeds into the stalls of open tenancies, each tenancy's
// first account first.
func (r *Registry) readAccounts(ctx context.Context, q querier, who roles.Principal, tenancies []uuid.UUID,
	of map[uuid.UUID]*Stall,
) error {
	if len(tenancies) == 0 {
		return nil
	}
	rows, err := q.Query(ctx, accountsSQL, tenancies, r.today())
	if err != nil {
		return fmt.Errorf("read accounts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		a, err := scanAccount(rows)
		if err != nil {
			return fmt.Errorf("read accounts: %w", err)
		}
		s := of[a.tenancy]
		a.Feed.State = "none"
		for _, feed := range []*Feed{&a.Feed, &s.Feed} {
			a.tells(feed, r.now())
			if !who.Role.May(roles.ReadFeeds) {
				feed.blur()
			}
		}
		if err := r.show(ctx, s, a, sightOf(who, s.Merchant.ID)); err != nil {
			return err
		}
		if who.Role == roles.Team {
			s.Accounts = []Account{}
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read accounts: %w", err)
	}
	return nil
}

// accountRow is one account of one tenancy, with its current code and what its feed says.
type accountRow struct {
	Account
	tenancy           uuid.UUID
	sealed            []byte
	last4             string
	memoPrefix, place string
	code              *string
	issuedAt, lastAt  *time.Time
	covered           bool
}

func scanAccount(row pgx.CollectableRow) (a accountRow, err error) {
	err = row.Scan(&a.tenancy, &a.ID, &a.Kind, &a.BankBIN, &a.BankName, &a.memoPrefix, &a.sealed, &a.last4,
		&a.HolderName, &a.HolderKind,
		&a.NameCheckedAt, &a.NameCheckedHow, &a.place, &a.code, &a.issuedAt, &a.lastAt, &a.covered)
	return a, err
}

// show adds an account, and as the stall's code that of its first account that has one.
func (r *Registry) show(ctx context.Context, s *Stall, a accountRow, sees sight) error {
	a.AccountNumber = seal.Mask(a.last4)
	if sees == whole {
		number, err := r.keys.Open(ctx, accountPlace(a.ID), a.sealed)
		if err != nil {
			return err
		}
		a.AccountNumber = string(number)
	}
	s.Accounts = append(s.Accounts, a.Account)
	if s.Code != nil || a.code == nil {
		return nil
	}
	s.Code = &Code{Code: *a.code, State: codeCurrent, AccountID: a.ID, IssuedAt: *a.issuedAt, URL: codeURL(*a.code)}
	if sees != whole {
		return nil
	}
	var err error
	s.Code.Payload, err = payload(*a.code, payee{
		Kind: a.Kind, BIN: a.BankBIN, Number: a.AccountNumber, Holder: a.HolderName, MemoPrefix: a.memoPrefix,
		Place: a.place,
	}, 0)
	return err
}

// blur leaves of a feed whether anything is heard.
func (f *Feed) blur() {
	f.LastNoticeAt = nil
	if f.State == "stale" {
		f.State = "live"
	}
}

// tells puts what is known of an account's notices into a feed, its own or the stall's: the best of
// the accounts counts.
func (a *accountRow) tells(f *Feed, now time.Time) {
	if !a.covered {
		return
	}
	if a.lastAt != nil && (f.LastNoticeAt == nil || a.lastAt.After(*f.LastNoticeAt)) {
		f.LastNoticeAt = a.lastAt
	}
	f.State = "stale"
	if f.LastNoticeAt != nil && now.Sub(*f.LastNoticeAt) <= feedAlive {
		f.State = "live"
	}
}
