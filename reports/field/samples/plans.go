package samples

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
	"market40/reports/field/record"
)

// The limits of a sample plan.
const (
	maxPlanDays = 366
	maxStrata   = 20
	maxDrawn    = 2000 // half-hours of one plan
	maxSeed     = 1<<53 - 1
)

// StratumOrder is a part of the day that is sampled separately.
type StratumOrder struct {
	Stratum string `json:"stratum" doc:"at most 100 characters" example:"sáng sớm"`
	Hours   []int  `json:"hours" minItems:"2" maxItems:"2" doc:"from and to, whole hours of each day; to is not included" example:"[5,9]"`
}

// PlanOrder is a sample plan to be drawn.
type PlanOrder struct {
	From            string         `json:"from" doc:"the first day" example:"2026-11-01"`
	To              string         `json:"to" doc:"the last day, which is included" example:"2026-11-30"`
	Strata          []StratumOrder `json:"strata" doc:"parts of the day that do not overlap"`
	SlotsPerStratum int            `json:"slots_per_stratum" example:"6"`
	Seed            *int64         `json:"seed,omitempty" doc:"the seed of the draw; absent: a random one. The same seed and plan draw the same half-hours"`
}

// Stratum is a part of a plan, with the number of its counted half-hours.
type Stratum struct {
	Stratum string `json:"stratum"`
	Slots   int    `json:"slots" doc:"half-hours in the plan's days"`
	Drawn   int    `json:"drawn"`
	Counted int    `json:"counted"`
}

// Plan is a draw of random half-hours in which a market's sales are counted. Its counts are
// evidence D.
type Plan struct {
	ID         uuid.UUID `json:"id" format:"uuid"`
	MarketID   uuid.UUID `json:"market_id" format:"uuid"`
	From       string    `json:"from" format:"date"`
	To         string    `json:"to" format:"date"`
	Seed       int64     `json:"seed"`
	Strata     []Stratum `json:"strata" nullable:"false"`
	RecordedAt time.Time `json:"recorded_at"`
}

// Drawn is a plan with its half-hours.
type Drawn struct {
	Plan
	Slots []Slot `json:"slots" nullable:"false" doc:"by time"`
}

// Slot is a drawn half-hour of a stratum.
type Slot struct {
	ID               uuid.UUID  `json:"id" format:"uuid"`
	PlanID           uuid.UUID  `json:"plan_id" format:"uuid"`
	MarketID         uuid.UUID  `json:"market_id" format:"uuid"`
	Stratum          string     `json:"stratum"`
	StartsAt         time.Time  `json:"starts_at"`
	EndsAt           time.Time  `json:"ends_at"`
	Sales            *int       `json:"sales" doc:"null: not counted yet, or hidden"`
	CashlessSales    *int       `json:"cashless_sales"`
	Turnover         *string    `json:"turnover" doc:"đồng; null: only sales were counted, or hidden"`
	CashlessTurnover *string    `json:"cashless_turnover"`
	CountedAt        *time.Time `json:"counted_at" doc:"null: not counted yet"`
	Suppressed       bool       `json:"suppressed" doc:"a count is hidden, as I07 or I08 of today is"`
}

func (s Slot) Mark() web.Mark { return web.Mark{At: &s.StartsAt, ID: s.ID} }

const selectSlots = `SELECT id, plan_id, market_id, stratum, starts_at, starts_at + interval '30 minutes', sales,
	cashless_sales, turnover::text, cashless_turnover::text, counted_at, false FROM sample_slots`

// check validates a plan and returns its first day and its number of days. Days are days in
// Vietnam.
func (o *PlanOrder) check(now time.Time) (first time.Time, days int, err error) {
	e := &record.Faults{}
	first, last := record.DayOf(o.From), record.DayOf(o.To)
	for _, side := range []struct {
		name string
		day  time.Time
	}{{"from", first}, {"to", last}} {
		switch {
		case side.day.IsZero():
			e.Fail(side.name, "date_form", "Ngày có dạng 2026-11-20.", "Expected a day such as 2026-11-20.")
		case side.day.Before(record.Earliest) || side.day.After(now.AddDate(1, 0, 0)):
			e.Fail(side.name, "out_of_range", "Ngày phải từ năm 2015 và không quá một năm tới.",
				"The day must be after 2014 and within a year from now.")
		}
	}
	days = int(last.Sub(first).Hours()/24) + 1
	switch {
	case !e.Sound():
	case days < 1:
		e.Fail("to", "days_reversed", "Ngày cuối trước ngày đầu.", "The last day is before the first.")
	case days > maxPlanDays:
		e.Fail("to", "too_many_days", "Nhiều nhất 366 ngày.", "366 days at most.")
	default:
		o.checkStrata(e, days)
	}
	if o.Seed != nil && (*o.Seed < 0 || *o.Seed > maxSeed) {
		e.Fail("seed", "out_of_range", "Số gieo từ 0 đến 2^53 − 1.", "The seed must be between 0 and 2^53 − 1.")
	}
	return first, days, e.Refusal()
}

