package reports

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"market40/merchants/platform/bizday"
	"market40/reports/indicators"
)

// The codes of a status.
const (
	statusNoData    = "khong_du_du_lieu"
	statusAttention = "can_chu_y"
	statusNotDue    = "chua_den_han"
	statusReached   = "dat"
	statusBelow     = "chua_dat"
)

// Status is the progress of a pilot market in a campaign. It belongs to the designation, so it is
// the same in every basis.
type Status struct {
	Code     *string `json:"code" enum:"khong_du_du_lieu,can_chu_y,chua_den_han,dat,chua_dat" nullable:"true" doc:"the first that holds: coverage under 30 %; I06 above 30 points or I18 above 40 %; the target is not due and I05 is below it, or no report is due yet; I05 at its target and I24 100 %; otherwise. null: the campaign requires nothing here, or it cannot be told"`
	Reason   string  `json:"reason" doc:"why, in words and numbers, in Vietnamese" example:"I06 37,6 điểm > 30"`
	ReasonEN string  `json:"reason_en" doc:"the same in English" example:"I06 37.6 points > 30"`
}

// UnmarshalJSON reads a status. It also reads the form of reports frozen before December 2026: only
// the code.
func (s *Status) UnmarshalJSON(b []byte) error {
	type plain Status
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, (*plain)(s))
	}
	*s = Status{}
	return json.Unmarshal(b, &s.Code)
}

// Designation is a locality's pilot market in the campaign of a report, with its status.
type Designation struct {
	Locality     Locality `json:"locality" doc:"which chose the market, as it was called on the day of the campaign's basis"`
	Market       Market   `json:"market"`
	Target       *Target  `json:"target" doc:"of I05; null: none is set"`
	Status       Status   `json:"status"`
	StatusReason string   `json:"status_reason,omitempty" enum:"no_merchants,hidden,no_target" doc:"why there is no status"`
}

// leastCoverage is the share of observed merchants below which there is not enough data. The other
// limits of a status are in the rows of indicators.
var leastCoverage = decimal.RequireFromString("0.3")

// designations returns the designations of the campaign that have their pilots in a unit, by
// market.
func (c *counted) designations(u unit) []Designation {
	list := []Designation{}
	for _, m := range u.counted(c.pilotsAsked()) {
		at, chosen := c.programme.localityOf(m.ID)
		if !chosen {
			continue
		}
		d := Designation{Locality: c.programme.required[*at], Market: m, Target: c.programme.target("I05", at, c.day)}
		d.Locality.ID = *at
		g := c.view([]Market{m})
		d.Status, d.StatusReason = judged{
			g.figures(), g.coverage(), d.Target, c.programme.punctual(d.Locality.ID),
			c.day,
		}.status()
		list = append(list, d)
	}
	return list
}

// designatedIn returns the locality with the target of a unit. If exactly one pilot is counted in
// the unit, it is the locality of that pilot; otherwise it is the unit itself. It returns false if
// the campaign requires nothing of it.
func (c *counted) designatedIn(u unit) (*uuid.UUID, bool) {
	if list := u.counted(c.pilotsAsked()); c.programme.campaign != nil && len(list) == 1 {
		return c.programme.localityOf(list[0].ID)
	}
	_, required := c.programme.required[u.locality.ID]
	return &u.locality.ID, required
}

