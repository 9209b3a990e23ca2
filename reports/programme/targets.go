package programme

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/payments/money"
	"market40/reports/indicators"
	"market40/reports/scope"
)

// Target is the value that an indicator should have on a day.
type Target struct {
	ID        uuid.UUID       `json:"id"`
	Indicator string          `json:"indicator" example:"I05"`
	Locality  *scope.Locality `json:"locality" doc:"null: every locality of the campaign"`
	Value     string          `json:"value" doc:"as the indicator's value: 0.6000 is 60 %" example:"0.6000"`
	DueOn     string          `json:"due_on" format:"date"`
}

// TargetOrder is a target to be set.
type TargetOrder struct {
	Indicator string `json:"indicator" maxLength:"3" doc:"I01 to I24, except I10, which is not a single value"`
	Locality  string `json:"locality,omitempty" maxLength:"36" doc:"id or code; absent: every locality"`
	Value     string `json:"value" maxLength:"20" doc:"at most 4 decimals; a share is at most 1" example:"0.6000"`
	DueOn     string `json:"due_on"`
}

var valueForm = regexp.MustCompile(`^[0-9]{1,13}(\.[0-9]{1,4})?$`)

func (o *TargetOrder) check(c *Campaign) (value decimal.Decimal, due time.Time, err error) {
	row, known := indicators.Find(o.Indicator)
	if !known || !row.Unit.SingleValue() {
		return value, due, noTarget()
	}
	if !valueForm.MatchString(o.Value) {
		return value, due, problem.Of("value", "value_form",
			"Giá trị là số không âm, tối đa 4 chữ số thập phân, viết với dấu chấm.",
			"A value is a number of at least 0 with at most 4 decimals.")
	}
	if _, err := money.Parse(o.Value); row.Unit == indicators.Dong && err != nil {
		return value, due, problem.InFields(problem.AmountForm("value"))
	}
	value = decimal.RequireFromString(o.Value)
	if row.Unit.AtMostOne() && value.GreaterThan(decimal.NewFromInt(1)) {
		return value, due, problem.Of("value", "share_above_one", "Tỷ lệ lớn nhất là 1.0000 (100 %).",
			"A share is at most 1.0000 (100 %).")
	}
	if due, err = parseDay("due_on", o.DueOn); err != nil {
		return value, due, err
	}
	if due.Before(c.Starts) {
		return value, due, problem.Of("due_on", "before_campaign", "Hạn của chỉ tiêu phải từ ngày bắt đầu chiến dịch.",
			"A target cannot be due before the campaign begins.")
	}
	if c.Over(due) {
		return value, due, c.over()
	}
	return value, due, nil
}

// noTarget returns the refusal of an indicator that cannot have a target.
func noTarget() error {
	first, last := indicators.Rows[0].Code, indicators.Rows[len(indicators.Rows)-1].Code
	var without []string
	for _, row := range indicators.Rows {
		if !row.Unit.SingleValue() {
			without = append(without, row.Code)
		}
	}
	but := strings.Join(without, ", ")
	return problem.Of(
		"indicator",
		"unknown_value",
		"Chỉ tiêu đặt cho một chỉ số từ "+first+" đến "+last+", trừ "+but+".",
		"A target needs an indicator from "+first+" to "+
			last+", except "+but+".",
	)
}

// SetTarget sets a target. There is at most one for an indicator, locality and day (409).
func (p *Programme) SetTarget(ctx context.Context, who roles.Principal, c *Campaign, o TargetOrder) (*Target, error) {
	value, due, err := o.check(c)
	if err != nil {
		return nil, err
	}
	t := &Target{
		ID: uuid.Must(uuid.NewV7()), Indicator: o.Indicator, Value: value.StringFixed(4),
		DueOn: due.Format(time.DateOnly),
	}
	var unit *uuid.UUID
	if o.Locality != "" {
		found, err := p.Unit(ctx, who, c, o.Locality)
		if err != nil {
			return nil, err
		}
		t.Locality, unit = &found, &found.ID
	}
	_, err = p.db.Pool.Exec(ctx, `INSERT INTO targets (id, campaign_id, indicator, locality_id, value, due_on, set_by,
		set_at) VALUES ($1, $2, $3, $4, $5::text::numeric, $6, $7, $8)`,
		t.ID, c.ID, t.Indicator, unit, t.Value, due, who.ActorID, p.now())
	if database.ViolatedConstraint(err) == "target_once" {
		return nil, problem.New(problem.Conflict, "target_stands", "Đã có chỉ tiêu cho chỉ số, địa phương và hạn này.",
			"A target for this indicator, locality and day already exists.")
	}
	if err != nil {
		return nil, fmt.Errorf("set a target of %s in campaign %s: %w", t.Indicator, c.Code, err)
	}
	return t, nil
}

// DropTarget deletes a target.
func (p *Programme) DropTarget(ctx context.Context, c *Campaign, id uuid.UUID) error {
	tag, err := p.db.Pool.Exec(ctx, `DELETE FROM targets WHERE campaign_id = $1 AND id = $2`, c.ID, id)
	if err != nil {
		return fmt.Errorf("drop target %s: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return problem.Missing("target")
	}
	return nil
}

// Targets returns a page of the campaign's targets in the order in which they were set: targets for
// every locality, and for the localities that the caller acts for.
func (p *Programme) Targets(ctx context.Context, who roles.Principal, c *Campaign,
	page web.Page,
) (*web.List[Target], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, _ := p.db.Pool.Query(ctx, `SELECT t.id, t.indicator, t.value::text, t.due_on, v.locality_id, v.level, v.code,
		v.name
		FROM targets t LEFT JOIN campaign_units($1, $4) AS v ON v.locality_id = t.locality_id
		WHERE t.campaign_id = $1 AND (t.locality_id IS NULL OR sees_unit($2, $3, $1, t.locality_id, $4)) AND t.id > $5
		ORDER BY t.id LIMIT $6`,
		c.ID, who.ScopeKind, who.ScopeID, p.today(), after.ID, page.Size()+1)
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Target, err error) {
		var due time.Time
		var unit *uuid.UUID
		var level, code, name *string
		err = row.Scan(&t.ID, &t.Indicator, &t.Value, &due, &unit, &level, &code, &name)
		t.DueOn = due.Format(time.DateOnly)
		if unit != nil {
			t.Locality = &scope.Locality{ID: *unit, Level: *level, Code: *code, Name: *name}
		}
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("targets of campaign %s: %w", c.Code, err)
	}
	items, next := web.Cut(found, page, func(t Target) web.Mark { return web.Mark{ID: t.ID} })
	return &web.List[Target]{Items: items, Next: next}, nil
}
