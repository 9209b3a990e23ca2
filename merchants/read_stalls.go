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
	"market40/merchants/codes"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/seal"
	"market40/merchants/scope"
	"market40/merchants/tenancies"
	"market40/migrations/database"
)

//go:embed stalls.sql
var stallsSQL string

//go:embed accounts.sql
var accountsSQL string

// Stall is a stall with its present tenant, as the caller may see it.
type Stall struct {
	ID         uuid.UUID   `json:"id"`
	MarketID   uuid.UUID   `json:"market_id"`
	Number     string      `json:"number" doc:"unique in its market"`
	Kind       string      `json:"kind" enum:"stall,kiosk,counter,shop,lot,mobile"`
	Zone       string      `json:"zone" doc:"row or zone of the market"`
	GoodsGroup string      `json:"goods_group" doc:"what it sells"`
	State      string      `json:"state" enum:"vacant,operating,suspended,closed" doc:"vacant: it has no tenant"`
	Merchant   *Merchant   `json:"merchant" doc:"null: vacant, or hidden from your role"`
	Accounts   []Account   `json:"accounts" doc:"where its money goes; the first one's code is printed"`
	Code       *codes.Code `json:"code" doc:"the code of the first account; null: not joined"`
	Feed       Feed        `json:"feed"`
	Tenancy    *Tenancy    `json:"tenancy"`
	CreatedAt  time.Time   `json:"created_at"`
}

// Tenancy is the time in which a merchant has a stall.
type Tenancy struct {
	ID    uuid.UUID  `json:"id"`
	Since *time.Time `json:"since" doc:"null: from before our records"`
}

// Merchant is the tenant of a stall, as the caller may see it.
type Merchant struct {
	ID            uuid.UUID `json:"id"`
	FullName      string    `json:"full_name"`
	HouseholdName string    `json:"household_name"`
	Phone         string    `json:"phone" doc:"by role: complete, or the last three digits"`
}

// Account is a beneficiary account as the caller may see it.
type Account struct {
	ID            uuid.UUID `json:"id"`
	Kind          string    `json:"kind" enum:"bank,ewallet"`
	BankBIN       string    `json:"bank_bin" doc:"empty for a wallet"`
	BankName      string    `json:"bank_name" doc:"for people"`
	AccountNumber string    `json:"account_number" doc:"by role: complete, or ••••1234"`
	HolderName    string    `json:"holder_name" doc:"as the payer's app shows it"`
	HolderKind    string    `json:"holder_kind" enum:"ca_nhan,ho_kinh_doanh,to_chuc"`
	Feed          Feed      `json:"feed" doc:"whether this account's notices reach us: a stall may have one account with notices and one without"`

	NameCheckedAt  *time.Time `json:"name_checked_at" doc:"when the holder's name was found to be the merchant's or its household's; null: not yet"`
	NameCheckedHow string     `json:"name_checked_how" doc:"bank_lookup, paper or test_transfer; empty: not yet, or not recorded"`
}

// Feed reports whether a bank's notices of an account, or of any of a stall's, reach us.
type Feed struct {
	State        string     `json:"state" enum:"live,stale,none" doc:"live: a notice came within 7 days; none: no open connection covers the accounts. For officers and the team only live and none, so that they cannot count payments"`
	LastNoticeAt *time.Time `json:"last_notice_at" doc:"null also for officers and the team"`
}

// feedAlive is how long after its last notice a feed counts as live (reports/README.md, "Coverage").
const feedAlive = 7 * 24 * time.Hour

// recordReading records that the caller is about to see whole numbers of these stalls' merchants.
func recordReading(ctx context.Context, who roles.Principal, stalls ...Stall) error {
	var tenancyIDs []uuid.UUID
	for _, s := range stalls {
		if s.Merchant != nil && s.Tenancy != nil && scope.SightOf(who, s.Merchant.ID) == scope.Whole {
			tenancyIDs = append(tenancyIDs, s.Tenancy.ID)
		}
	}
	return trail.RecordReading(ctx, trail.ReadingContact, tenancyIDs)
}