func (o *PlanOrder) checkStrata(e *record.Faults, days int) {
	if len(o.Strata) < 1 || len(o.Strata) > maxStrata {
		e.Fail("strata", "out_of_range", "Cần từ 1 đến 20 khung giờ.", "Expected 1 to 20 strata.")
	}
	if o.SlotsPerStratum < 1 {
		e.Fail("slots_per_stratum", "no_slots", "Mỗi khung giờ cần ít nhất 1 lượt đếm.",
			"Expected at least 1 half-hour in each stratum.")
	}
	if o.SlotsPerStratum > maxDrawn || o.SlotsPerStratum*len(o.Strata) > maxDrawn {
		e.Fail("slots_per_stratum", "too_many", "Nhiều nhất 2.000 lượt đếm.", "2,000 half-hours at most.")
	}
	names, taken := map[string]bool{}, map[int]string{}
	for i, s := range o.Strata {
		at := fmt.Sprintf("strata.%d.", i)
		name := strings.TrimSpace(s.Stratum)
		switch {
		case name == "" || utf8.RuneCountInString(name) > 100:
			e.Fail(at+"stratum", "text_length", "Tên khung giờ từ 1 đến 100 ký tự.",
				"A stratum's name has 1 to 100 characters.")
		case names[name]:
			e.Fail(at+"stratum", "repeated", "Tên khung giờ bị trùng.", "Two strata have this name.")
		}
		names[name] = true
		if len(s.Hours) != 2 || s.Hours[0] < 0 || s.Hours[1] > 24 || s.Hours[0] >= s.Hours[1] {
			e.Fail(at+"hours", "hours_form", "Giờ có dạng [5,9]: từ 0 đến 24, giờ đầu trước giờ cuối.",
				"Expected hours such as [5,9]: between 0 and 24, the first before the last.")
			continue
		}
		for hour := s.Hours[0]; hour < s.Hours[1]; hour++ {
			if other, found := taken[hour]; found {
				e.Fail(at+"hours", "hours_overlap", fmt.Sprintf("%d giờ đã thuộc khung %q.", hour, other),
					fmt.Sprintf("The hour %d belongs to the stratum %q.", hour, other))
			}
			taken[hour] = name
		}
		if has := (hours{s.Hours[0], s.Hours[1]}).slotsIn(days); o.SlotsPerStratum > has {
			e.Fail(at+"hours", "too_few_slots", fmt.Sprintf("Khung này chỉ có %d nửa giờ trong những ngày đó.", has),
				fmt.Sprintf("The stratum has only %d half-hours in those days.", has))
		}
	}
}

func (f *Samples) postPlan(ctx context.Context, in *struct {
	web.Named
	Body PlanOrder
},
) (*web.Body[*Drawn], error) {
	here, err := f.facts.FindMarket(ctx, in.ID, roles.RecordFacts)
	if err != nil {
		return nil, err
	}
	first, days, err := in.Body.check(here.Now)
	if err != nil {
		return nil, err
	}
	plan := &Drawn{Plan: Plan{
		ID: uuid.Must(uuid.NewV7()), MarketID: here.Market, From: in.Body.From, To: in.Body.To,
		RecordedAt: here.Now,
	}}
	if in.Body.Seed != nil {
		plan.Seed = *in.Body.Seed
	} else {
		var random [8]byte
		_, _ = rand.Read(random[:]) // never fails, according to its documentation
		plan.Seed = int64(binary.BigEndian.Uint64(random[:]) & maxSeed)
	}
	for _, s := range in.Body.Strata {
		name, h := strings.TrimSpace(s.Stratum), hours{s.Hours[0], s.Hours[1]}
		plan.Strata = append(plan.Strata, Stratum{
			Stratum: name, Slots: h.slotsIn(days),
			Drawn: in.Body.SlotsPerStratum,
		})
		for _, starts := range drawHalfHours(plan.Seed, name, first, days, h, in.Body.SlotsPerStratum) {
			plan.Slots = append(plan.Slots, Slot{
				ID: uuid.Must(uuid.NewV7()), PlanID: plan.ID, MarketID: here.Market,
				Stratum: name, StartsAt: starts, EndsAt: starts.Add(slotLength),
			})
		}
	}
	if err := f.storePlan(ctx, here, plan); err != nil {
		return nil, fmt.Errorf("store a sample plan of market %s: %w", here.Market, err)
	}
	return web.Answer(plan, nil)
}

