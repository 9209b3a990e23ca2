package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"market40/payments/banks"
	"market40/payments/money"
)

// campaignCode is the order of 28 May 2024 that each locality has one market for the model.
const campaignCode = "CHO40-2024"

var (
	campaignColumns = []string{
		"id", "code", "name", "legal_ref", "basis", "starts_on", "due_day", "created_by",
		"created_at",
	}
	pilotColumns = []string{
		"id", "campaign_id", "locality_id", "market_id", "exempt_reason", "valid",
		"designated_by", "designated_at",
	}
	milestoneColumns = []string{
		"id", "campaign_id", "market_id", "milestone", "reached_on", "note", "recorded_by",
		"recorded_at",
	}
	targetColumns = []string{"id", "campaign_id", "indicator", "locality_id", "value", "due_on", "set_by", "set_at"}
	costColumns   = []string{
		"id", "campaign_id", "market_id", "spent_on", "purpose", "amount", "note", "actor_id",
		"recorded_at",
	}
)

// campaignTargets are the target shares of active merchants by the end of each quarter.
var campaignTargets = []struct{ due, value string }{
	{"2025-06-30", "0.3000"},
	{"2025-09-30", "0.3000"},
	{"2025-12-31", "0.3500"},
	{"2026-03-31", "0.4000"},
	{"2026-06-30", "0.4500"},
	{"2026-09-30", "0.5000"},
	{"2026-12-31", "0.6000"},
}