// ReadStalls reads stalls with their present tenants, in the order of ids, as the caller may see
// them. The caller must have checked that the ids are in scope.
func (ss *Stalls) ReadStalls(
	ctx context.Context,
	q database.Querier,
	who roles.Principal,
	ids []uuid.UUID,
) ([]Stall, error) {
	rows, err := q.Query(ctx, stallsSQL, ids)
	if err != nil {
		return nil, fmt.Errorf("read stalls: %w", err)
	}
	var tenancyIDs []uuid.UUID
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
		sees := scope.SightOf(who, *merchant)
		if sees == scope.Hidden {
			return s, nil
		}
		m.ID, m.Phone = *merchant, seal.Mask(last3)
		if sees == scope.Whole && phone != nil {
			plain, err := ss.keys.Open(ctx, tenancies.PhonePlace(m.ID), phone)
			if err != nil {
				return s, err
			}
			m.Phone = string(plain)
		}
		s.Merchant, s.Tenancy = &m, &Tenancy{ID: *tenancy, Since: since}
		tenancyIDs = append(tenancyIDs, *tenancy)
		return s, nil
	})
	if err != nil {
		return nil, fmt.Errorf("read stalls: %w", err)
	}
	of := make(map[uuid.UUID]*Stall, len(tenancyIDs))
	for i := range stalls {
		if stalls[i].Tenancy != nil {
			of[stalls[i].Tenancy.ID] = &stalls[i]
		}
	}
	return stalls, ss.readAccounts(ctx, q, who, tenancyIDs, of)
}

// readAccounts adds accounts, codes and feeds to the stalls of open tenancies, each tenancy's first
// account first.
func (ss *Stalls) readAccounts(ctx context.Context, q database.Querier, who roles.Principal, tenancyIDs []uuid.UUID,
	of map[uuid.UUID]*Stall,
) error {
	if len(tenancyIDs) == 0 {
		return nil
	}
	rows, err := q.Query(ctx, accountsSQL, tenancyIDs, bizday.DayOf(ss.now()))
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
			a.addTo(feed, ss.now())
			if !who.Role.May(roles.ReadFeeds) {
				feed.blur()
			}
		}
		if err := ss.show(ctx, s, a, scope.SightOf(who, s.Merchant.ID)); err != nil {
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

// show adds an account to a stall. The first account with a code gives the stall its code.
func (ss *Stalls) show(ctx context.Context, s *Stall, a accountRow, sees scope.Sight) error {
	a.AccountNumber = seal.Mask(a.last4)
	if sees == scope.Whole {
		number, err := ss.keys.Open(ctx, tenancies.AccountPlace(a.ID), a.sealed)
		if err != nil {
			return err
		}
		a.AccountNumber = string(number)
	}
	s.Accounts = append(s.Accounts, a.Account)
	if s.Code != nil || a.code == nil {
		return nil
	}
	s.Code = &codes.Code{
		Code:      *a.code,
		State:     codes.Current,
		AccountID: a.ID,
		IssuedAt:  *a.issuedAt,
		URL:       codes.PageURL(*a.code),
	}
	if sees != scope.Whole {
		return nil
	}
	var err error
	s.Code.Payload, err = codes.BuildPayload(*a.code, codes.Payee{
		Kind: a.Kind, BIN: a.BankBIN, Number: a.AccountNumber, Holder: a.HolderName, MemoPrefix: a.memoPrefix,
		Place: a.place,
	}, 0)
	return err
}

// blur reduces a feed to whether notices reach us.
func (f *Feed) blur() {
	f.LastNoticeAt = nil
	if f.State == "stale" {
		f.State = "live"
	}
}

// addTo adds what is known of an account's notices to a feed, its own or the stall's. A stall's
// feed is as good as its best account's.
func (a *accountRow) addTo(f *Feed, now time.Time) {
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
