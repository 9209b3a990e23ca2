package merchants

import (
	"time"

	"market40/merchants/codes"

	"github.com/google/uuid"
)

// Stall is a stall with its present tenant, as the caller may see it.
type Stall struct {
	ID         uuid.UUID   `json:"id"`
	MarketID   uuid.UUID   `json:"market_id"`
	Number     string      `json:"number"`
	Kind       string      `json:"kind" enum:"stall,kiosk,counter,shop,lot,mobile"`
	Zone       string      `json:"zone"`
	GoodsGroup string      `json:"goods_group"`
	State      string      `json:"state" enum:"vacant,operating,suspended,closed"`
	Merchant   *Merchant   `json:"merchant" doc:"null: vacant, or hidden from your role"`
	Accounts   []Account   `json:"accounts"`
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
	BankName      string    `json:"bank_name"`
	AccountNumber string    `json:"account_number" doc:"by role: complete, or ••••1234"`
	HolderName    string    `json:"holder_name"`
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
