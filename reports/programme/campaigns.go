package programme

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/encodings"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/migrations/database"
)

// defaultDueDay is the day of the following month on which a report is due if the campaign sets
// none.
const defaultDueDay = 5

// firstBasis is the basis of a campaign that began before the day of any basis.
const firstBasis = "districts_2024"

// Campaign requires that each unit of a basis has one pilot market or is exempt.
type Campaign struct {
	ID       uuid.UUID `json:"id"`
	Code     string    `json:"code" example:"CHO40-2024"`
	Name     string    `json:"name"`
	LegalRef string    `json:"legal_ref" doc:"the official order that it is based on"`
	Basis    string    `json:"basis" doc:"the basis with the required units"`
	StartsOn string    `json:"starts_on" format:"date"`
	EndsOn   *string   `json:"ends_on" format:"date" doc:"the last day; null: no end"`
	DueDay   int       `json:"due_day" doc:"a period's report is due until the end of this day of the next month"`

	Starts time.Time  `json:"-"` // the same days
	Ends   *time.Time `json:"-"`
}

// Over reports whether a day is after the campaign's last.
func (c *Campaign) Over(day time.Time) bool { return c.Ends != nil && day.After(*c.Ends) }

// over returns the refusal of a date after the campaign.
func (c *Campaign) over() error {
	last := bizday.ShowDay(*c.Ends)
	return problem.New(problem.Conflict, "campaign_ended", "Chiến dịch đã kết thúc ngày "+last+".",
		"The campaign ended on "+last+".")
}

// refuseEarlyDate returns the refusal of a date before the campaign's first day.
func (c *Campaign) refuseEarlyDate(field string) error {
	return problem.Of(field, "before_campaign", "Chiến dịch bắt đầu ngày "+bizday.ShowDay(c.Starts)+".",
		"The campaign starts on "+c.Starts.Format(time.DateOnly)+".")
}

// CampaignOrder is a campaign to be made.
type CampaignOrder struct {
	Code     string `json:"code" maxLength:"32" doc:"2 to 32 of A–Z, 0–9, _ and -" example:"CHO40-2024"`
	Name     string `json:"name" maxLength:"200"`
	LegalRef string `json:"legal_ref" maxLength:"300" example:"Công văn 05/UBCĐS ngày 28/05/2024"`
	StartsOn string `json:"starts_on" example:"2024-05-28"`
	EndsOn   string `json:"ends_on,omitempty" doc:"the last day; absent: no end"`
	Basis    string `json:"basis,omitempty" doc:"absent: the newest basis with a day that is not after starts_on"`
	DueDay   *int   `json:"due_day,omitempty" minimum:"1" maximum:"28" doc:"absent: 5"`
}

var codeForm = regexp.MustCompile(`^[A-Z0-9][A-Z0-9_-]{1,31}$`)

// check converts an order to a campaign, or refuses it.
func (p *Programme) check(ctx context.Context, o *CampaignOrder) (c *Campaign, err error) {
	c = &Campaign{ID: uuid.Must(uuid.NewV7()), Code: o.Code, DueDay: defaultDueDay}
	if !codeForm.MatchString(c.Code) {
		return nil, problem.Of("code", "code_form", "Mã gồm 2 đến 32 ký tự A–Z, 0–9, _ và -.",
			"A code has 2 to 32 characters of A–Z, 0–9, _ and -.")
	}
	if c.Name, err = requireText("name", o.Name); err != nil {
		return nil, err
	}
	if c.LegalRef, err = requireText("legal_ref", o.LegalRef); err != nil {
		return nil, err
	}
	if err = encodings.Check(map[string]string{"name": o.Name, "legal_ref": o.LegalRef}); err != nil {
		return nil, err
	}
	if c.Starts, err = parseDay("starts_on", o.StartsOn); err != nil {
		return nil, err
	}
	if o.EndsOn != "" {
		ends, err := parseDay("ends_on", o.EndsOn)
		if err != nil {
			return nil, err
		}
		if ends.Before(c.Starts) {
			return nil, problem.Of("ends_on", "ends_before_start", "Ngày kết thúc phải từ ngày bắt đầu trở đi.",
				"A campaign cannot end before its first day.")
		}
		c.Ends = &ends
	}
	if o.DueDay != nil {
		c.DueDay = *o.DueDay
	}
	c.Basis, err = p.basis(ctx, o.Basis, c.Starts)
	return c, err
}