// programme writes the campaign with its pilots, milestones, targets and costs, unless it exists.
// It is the last step of the demo.
func (d *inventedProvince) programme(ctx context.Context) error {
	needed, err := Needed(ctx, d.Program)
	if err != nil || !needed {
		return err
	}
	if err := d.stray(ctx); err != nil {
		return err
	}
	if err := d.solve(ctx); err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, d.DB.Pool, func(tx pgx.Tx) error {
		districts, err := findDistricts(ctx, tx)
		if err != nil {
			return err
		}
		var t tableRows
		start := parseDay("2024-05-28")
		for _, l := range d.lives {
			l.redraw(drawingProgramme)
		}
		m := d.lives[0]
		campaign := m.newID(start)
		t.add("campaigns", campaignColumns, campaign, campaignCode, "Chợ 4.0, mỗi địa phương một chợ",
			"Chỉ đạo ngày 28/05/2024 của Ban Chỉ đạo chuyển đổi số tỉnh Khánh Hòa (dữ liệu minh họa)", "districts_2024",
			start, 5, d.province, start.Add(9*time.Hour))
		island := districts["576"]
		t.add("pilots", pilotColumns, m.newID(start), campaign, island, nil, "huyện đảo không có chợ", daysFrom(start),
			d.province, start.Add(9*time.Hour))
		for _, target := range campaignTargets {
			t.add("targets", targetColumns, m.newID(start), campaign, "I05", nil, target.value, parseDay(target.due),
				d.province, parseDay("2025-04-15").Add(9*time.Hour))
		}
		for i, l := range d.lives {
			chosen := start.AddDate(0, 1, 3+11*i)
			t.add("pilots", pilotColumns, l.newID(chosen), campaign, districts[l.district], l.id, "", daysFrom(chosen),
				d.province, chosen.Add(10*time.Hour))
			l.addMilestones(&t, campaign)
			l.addCosts(&t, campaign)
		}
		// The small ones were given time.
		t.add("targets", targetColumns, m.newID(start), campaign, "I05", districts["573"], "0.2500",
			parseDay("2026-12-31"), d.province, parseDay("2026-01-12").Add(9*time.Hour))
		return t.copyInto(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("write the demo's campaign: %w", err)
	}
	return nil
}

// findDistricts returns the districts on the day of the campaign's basis, by code.
func findDistricts(ctx context.Context, tx pgx.Tx) (map[string]uuid.UUID, error) {
	rows, _ := tx.Query(ctx, `SELECT code, locality_id FROM locality_versions WHERE level = 'district'
		AND valid @> '2024-05-28'::date`)
	found := map[string]uuid.UUID{}
	var code string
	var id uuid.UUID
	_, err := pgx.ForEachRow(rows, []any{&code, &id}, func() error {
		found[code] = id
		return nil
	})
	return found, err
}

func daysFrom(day time.Time) pgtype.Range[pgtype.Date] {
	return pgtype.Range[pgtype.Date]{
		Lower: pgtype.Date{Time: day, Valid: true}, LowerType: pgtype.Inclusive,
		UpperType: pgtype.Unbounded, Valid: true,
	}
}

// addMilestones adds the milestones of a market. It was equipped before it was launched. The habit
// is reached where half of the merchants are paid without cash.
func (m *marketHistory) addMilestones(t *tableRows, campaign uuid.UUID) {
	launched := parseDay(m.launched)
	reached := func(milestone, note string, day time.Time) {
		if day.Before(m.until) {
			t.add("milestones", milestoneColumns, m.newID(day), campaign, m.id, milestone, day, note, m.province,
				day.Add(15*time.Hour))
		}
	}
	reached("equipped", "", launched.AddDate(0, 0, -20))
	reached("launched", "", launched)
	for day := launched; day.Before(m.until); day = day.AddDate(0, 0, 1) {
		if _, used := m.at(day); used >= 0.5 {
			reached("habitual", "một nửa tiểu thương có thanh toán trong 30 ngày", day)
			return
		}
	}
}

// addCosts: equipment and printing when a pilot begins, then trainings and support.
func (m *marketHistory) addCosts(t *tableRows, campaign uuid.UUID) {
	launched := parseDay(m.launched)
	spend := func(purpose string, thousands int, day time.Time) {
		if day.Before(m.until) {
			at := day.Add(16 * time.Hour)
			t.add("programme_costs", costColumns, m.newID(at), campaign, m.id, day, purpose, thousands*1000, "",
				m.board, at)
		}
	}
	spend("equipment", 6000+m.stalls*45, launched.AddDate(0, 0, -25))
	spend("printing", 500+m.stalls*18, launched.AddDate(0, 0, -12))
	spend("communication", 3000+m.stalls*6, launched)
	for i, month := range m.startedMonths() {
		if month.Before(launched) {
			continue
		}
		spend("support", 1200+m.stalls*4, month.AddDate(0, 0, 24))
		if i%2 == 0 {
			spend("training", 1500+m.draw.IntN(1500), month.AddDate(0, 0, 20))
		}
		if i%6 == 5 {
			spend("printing", 200+m.stalls*3, month.AddDate(0, 0, 12))
		}
	}
}

// stray sends notices that match no single stall, by the way of every notice: each opens a case.
func (d *inventedProvince) stray(ctx context.Context) error {
	m := d.lives[0]
	var notices []banks.Notice
	add := func(account *account, memo string, dong int64) {
		n := len(notices) + 1
		notices = append(notices, banks.Notice{
			ExternalID: fmt.Sprintf("demo-stray-%d", n), BankBIN: account.bin, Account: account.number,
			Direction: banks.In, Amount: money.FromDong(dong),
			Currency: money.Currency, Memo: memo, Reference: fmt.Sprintf("FT98%09d", n), StrongReference: true,
			OccurredAt: d.today.Add(-time.Duration(6+n) * time.Hour), Precision: banks.Second,
		})
	}
	var joined []*tenancy
	for _, n := range m.tenancies {
		if len(n.codes) == 1 && n.ends.IsZero() {
			joined = append(joined, n)
		}
	}
	if len(joined) < 5 {
		return nil
	}
	one, two := joined[1], joined[2]
	add(one.codes[0].account, two.codes[0].code, 65_000)                            // a sticker of another stall
	add(one.codes[0].account, one.codes[0].code+" "+two.codes[0].code, 120_000)     // two codes
	add(&account{bin: "970436", number: "990000000000"}, "tien hang", 240_000)      // an unknown account
	add(joined[3].codes[0].account, joined[3].codes[0].code, money.TransferLimit+1) // more than a transfer may be
	return d.Intake.Receive(ctx, d.connection, notices)
}
