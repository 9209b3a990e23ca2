package field

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/merchants/roster"
	"market40/reports/field/record"
)

// SurveyOrder is one anonymous answer at a stall. It names no stall, no merchant and no hour.
type SurveyOrder struct {
	AskedOn    string `json:"asked_on" doc:"a day" example:"2026-11-20"`
	Smartphone bool   `json:"smartphone" doc:"has a smartphone"`
	Signal     bool   `json:"signal" doc:"has a mobile signal at the stall"`
	Active     bool   `json:"active" doc:"got a transfer from a shopper in the last 30 days"`
	Sex        string `json:"sex" enum:"female,male,unsaid"`
	Aged60     *bool  `json:"aged_60,omitempty" doc:"60 or older; absent: not said"`
	Minority   *bool  `json:"minority,omitempty" doc:"belongs to an ethnic minority; absent: not said"`
	NonFixed   bool   `json:"non_fixed" doc:"sells without a fixed place"`
}

// SurveyAnswer is an answer as it is listed. It has no id, so it cannot be distinguished from equal
// answers.
type SurveyAnswer struct {
	ID         uuid.UUID `json:"-"` // random: reveals neither time nor order
	MarketID   uuid.UUID `json:"market_id" format:"uuid"`
	AskedOn    string    `json:"asked_on" format:"date"`
	Smartphone bool      `json:"smartphone"`
	Signal     bool      `json:"signal"`
	Active     bool      `json:"active"`
	Sex        string    `json:"sex" enum:"female,male,unsaid"`
	Aged60     *bool     `json:"aged_60"`
	Minority   *bool     `json:"minority"`
	NonFixed   bool      `json:"non_fixed"`
}

func (s SurveyAnswer) Mark() web.Mark { return record.DayMark(s.AskedOn, s.ID) }

var surveys = &record.Kind[SurveyOrder, SurveyAnswer]{
	Name: "survey answer", Path: "/api/v1/markets/{id}/survey-answers",
	Subject: findSurveyMarket, Read: roles.ReadAnswers, Write: roles.RecordFacts, Repeat: true,
	Fields: []roster.Field{
		{Name: "asked_on", Needed: true, Headings: []string{"Ngày", "Ngày hỏi", "Ngày khảo sát", "Date"}},
		{Name: "smartphone", Needed: true, Headings: []string{"Điện thoại thông minh", "Smartphone"}},
		{Name: "signal", Needed: true, Headings: []string{"Sóng", "Sóng di động", "Có sóng", "Signal"}},
		{Name: "active", Needed: true, Headings: []string{
			"Nhận chuyển khoản 30 ngày", "Có nhận chuyển khoản",
			"Nhận chuyển khoản", "Active",
		}},
		{Name: "sex", Headings: []string{"Giới tính", "Giới", "Sex"}},
		{Name: "aged_60", Headings: []string{"Từ 60 tuổi", "60 tuổi trở lên", "Trên 60", "Aged 60"}},
		{Name: "minority", Headings: []string{"Dân tộc thiểu số", "Người dân tộc", "Minority"}},
		{Name: "non_fixed", Headings: []string{"Bán không cố định", "Không cố định", "Hàng rong", "Non fixed"}},
	},
	Row: func(c *roster.Cells) SurveyOrder {
		o := SurveyOrder{
			AskedOn: c.Day("asked_on"), Sex: "unsaid", Aged60: c.YesNo("aged_60"),
			Minority: c.YesNo("minority"),
		}
		if c.Has("sex") {
			o.Sex = c.Word("sex", sexWords)
		}
		if mobile := c.YesNo("non_fixed"); mobile != nil {
			o.NonFixed = *mobile
		}
		o.Smartphone, o.Signal, o.Active = c.Yes("smartphone"), c.Yes("signal"), c.Yes("active")
		return o
	},
	Check: func(here *record.Subject, e *record.Entry[SurveyOrder]) {
		e.ID = uuid.New()
		e.Day("asked_on", e.Order.AskedOn, here.Now)
		e.Word("sex", e.Order.Sex)
	},
	Store: storeAnswers,
	List: `SELECT v.id, v.market_id, to_char(v.asked_on, 'YYYY-MM-DD'), v.smartphone, v.signal, v.active, v.sex,
		v.aged_60, v.minority, v.non_fixed
		FROM survey_answers v WHERE v.market_id = $1` + record.ByDay("v.asked_on"),
}

// findSurveyMarket returns the market of a path. Combined, its answers would identify people that I22
// hides. Of the readers of I22, only the market's own manager, who sees small counts anyway, may
// read them. The team, which asks the questions, may read them too.
func findSurveyMarket(f *record.Facts, ctx context.Context, id string, a roles.Action) (*record.Subject, error) {
	at, err := f.FindMarket(ctx, id, a)
	if err == nil && a == roles.ReadAnswers && at.Who.Role == roles.Manager && at.Who.ScopeKind != roles.ScopeMarket {
		return nil, problem.New(problem.Forbidden, "not_allowed",
			"Chỉ ban quản lý của chợ đó và tổ công nghệ số được đọc phiếu của từng người; số tổng hợp có ở I21, I22.",
			"Only the market's own board and the digital team may read single answers; the totals are in I21 and I22.")
	}
	return at, err
}

// storeAnswers writes answers in the order of their random ids, so that the order of a list is lost
// too.
func storeAnswers(ctx context.Context, tx pgx.Tx, here *record.Subject, entries []*record.Entry[SurveyOrder]) error {
	type row struct {
		SurveyOrder

		ID uuid.UUID `json:"id"`
	}
	rows := make([]row, len(entries))
	for i, e := range entries {
		rows[i] = row{e.Order, e.ID}
	}
	given, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO survey_answers (id, market_id, asked_on, smartphone, signal, active, sex,
		aged_60, minority, non_fixed)
		SELECT g.id, $2, g.asked_on, g.smartphone, g.signal, g.active, g.sex, g.aged_60, g.minority, g.non_fixed
		FROM json_to_recordset($1::json) AS g
		(id uuid, asked_on date, smartphone boolean, signal boolean, active boolean, sex text, aged_60 boolean,
		minority boolean, non_fixed boolean) ORDER BY g.id`,
		given, here.Market)
	return err
}
