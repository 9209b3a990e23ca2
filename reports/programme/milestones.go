package programme

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/encodings"
	"market40/merchants/platform/problem"
)

// Reached is a milestone to be recorded.
type Reached struct {
	ReachedOn string `json:"reached_on" example:"2026-10-15"`
	Note      string `json:"note,omitempty" maxLength:"500"`
}

// milestones are in the order in which a pilot reaches them. The first milestone, the choice
// itself, follows from the designation.
var milestones = []string{"equipped", "launched", "habitual"}

// inOrder refuses a day before an earlier milestone or after a later one. Dates as text sort like
// days.
func (m *Milestones) inOrder(milestone, on string) error {
	place := slices.Index(milestones, milestone)
	for i, reached := range []*string{m.Equipped, m.Launched, m.Habitual} {
		if reached != nil && (i < place && *reached > on || i > place && *reached < on) {
			return problem.Of("reached_on", "milestone_order",
				"Các mốc theo thứ tự: đã trang bị, đã ra mắt, thành nếp.",
				"Milestones come in order: equipped, launched, habitual.")
		}
	}
	return nil
}

// Reach records when a locality's present pilot reached a milestone, or corrects the day.
func (p *Programme) Reach(ctx context.Context, who roles.Principal, c *Campaign, locality, milestone string,
	in Reached,
) (Pilot, error) {
	now, err := p.pilot(ctx, who, c, locality)
	if err != nil {
		return now, err
	}
	if !slices.Contains(milestones, milestone) {
		return now, problem.InFields(problem.UnknownValue("milestone", milestone, milestones...))
	}
	if now.Market == nil {
		return now, problem.New(problem.Conflict, "no_pilot", "Địa phương này chưa có chợ thí điểm.",
			"This locality has no pilot market.")
	}
	if err := encodings.CheckText("note", in.Note); err != nil {
		return now, err
	}
	on, err := parseDay("reached_on", in.ReachedOn)
	switch {
	case err != nil:
		return now, err
	case on.After(p.today()):
		return now, problem.Of("reached_on", "date_in_future", "Ngày đạt mốc muộn nhất là hôm nay.",
			"The date of a milestone cannot be after today.")
	case on.Before(c.Starts):
		return now, c.refuseEarlyDate("reached_on")
	case c.Over(on):
		return now, c.over()
	}
	if err := now.Milestones.inOrder(milestone, *dayText(&on)); err != nil {
		return now, err
	}
	_, err = p.db.Pool.Exec(ctx, `INSERT INTO milestones (id, campaign_id, market_id, milestone, reached_on, note,
		recorded_by, recorded_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (campaign_id, market_id, milestone)
		DO UPDATE SET reached_on = excluded.reached_on, note = excluded.note, recorded_by = excluded.recorded_by,
		recorded_at = excluded.recorded_at`,
		uuid.Must(uuid.NewV7()), c.ID, now.Market.ID, milestone, on, strings.TrimSpace(in.Note), who.ActorID, p.now())
	if err != nil {
		return now, fmt.Errorf("record %s of %s in campaign %s: %w", milestone, now.Market.Code, c.Code, err)
	}
	return p.pilot(ctx, who, c, now.Locality.ID.String())
}

// Unreach removes a milestone of a locality's present pilot. It returns 404 if the milestone is not
// recorded.
func (p *Programme) Unreach(ctx context.Context, who roles.Principal, c *Campaign, locality, milestone string) error {
	now, err := p.pilot(ctx, who, c, locality)
	if err != nil {
		return err
	}
	if now.Market == nil {
		return problem.Missing("milestone")
	}
	tag, err := p.db.Pool.Exec(ctx, `DELETE FROM milestones WHERE campaign_id = $1 AND market_id = $2
		AND milestone = $3`, c.ID, now.Market.ID, milestone)
	if err != nil {
		return fmt.Errorf("take back %s of %s in campaign %s: %w", milestone, now.Market.Code, c.Code, err)
	}
	if tag.RowsAffected() == 0 {
		return problem.Missing("milestone")
	}
	return nil
}