// standing sets the status and target of a row to those of the one designation in its unit. A unit
// without a designation gets the reason. In a unit with several, each has its own status.
func (c *counted) standing(row *Row, u unit) {
	none := func(code, vi, en string) { row.Status, row.StatusReason = Status{nil, vi, en}, code }
	if c.programme.campaign == nil {
		none("no_campaign", "Chọn một chiến dịch để xem tình trạng", "Choose a campaign to see the status")
		return
	}
	// a campaign that requires nothing has no status
	if of := c.programme.campaign; !of.requires(c.day) {
		code, vi, en := of.outside(c.day)
		none(code, vi, en)
		return
	}
	row.Designations = c.designations(u)
	row.Exempt = c.programme.exempt(u)
	_, required := c.programme.required[u.locality.ID]
	switch {
	case len(row.Designations) == 1:
		d := row.Designations[0]
		row.Target, row.Status, row.StatusReason = d.Target, d.Status, d.StatusReason
	case len(row.Designations) > 1:
		vi, en := []string{}, []string{}
		for _, d := range row.Designations {
			vi, en = append(vi, d.Market.Name+": "+d.Status.words()), append(en, d.Market.Name+": "+d.Status.wordsEN())
		}
		none("several", fmt.Sprintf("%d chợ thí điểm: %s", len(vi), strings.Join(vi, "; ")),
			fmt.Sprintf("%d pilot markets: %s", len(en), strings.Join(en, "; ")))
	case row.Exempt != nil:
		none("exempt", "Được miễn: "+*row.Exempt, "Exempt: "+*row.Exempt)
	case !required:
		none("not_required", "Chiến dịch không yêu cầu địa phương này", "The campaign does not require this locality")
	case c.programme.chosen[u.locality.ID].market != nil:
		none("market_elsewhere", "Chợ thí điểm không nằm trong địa phương này",
			"The pilot market does not stand in this locality")
	default:
		none("no_market", "Chưa chọn chợ", "No market chosen")
	}
}

// outside returns the reason why a campaign requires nothing as of a day.
func (c *campaign) outside(day time.Time) (code, vi, en string) {
	if day.Before(c.first) {
		return "not_begun", "Chiến dịch bắt đầu ngày " + bizday.ShowDay(c.first), "The campaign starts on " +
			c.first.Format(time.DateOnly)
	}
	return "campaign_ended", "Chiến dịch đã kết thúc ngày " + bizday.ShowDay(*c.last), "The campaign ended on " +
		c.last.Format(time.DateOnly)
}

// judged is what a status depends on.
type judged struct {
	figures  Figures
	coverage *Share
	target   *Target
	punctual punctuality
	day      time.Time
}

// status returns the first status that applies, or none with the reason. A hidden figure decides
// nothing.
func (j judged) status() (Status, string) {
	is := func(code string, why ...reason) (Status, string) {
		vi, en := []string{}, []string{}
		for _, r := range why {
			vi, en = append(vi, r.vi), append(en, r.en)
		}
		return Status{&code, strings.Join(vi, "; "), strings.Join(en, "; ")}, ""
	}
	active := j.figures["I05"]
	hidden := Status{nil, "Ẩn: số liệu nói về dưới 5 người", "Hidden: the figures tell of fewer than 5 people"}
	switch {
	case active.Denominator.IsZero():
		return Status{nil, "Chưa có tiểu thương", "No merchants yet"}, "no_merchants"
	case j.coverage == nil || j.coverage.Value == nil:
		return hidden, "hidden"
	}
	if observed := decimal.RequireFromString(*j.coverage.Value); observed.LessThan(leastCoverage) {
		return is(statusNoData, reason{"Độ phủ " + percentVI(observed, leastCoverage) + " < 30 %", "Coverage " +
			percentEN(observed, leastCoverage) + " < 30%"})
	}
	if warnings := j.warnings(); len(warnings) > 0 {
		return is(statusAttention, warnings...)
	}
	switch {
	case active.Suppressed: // only the checks below use the value of I05
		return hidden, "hidden"
	case j.target == nil:
		return Status{nil, "Chưa giao chỉ tiêu", "No target is set"}, "no_target"
	}
	reached, _ := active.valueOf()
	wanted := decimal.RequireFromString(j.target.Value)
	onTime := reason{
		fmt.Sprintf("báo cáo đúng hạn %d/%d", j.punctual.OnTime, j.punctual.Due),
		fmt.Sprintf("reports on time %d/%d", j.punctual.OnTime, j.punctual.Due),
	}
	below, late := reached.LessThan(wanted), j.punctual.OnTime < j.punctual.Due
	measured := j.compare(reached, wanted, below)
	switch {
	case below && !j.dueOn().Before(j.day):
		return is(statusNotDue, measured)
	case below && late:
		return is(statusBelow, measured, onTime)
	case below:
		return is(statusBelow, measured)
	case late:
		return is(statusBelow, measured, onTime)
	case j.punctual.Due == 0:
		return is(statusNotDue, measured, reason{"chưa có báo cáo nào đến hạn", "no report is due yet"})
	}
	return is(statusReached, measured, onTime)
}

