// Package programme stores what the province ordered: campaigns, the pilot market of each locality,
// the milestones of pilots, and the targets. Figures are counted in other packages; this one has
// the targets for them.
package programme

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/migrations/database"
	"market40/reports/scope"
)

// Programme manages campaigns, pilots and targets. It is safe for concurrent use.
type Programme struct {
	db  *database.DB
	now func() time.Time
}

// New returns a Programme that stores them in db. now is the clock.
func New(db *database.DB, now func() time.Time) *Programme { return &Programme{db: db, now: now} }

// today returns the date in Asia/Ho_Chi_Minh, as 00:00 UTC: a date, not a moment.
func (p *Programme) today() time.Time {
	return bizday.DateOf(p.now())
}

// Unit returns a unit that a campaign requires, by its id or by its code. Codes are reused over
// time, so a code is looked up in the campaign's basis. A unit that the caller does not act for is
// not found (404).
func (p *Programme) Unit(ctx context.Context, who roles.Principal, c *Campaign,
	locality string,
) (scope.Locality, error) {
	found, err := p.pilot(ctx, who, c, locality)
	return found.Locality, err
}

// firstYear and lastYear are the range of valid years in a programme.
const firstYear, lastYear = 2000, 2100

// parseDay parses the date in a field.
func parseDay(field, text string) (time.Time, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return at, problem.Of(field, "date_form", "Ngày có dạng 2026-11-22.", "Expected a day such as 2026-11-22.")
	}
	if at.Year() < firstYear || at.Year() > lastYear {
		return at, problem.Of(field, "date_range", "Ngày nằm trong khoảng 2000 đến 2100.",
			"The day must be between 2000 and 2100.")
	}
	return at, nil
}

// dayText returns a date as JSON text; nil stays nil.
func dayText(day *time.Time) *string {
	if day == nil {
		return nil
	}
	s := day.Format(time.DateOnly)
	return &s
}

// requireText returns a text without surrounding space, or refuses an empty one.
func requireText(field, given string) (string, error) {
	given = strings.TrimSpace(given)
	if given == "" {
		return "", problem.Of(field, "required", "Thiếu trường này.", "This field is required.")
	}
	return given, nil
}

// lockCampaign lets one change of a campaign's pilots run at a time, without blocking rows that refer to
// the campaign.
func lockCampaign(ctx context.Context, tx pgx.Tx, c *Campaign) error {
	if _, err := tx.Exec(ctx, `SELECT FROM campaigns WHERE id = $1 FOR NO KEY UPDATE`, c.ID); err != nil {
		return fmt.Errorf("lock campaign %s: %w", c.Code, err)
	}
	return nil
}