func (f *Samples) storePlan(ctx context.Context, here *record.Subject, plan *Drawn) error {
	strata, err := json.Marshal(plan.Strata)
	if err != nil {
		return err
	}
	slots, err := json.Marshal(plan.Slots)
	if err != nil {
		return err
	}
	return f.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO sample_plans (id, market_id, days, seed, actor_id, recorded_at)
			VALUES ($1, $2, daterange($3::text::date, $4::text::date, '[]'), $5, $6, $7)`,
			plan.ID, plan.MarketID, plan.From, plan.To, plan.Seed, here.Who.ActorID, here.Now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO sample_strata (plan_id, stratum, slots) SELECT $1, stratum, slots
			FROM json_to_recordset($2::json) AS g (stratum text, slots int)`,
			plan.ID, strata); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO sample_slots (id, plan_id, stratum, market_id, starts_at)
			SELECT id, $1, stratum, $2, starts_at
			FROM json_to_recordset($3::json) AS g (id uuid, stratum text, starts_at timestamptz)`, plan.ID,
			plan.MarketID, slots)
		return err
	})
}

func (f *Samples) listPlans(ctx context.Context, in *struct {
	web.Named
	web.Page
},
) (*web.Body[*web.List[Plan]], error) {
	here, err := f.facts.FindMarket(ctx, in.ID, roles.ReadSamples)
	if err != nil {
		return nil, err
	}
	after, err := in.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := f.db.Pool.Query(ctx, `SELECT p.id, p.market_id, to_char(lower(p.days), 'YYYY-MM-DD'),
		to_char(upper(p.days) - 1, 'YYYY-MM-DD'), p.seed,
			(SELECT json_agg(json_build_object('stratum', s.stratum, 'slots', s.slots, 'drawn', c.drawn, 'counted',
			c.counted) ORDER BY s.stratum)
			 FROM sample_strata s CROSS JOIN LATERAL (SELECT count(*) AS drawn, count(sales) AS counted
			 FROM sample_slots WHERE plan_id = p.id AND stratum = s.stratum) c WHERE s.plan_id = p.id),
			p.recorded_at
		FROM sample_plans p WHERE p.market_id = $1 AND ($2::timestamptz IS NULL OR (p.recorded_at, p.id) < ($2,
		$3::uuid)) ORDER BY p.recorded_at DESC, p.id DESC LIMIT $4`,
		here.Market, after.At, after.ID, in.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list sample plans: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Plan])
	if err != nil {
		return nil, fmt.Errorf("list sample plans: %w", err)
	}
	items, next := web.Cut(all, in.Page, func(p Plan) web.Mark { return web.Mark{At: &p.RecordedAt, ID: p.ID} })
	return web.Answer(&web.List[Plan]{Items: items, Next: next}, nil)
}

func (f *Samples) listSlots(ctx context.Context, in *struct {
	web.Named
	record.Days
	web.Page
},
) (*web.Body[*web.List[Slot]], error) {
	here, err := f.facts.FindMarket(ctx, in.ID, roles.ReadSamples)
	if err != nil {
		return nil, err
	}
	part, err := in.Selection()
	if err != nil {
		return nil, err
	}
	after, err := in.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := f.db.Pool.Query(
		ctx,
		selectSlots+` WHERE market_id = $1`+record.ByMoment("starts_at", "id"),
		here.Market,
		part.From,
		part.To,
		after.At,
		after.ID,
		in.Size()+1,
		part.One,
	)
	if err != nil {
		return nil, fmt.Errorf("list sample slots: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Slot])
	if err != nil {
		return nil, fmt.Errorf("list sample slots: %w", err)
	}
	if err := f.hideCounts(ctx, here, all); err != nil {
		return nil, err
	}
	items, next := web.Cut(all, in.Page, Slot.Mark)
	return web.Answer(&web.List[Slot]{Items: items, Next: next}, nil)
}

// hideCounts hides counts that today's report does not publish.
func (f *Samples) hideCounts(ctx context.Context, here *record.Subject, slots []Slot) error {
	hidden, err := f.facts.HiddenSums(ctx, here, f.facts.Today())
	if err != nil {
		return err
	}
	for i := range slots {
		s := &slots[i]
		if s.Sales != nil && hidden.Sales {
			s.Sales, s.CashlessSales, s.Suppressed = nil, nil, true
		}
		if s.Turnover != nil && hidden.Turnover {
			s.Turnover, s.CashlessTurnover, s.Suppressed = nil, nil, true
		}
	}
	return nil
}

// NextSlots returns the half-hours of a market that are to be counted, of 7 days ago to 31 days
// ahead, by time.
func (f *Samples) NextSlots(ctx context.Context, here *record.Subject) ([]Slot, error) {
	rows, _ := f.db.Pool.Query(ctx, selectSlots+` WHERE market_id = $1 AND sales IS NULL
		AND starts_at BETWEEN $2::timestamptz - interval '7 days' AND $2::timestamptz + interval '31 days'
		ORDER BY starts_at, id LIMIT 500`, here.Market, here.Now)
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Slot])
}