// warnings returns the visible figures that need attention.
func (j judged) warnings() (found []reason) {
	for _, row := range indicators.Rows {
		if row.WarnAbove == "" {
			continue
		}
		bound := decimal.RequireFromString(row.WarnAbove)
		if v, known := j.figures[row.Code].valueOf(); known && v.GreaterThan(bound) {
			found = append(found, warning(row, v, bound))
		}
	}
	return found
}

// warning returns the reason that a value is above its limit.
func warning(row indicators.Row, value, bound decimal.Decimal) reason {
	limit := bound.Shift(2).String()
	if row.Unit == indicators.Points {
		return reason{
			row.Code + " " + digits(value, bound, ",") + " điểm > " + limit, row.Code + " " +
				digits(value, bound, ".") + " points > " + limit,
		}
	}
	return reason{
		row.Code + " " + percentVI(value, bound) + " > " + limit + " %", row.Code + " " + percentEN(value, bound) +
			" > " + limit + "%",
	}
}

func (j judged) dueOn() time.Time {
	due, _ := time.Parse(time.DateOnly, j.target.DueOn) // cannot fail: the program wrote it
	return due
}

// compare returns I05 beside its target in words.
func (j judged) compare(reached, wanted decimal.Decimal, below bool) reason {
	sign := "≥"
	if below {
		sign = "<"
	}
	return reason{
		fmt.Sprintf("I05 %s %s chỉ tiêu %s (hạn %s)", percentVI(reached, wanted), sign, percentVI(wanted, wanted),
			bizday.ShowDay(j.dueOn())),
		fmt.Sprintf("I05 %s %s target %s (due %s)", percentEN(reached, wanted), sign, percentEN(wanted, wanted),
			j.target.DueOn),
	}
}

// reason is a sentence in both languages.
type reason struct{ vi, en string }

// digits writes a share as a percentage with one decimal. It uses two decimals if one would make
// the share look equal to its limit.
func digits(share, bound decimal.Decimal, point string) string {
	hundred := decimal.NewFromInt(100)
	value, limit := share.Mul(hundred), bound.Mul(hundred)
	places := int32(1)
	if !value.Equal(limit) && value.Round(1).Equal(limit.Round(1)) {
		places = 2
	}
	return strings.Replace(value.StringFixed(places), ".", point, 1)
}

func percentVI(share, bound decimal.Decimal) string { return digits(share, bound, ",") + " %" }

func percentEN(share, bound decimal.Decimal) string { return digits(share, bound, ".") + "%" }

// statusWords are the statuses in words.
var statusWords = map[string]reason{
	statusNoData: {"chưa đủ dữ liệu", "not enough data"}, statusAttention: {"cần chú ý", "needs attention"},
	statusNotDue: {"chưa đến hạn", "not due yet"}, statusReached: {"đạt", "on target"},
	statusBelow: {"chưa đạt", "below target"},
}

// words returns a status with its reason in Vietnamese.
func (s Status) words() string {
	if s.Code == nil {
		return s.Reason
	}
	return statusWords[*s.Code].vi + " (" + s.Reason + ")"
}

// wordsEN returns the same in English.
func (s Status) wordsEN() string {
	if s.Code == nil {
		return s.ReasonEN
	}
	return statusWords[*s.Code].en + " (" + s.ReasonEN + ")"
}
