package reports_test

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The oracle counts I01–I20 a second time, with plain loops over facts in memory. It is written
// from the definitions (README.md, indicators/i*.md), not from the queries beside them. These types
// are the facts.
type (
	// span is half-open; a zero limit is open.
	span struct{ from, to time.Time }

	factWorld struct {
		markets     []*factMarket
		merchants   []uuid.UUID
		accounts    []*factAccount
		connections []*factConnection
		pilots      []factPilot
		campaign    factCampaign
		launched    map[*factMarket]time.Time
	}
	factMarket struct {
		id        uuid.UUID
		code      string
		places    []factPlace
		stalls    []*factStall
		trainings []factTraining
		fees      []factFee
		plans     []*factPlan
		incidents []factIncident
	}
	// factPlace is a unit by its level and code, the district above it, and the days on which the
	// market was in the unit.
	factPlace struct {
		level, code, district string
		on                    string // a day on which the unit bore the code
		valid                 span
	}
	factStall struct {
		id        uuid.UUID
		market    *factMarket
		kind      string
		zone      string
		goods     string
		states    []factState
		tenancies []*factTenancy
		codes     []*factCode
		checks    []factCheck // in order of time
	}
	factState struct {
		state string
		valid span
	}
	factTenancy struct {
		id            uuid.UUID
		stall         *factStall
		merchant      uuid.UUID
		valid         span
		approved      time.Time // zero: not yet approved
		accounts      []factReceiving
		payments      []factPayment
		confirmations []time.Time
		visits        []factVisit
		declared      []factDeclared
	}
	factAccount struct {
		id       uuid.UUID
		merchant uuid.UUID
		bank     string // empty: a wallet
		checked  time.Time
		how      string
	}
	factReceiving struct {
		account         *factAccount
		since, replaced time.Time
	}
	factPayment struct {
		at       time.Time
		amount   int64
		reversed bool
	}
	factVisit struct {
		at      time.Time
		outcome string
	}
	factDeclared struct {
		on                   time.Time
		customers, transfers int
	}
	factCode struct {
		code     string
		kind     string
		tenancy  *factTenancy
		account  *factAccount
		in       span
		replaced bool // superseded rather than revoked
	}
	factCheck struct {
		code    *factCode // nil: a foreign code
		verdict string
		at      time.Time
		by      string // the role of the person who scanned
	}
	factConnection struct {
		id       uuid.UUID
		provider string
		owner    string
		ownerID  uuid.UUID
		created  time.Time
		names    []factName
		days     map[time.Time]bool
	}
	factName struct {
		account *factAccount
		bank    string // empty: any bank
	}
	factTraining struct {
		id        uuid.UUID
		held      time.Time
		merchants []uuid.UUID
	}
	factFee struct {
		month                time.Time
		version              int
		due, paid, transfers int64
	}
	factPlan struct {
		id     uuid.UUID
		strata []*factStratum
	}
	factStratum struct {
		name      string
		halfHours int
		slots     []factSlot
	}
	factSlot struct {
		at                         time.Time
		counted, turned            bool
		sales, cashless            int64
		turnover, cashlessTurnover int64
	}
	factIncident struct {
		kind           string
		occurred, done time.Time
	}
	factPilot struct {
		district string
		market   *factMarket // nil: the district is exempt
		valid    span
	}
)

// hoChiMinh is defined here again, because the oracle shares no code with the program that it
// checks.
var hoChiMinh = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

// businessDay returns 00:00 of the business day of a moment.
func businessDay(at time.Time) time.Time {
	y, m, d := at.In(hoChiMinh).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, hoChiMinh)
}

func dayOf(s string) time.Time {
	at, err := time.ParseInLocation(time.DateOnly, s, hoChiMinh)
	if err != nil {
		panic(err)
	}
	return at
}

func (s span) contains(at time.Time) bool {
	return (s.from.IsZero() || !at.Before(s.from)) && (s.to.IsZero() || at.Before(s.to))
}

// daysBefore returns the span from before days ago to a moment.
func daysBefore(moment time.Time, before int) span {
	return span{moment.AddDate(0, 0, -before), moment}
}

// unit returns the code of the unit that a market was in on the day of a basis, or "" if it is
// unknown.
func (m *factMarket) unit(basis string) string {
	on := map[string]time.Time{
		"districts_2024": dayOf("2024-05-28"), "districts_2024_merged": dayOf("2024-05-28"),
		"communes_2025": dayOf("2025-07-01"), "current": dayOf(asOf),
	}[basis]
	held := func(district string) string {
		if basis == "districts_2024" && !slices.Contains(allDistricts, district) {
			return "" // of the other province
		}
		return district
	}
	for _, p := range m.places {
		switch {
		case !p.valid.contains(on):
		case !ofDistricts(basis) && p.level == "commune":
			return p.code
		case ofDistricts(basis) && p.level == "district":
			return held(p.code)
		case ofDistricts(basis):
			return held(p.district)
		}
	}
	return ""
}

// pilot returns what a district chose on a day: a market, or an exemption.
func (w *factWorld) pilot(district string, on time.Time) (market *factMarket, exempt bool) {
	for _, p := range w.pilots {
		if p.district == district && p.valid.contains(on) {
			return p.market, p.market == nil
		}
	}
	return nil, false
}

// ofDistricts reports whether the units of a basis are former districts.
func ofDistricts(basis string) bool { return strings.HasPrefix(basis, "districts_") }

// group returns the markets of a unit of a basis, or of all units if code is empty. With campaign
// set, it returns only the campaign's pilots.
func (w *factWorld) group(among []*factMarket, basis, code string, campaign bool, on time.Time) []*factMarket {
	var group []*factMarket
	for _, m := range among {
		unit := m.unit(basis)
		chosen := !campaign
		for _, p := range w.pilots {
			chosen = chosen || p.market == m && p.valid.contains(on)
		}
		if unit != "" && (code == "" || unit == code) && chosen {
			group = append(group, m)
		}
	}
	return w.summed(group, on)
}

// summed returns a group without markets of one to four merchants that no district chose. It drops
// them only if some district chose a market and other markets remain.
func (w *factWorld) summed(group []*factMarket, on time.Time) []*factMarket {
	var large []*factMarket
	anyChosen := false
	for _, p := range w.pilots {
		anyChosen = anyChosen || p.market != nil && p.market.unit("communes_2025") != "" && p.valid.contains(on)
	}
	for _, m := range group {
		n := len((&oracle{factWorld: w, group: []*factMarket{m}, moment: on}).mop())
		if !anyChosen || n == 0 || n > 4 || w.isPilot(m, on) {
			large = append(large, m)
		}
	}
	if len(large) == 0 {
		return group
	}
	return large
}

func (w *factWorld) isPilot(m *factMarket, on time.Time) bool {
	return slices.ContainsFunc(w.pilots, func(p factPilot) bool { return p.market == m && p.valid.contains(on) })
}