// basis returns the requested basis, or the newest one with units that existed when the campaign
// began.
func (p *Programme) basis(ctx context.Context, asked string, starts time.Time) (string, error) {
	rows, _ := p.db.Pool.Query(ctx, `SELECT code, coalesce(on_date <= $1, false) FROM reporting_bases
		ORDER BY on_date, array_length(provinces, 1) DESC`, starts)
	basis, known := firstBasis, []string{}
	var code string
	var begun bool
	_, err := pgx.ForEachRow(rows, []any{&code, &begun}, func() error {
		if known = append(known, code); begun {
			basis = code
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("read reporting bases: %w", err)
	}
	if asked == "" {
		return basis, nil
	}
	if !slices.Contains(known, asked) {
		return "", problem.InFields(problem.UnknownValue("basis", asked, known...))
	}
	return asked, nil
}

// MakeCampaign creates a campaign. It refuses a code that is already used (409).
func (p *Programme) MakeCampaign(ctx context.Context, who roles.Principal, o CampaignOrder) (*Campaign, error) {
	c, err := p.check(ctx, &o)
	if err != nil {
		return nil, err
	}
	_, err = p.db.Pool.Exec(ctx, `INSERT INTO campaigns (id, code, name, legal_ref, basis, starts_on, ends_on, due_day,
		created_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, c.ID, c.Code, c.Name, c.LegalRef, c.Basis, c.Starts, c.Ends,
		c.DueDay, who.ActorID, p.now())
	if database.ViolatedConstraint(err) == "campaign_code_unique" {
		return nil, problem.New(problem.Conflict, "code_in_use", "Mã chiến dịch này đã có.",
			"A campaign with this code already exists.")
	}
	if err != nil {
		return nil, fmt.Errorf("make campaign %s: %w", c.Code, err)
	}
	return p.Campaign(ctx, c.ID.String())
}

const readCampaigns = `SELECT id, code, name, legal_ref, basis, starts_on, ends_on, due_day FROM campaigns`

func campaignOf(row pgx.CollectableRow) (Campaign, error) {
	var c Campaign
	err := row.Scan(&c.ID, &c.Code, &c.Name, &c.LegalRef, &c.Basis, &c.Starts, &c.Ends, &c.DueDay)
	c.StartsOn, c.EndsOn = c.Starts.Format(time.DateOnly), dayText(c.Ends)
	return c, err
}

// Campaign returns a campaign by its id or its code (404). Every reader of the programme may read
// every campaign.
func (p *Programme) Campaign(ctx context.Context, name string) (*Campaign, error) {
	rows, _ := p.db.Pool.Query(ctx, readCampaigns+` WHERE id::text = $1 OR code = $1`, name)
	c, err := pgx.CollectExactlyOneRow(rows, campaignOf)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, problem.Missing("campaign")
	}
	if err != nil {
		return nil, fmt.Errorf("find campaign: %w", err)
	}
	return &c, nil
}

// StartedCampaigns returns the campaigns that have begun, by code.
func (p *Programme) StartedCampaigns(ctx context.Context) ([]Campaign, error) {
	rows, _ := p.db.Pool.Query(ctx, readCampaigns+` WHERE starts_on <= $1 ORDER BY code COLLATE "C"`, p.today())
	found, err := pgx.CollectRows(rows, campaignOf)
	if err != nil {
		return nil, fmt.Errorf("campaigns that have begun: %w", err)
	}
	return found, nil
}

// campaigns returns a page of all campaigns, by code.
func (p *Programme) campaigns(ctx context.Context, page web.Page) (*web.List[Campaign], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, _ := p.db.Pool.Query(ctx, readCampaigns+` WHERE code COLLATE "C" > $1 ORDER BY code COLLATE "C" LIMIT $2`,
		after.Text, page.Size()+1)
	found, err := pgx.CollectRows(rows, campaignOf)
	if err != nil {
		return nil, fmt.Errorf("list campaigns: %w", err)
	}
	items, next := web.Cut(found, page, func(c Campaign) web.Mark { return web.Mark{Text: c.Code} })
	return &web.List[Campaign]{Items: items, Next: next}, nil
}
