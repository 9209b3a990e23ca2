package campaigns

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"market40/merchants/platform/bizday"
	"market40/reports/figures"
	"market40/reports/indicators"
	"market40/reports/scope"
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
	Code     *string `json:"code" enum:"khong_du_du_lieu,can_chu_y,chua_den_han,dat,chua_dat" nullable:"true" doc:"the first of these, in this order, that is true: coverage under 30 %; I06 above 30 points or I18 above 40 %; the target is not due and I05 is below it, or no report is due yet; I05 at its target and I24 100 %; otherwise. null: the campaign requires nothing here, or the status cannot be decided"`
	Reason   string  `json:"reason" doc:"why, in words and numbers, in Vietnamese" example:"I06 37,6 điểm > 30"`
	ReasonEN string  `json:"reason_en" doc:"the same in English" example:"I06 37.6 points > 30"`
}

// UnmarshalJSON reads a status. Reports frozen before December 2026 have the code alone.
func (s *Status) UnmarshalJSON(b []byte) error {
	type plain Status
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, (*plain)(s))
	}
	*s = Status{}
	return json.Unmarshal(b, &s.Code)
}

// Designation is the pilot market of a locality in the campaign of a report, with its status.
type Designation struct {
	Locality     scope.Locality `json:"locality" doc:"the locality that chose the market, by its name on the day of the campaign's basis"`
	Market       scope.Market   `json:"market"`
	Target       *Target        `json:"target" doc:"the target of I05; null: none is set"`
	Status       Status         `json:"status"`
	StatusReason string         `json:"status_reason,omitempty" enum:"no_merchants,hidden,no_target" doc:"why there is no status"`
}

// designations returns the designations of the selected campaign that are counted in a unit, by
// market.
func (p *Programme) designations(day *figures.Day, u scope.Unit) []Designation {
	list := []Designation{}
	for _, m := range u.Counted(p.Pilots()) {
		locality, chosen := p.LocalityOf(m.ID)
		if !chosen {
			continue
		}
		d := Designation{Locality: p.required[*locality], Market: m, Target: p.Target("I05", locality, day.Date)}
		d.Locality.ID = *locality
		v := day.View(m.ID)
		d.Status, d.StatusReason = statusInput{
			v.Figures(), v.Coverage(), d.Target, p.punctual(d.Locality.ID),
			day.Date,
		}.status()
		list = append(list, d)
	}
	return list
}

// DesignatedIn returns the locality that the targets of a unit are set for: the one that chose the
// pilot counted in it, else the unit itself. It reports false where the campaign requires nothing.
func (p *Programme) DesignatedIn(u scope.Unit) (*uuid.UUID, bool) {
	if list := u.Counted(p.Pilots()); p.selected != nil && len(list) == 1 {
		return p.LocalityOf(list[0].ID)
	}
	_, required := p.required[u.Locality.ID]
	return &u.Locality.ID, required
}

// Standing is what a report says of a unit as a whole: the status and target of the one designation
// in it. Reason says why there is no status; of several designations, each has its own.
type Standing struct {
	Status       Status
	Reason       string
	Designations []Designation
	Target       *Target
	Exempt       *string
}

// StandingOf returns the standing of a unit as of a day.
func (p *Programme) StandingOf(day *figures.Day, u scope.Unit) (s Standing) {
	none := func(code, vi, en string) { s.Status, s.Reason = Status{nil, vi, en}, code }
	if p.selected == nil {
		none("no_campaign", "Chọn một chiến dịch để xem tình trạng", "Choose a campaign to see the status")
		return s
	}
	if c := p.selected; !c.requires(day.Date) {
		code, vi, en := c.outside(day.Date)
		none(code, vi, en)
		return s
	}
	s.Designations = p.designations(day, u)
	s.Exempt = p.exemption(u)
	_, required := p.required[u.Locality.ID]
	switch {
	case len(s.Designations) == 1:
		d := s.Designations[0]
		s.Target, s.Status, s.Reason = d.Target, d.Status, d.StatusReason
	case len(s.Designations) > 1:
		vi, en := []string{}, []string{}
		for _, d := range s.Designations {
			vi = append(vi, d.Market.Name+": "+d.Status.text())
			en = append(en, d.Market.Name+": "+d.Status.textEN())
		}
		none("several", fmt.Sprintf("%d chợ thí điểm: %s", len(vi), strings.Join(vi, "; ")),
			fmt.Sprintf("%d pilot markets: %s", len(en), strings.Join(en, "; ")))
	case s.Exempt != nil:
		none("exempt", "Được miễn: "+*s.Exempt, "Exempt: "+*s.Exempt)
	case !required:
		none("not_required", "Chiến dịch không yêu cầu địa phương này", "The campaign does not require this locality")
	case p.chosen[u.Locality.ID].market != nil:
		none("market_elsewhere", "Chợ thí điểm không nằm trong địa phương này",
			"The pilot market is not in this locality")
	default:
		none("no_market", "Chưa chọn chợ", "No market chosen")
	}
	return s
}

// outside returns why a campaign requires nothing as of a day.
func (c *campaign) outside(day time.Time) (code, vi, en string) {
	if day.Before(c.first) {
		return "not_begun", "Chiến dịch bắt đầu ngày " + bizday.ShowDay(c.first), "The campaign starts on " +
			c.first.Format(time.DateOnly)
	}
	return "campaign_ended", "Chiến dịch đã kết thúc ngày " + bizday.ShowDay(*c.last), "The campaign ended on " +
		c.last.Format(time.DateOnly)
}

// statusInput is what a status is decided from.
type statusInput struct {
	figures  figures.Figures
	coverage *figures.Share
	target   *Target
	punctual punctuality
	day      time.Time
}

// status returns the first status that applies. Where none can be decided it returns the reason. A
// hidden figure decides nothing.
func (j statusInput) status() (Status, string) {
	is := func(code string, why ...reason) (Status, string) {
		vi, en := []string{}, []string{}
		for _, r := range why {
			vi, en = append(vi, r.vi), append(en, r.en)
		}
		return Status{&code, strings.Join(vi, "; "), strings.Join(en, "; ")}, ""
	}
	active := j.figures["I05"]
	hidden := Status{nil, "Ẩn: số liệu nói về dưới 5 người", "Hidden: the figures are about fewer than 5 people"}
	switch {
	case active.Denominator.IsZero():
		return Status{nil, "Chưa có tiểu thương", "No merchants yet"}, "no_merchants"
	case j.coverage == nil || j.coverage.Value == nil:
		return hidden, "hidden"
	}
	if observed := decimal.RequireFromString(*j.coverage.Value); observed.LessThan(figures.MinCoverage) {
		return is(statusNoData, reason{"Độ phủ " + percentVI(observed, figures.MinCoverage) + " < 30 %", "Coverage " +
			percentEN(observed, figures.MinCoverage) + " < 30%"})
	}
	if warnings := j.warnings(); len(warnings) > 0 {
		return is(statusAttention, warnings...)
	}
	switch {
	case active.Suppressed: // after the warnings, which can be shown without it
		return hidden, "hidden"
	case j.target == nil:
		return Status{nil, "Chưa giao chỉ tiêu", "No target is set"}, "no_target"
	}
	reached, _ := active.Number()
	required := decimal.RequireFromString(j.target.Value)
	onTime := reason{
		fmt.Sprintf("báo cáo đúng hạn %d/%d", j.punctual.OnTime, j.punctual.Due),
		fmt.Sprintf("reports on time %d/%d", j.punctual.OnTime, j.punctual.Due),
	}
	below, late := reached.LessThan(required), j.punctual.OnTime < j.punctual.Due
	measured := j.compare(reached, required, below)
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

// warnings returns the shown figures that are above their bounds.
func (j statusInput) warnings() (found []reason) {
	for _, row := range indicators.Rows {
		if row.WarnAbove == "" {
			continue
		}
		bound := decimal.RequireFromString(row.WarnAbove)
		if v, known := j.figures[row.Code].Number(); known && v.GreaterThan(bound) {
			found = append(found, reportWarning(row, v, bound))
		}
	}
	return found
}

// reportWarning returns the sentence that a value is above its bound.
func reportWarning(row indicators.Row, value, bound decimal.Decimal) reason {
	limit := bound.Shift(2).String()
	if row.Unit == indicators.Points {
		return reason{
			row.Code + " " + isDigits(value, bound, ",") + " điểm > " + limit, row.Code + " " +
				isDigits(value, bound, ".") + " points > " + limit,
		}
	}
	return reason{
		row.Code + " " + percentVI(value, bound) + " > " + limit + " %", row.Code + " " + percentEN(value, bound) +
			" > " + limit + "%",
	}
}

func (j statusInput) dueOn() time.Time {
	due, _ := time.Parse(time.DateOnly, j.target.DueOn) // cannot fail: the program wrote it
	return due
}

// compare returns I05 beside its target in words.
func (j statusInput) compare(reached, required decimal.Decimal, below bool) reason {
	sign := "≥"
	if below {
		sign = "<"
	}
	return reason{
		fmt.Sprintf("I05 %s %s chỉ tiêu %s (hạn %s)", percentVI(reached, required), sign, percentVI(required, required),
			bizday.ShowDay(j.dueOn())),
		fmt.Sprintf("I05 %s %s target %s (due %s)", percentEN(reached, required), sign, percentEN(required, required),
			j.target.DueOn),
	}
}

// reason is a sentence in both languages.
type reason struct{ vi, en string }

// isDigits formats a share in hundredths with one decimal. It uses two where one would round it to
// the bound.
func isDigits(share, bound decimal.Decimal, point string) string {
	hundred := decimal.NewFromInt(100)
	value, limit := share.Mul(hundred), bound.Mul(hundred)
	places := int32(1)
	if !value.Equal(limit) && value.Round(1).Equal(limit.Round(1)) {
		places = 2
	}
	return strings.Replace(value.StringFixed(places), ".", point, 1)
}

func percentVI(share, bound decimal.Decimal) string { return isDigits(share, bound, ",") + " %" }

func percentEN(share, bound decimal.Decimal) string { return isDigits(share, bound, ".") + "%" }

// statusWords are the statuses in words.
var statusWords = map[string]reason{
	statusNoData: {"chưa đủ dữ liệu", "not enough data"}, statusAttention: {"cần chú ý", "needs attention"},
	statusNotDue: {"chưa đến hạn", "not due yet"}, statusReached: {"đạt", "on target"},
	statusBelow: {"chưa đạt", "below target"},
}

// text returns a status with its reason in Vietnamese.
func (s Status) text() string {
	if s.Code == nil {
		return s.Reason
	}
	return statusWords[*s.Code].vi + " (" + s.Reason + ")"
}

// textEN returns a status with its reason in English.
func (s Status) textEN() string {
	if s.Code == nil {
		return s.ReasonEN
	}
	return statusWords[*s.Code].en + " (" + s.ReasonEN + ")"
}
