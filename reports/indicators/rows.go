package indicators

import "slices"

// Row is what the program knows of one indicator besides its words. Every list of indicators is
// derived from the rows: what is read, counted, divided and hidden, and which targets are possible.
type Row struct {
	Code    string
	Queries []string // the .sql files from which it is counted, in the order of display
	Unit    Unit

	// Measure counts the merchants of the numerator. If it is empty, package reports has a formula
	// for the code.
	Measure Measure
	Part    Measure // a further measure, published as the part of this name
	FreshBy string  // the query with the newest fact that decides the freshness; only of a measure

	// the denominator does not count the merchants who operate a stall, and is hidden too
	OwnDenominator bool
	WithCoverage   bool // the number of observed merchants is shown beside the measure
	// published for zones, goods groups and kinds of stall too, not only for markets
	Divisible  bool
	ByLocality bool // about localities, not about markets: its queries run separately
	// consists of amounts of money: published for ten merchants or more, without evidence
	Amount bool

	// WarnAbove is the value above which a pilot market needs attention; empty: there is none.
	WarnAbove string

	// never hidden, because anybody can count it in the register, which lists merchants by name
	Register     bool
	SureEvidence bool // its evidence follows from the numerator and is hidden only with it
	// CountsJointly is set if a merchant of several markets may count in all of them together
	// although in none alone, or the other way round.
	CountsJointly bool
	HiddenWith    []Family // the families that hide it; a measure without any has its own
	// the queries that decide whether a measure is hidden; nil: "mop" and Queries
	Needs []string
}

// Measure names a count of merchants, each on the best evidence. A measure with the name of a query
// counts every merchant for whom the query returns a level of evidence. For the others package
// facts has a rule.
type Measure string

// The measures that are used by name.
const (
	Registered Measure = "registered"
	Verified   Measure = "verified"
	Ready      Measure = "ready"
	Active7    Measure = "active in 7 days"
	Active30   Measure = "active in 30 days"
	Strict     Measure = "strict"
	Converted  Measure = "converted"
	Retention  Measure = "retention"
	Dormant    Measure = "dormant"
	Begun      Measure = "begun"   // of the funnel
	Printed    Measure = "printed" // of the funnel
	Covered    Measure = "covered" // shown beside figures of activity
)

// Family names figures that are hidden together. Each measure has a family of its own, and so has
// its evidence.
type Family string

// The families of figures that are not measures.
const (
	Payments Family = "payments" // payments reported by banks
	Bands    Family = "bands"
	Codes    Family = "codes"
	Declared Family = "declared"
	Sampled  Family = "sampled" // shares of sales
	Turnover Family = "turnover"
	Fees     Family = "fees"
	Costs    Family = "costs"
	Survey   Family = "survey"
)

// Family returns the family of a measure.
func (m Measure) Family() Family { return Family(m) }

// Evidence returns the family of a measure's evidence.
func (m Measure) Evidence() Family { return Family("evidence: " + m) }

// Activity are the measures of paid merchants. They are decided together, because one limits the
// other.
var Activity = []Measure{Begun, Active30, Active7, Strict}

// Within returns the measures of activity that contain a measure.
func (m Measure) Within() []Measure {
	switch m {
	case Active30:
		return []Measure{Begun}
	case Active7, Strict:
		return []Measure{Begun, Active30}
	}
	return nil
}

// ofActivity are the queries that decide how the measures of activity are hidden.
var ofActivity = []string{"mop", "activity", "first_days"}

// Rows are all indicators, by code.
var Rows = []Row{
	{
		Code: "I01", Queries: []string{"mop", "registered"}, Unit: Share, Measure: Registered,
		FreshBy: "registered", Divisible: true, Register: true,
	},
	{
		Code: "I02", Queries: []string{"mop", "verified"}, Unit: Share, Measure: Verified, FreshBy: "verified",
		Divisible: true, Register: true,
	},
	{
		Code: "I03", Queries: []string{"mop", "ready"}, Unit: Share, Measure: Ready, FreshBy: "ready", Divisible: true,
		Needs: []string{"mop", "ready", "displayed"}, // the merchants with a printed code limit it
	},
	{
		Code: "I04", Queries: []string{"mop", "activity", "covered"}, Unit: Share, Measure: Active7,
		FreshBy:      "activity",
		WithCoverage: true, Divisible: true, Needs: ofActivity,
	},
	{
		Code: "I05", Queries: []string{"mop", "activity", "covered"}, Unit: Share, Measure: Active30, Part: Strict,
		FreshBy:      "activity",
		WithCoverage: true, Divisible: true, Needs: ofActivity,
	},
	{
		Code: "I06", Queries: []string{"mop", "ready", "activity"}, Unit: Points, Divisible: true, WarnAbove: "0.3",
		HiddenWith: []Family{Ready.Family(), Active30.Family()},
	},
	{Code: "I07", Queries: []string{"declared", "sampled"}, Unit: Share, HiddenWith: []Family{Declared, Sampled}},
	{
		Code: "I08", Queries: []string{"sampled", "mop", "activity"}, Unit: Share, Amount: true,
		HiddenWith: []Family{Turnover},
	},
	{
		Code: "I09", Queries: []string{"mop", "activity", "covered"}, Unit: PerMerchant,
		HiddenWith: []Family{Active30.Family()},
	},
	{Code: "I10", Queries: []string{"mop", "activity"}, Unit: InBands, HiddenWith: []Family{Bands}},
	{Code: "I11", Queries: []string{"fees"}, Unit: Share, Amount: true, HiddenWith: []Family{Fees}},
	{Code: "I12", Queries: []string{"fees"}, Unit: Share, Amount: true, HiddenWith: []Family{Fees}},
	{Code: "I13", Queries: []string{"pilots"}, Unit: Share, ByLocality: true},
	{
		Code: "I14", Queries: []string{"mop", "trained"}, Unit: Share, Measure: "trained", FreshBy: "trained",
		Divisible: true,
	},
	{
		Code: "I15", Queries: []string{"conversion"}, Unit: Share, Measure: Converted, FreshBy: "conversion",
		OwnDenominator: true,
	},
	{
		Code: "I16", Queries: []string{"mop", "visited"}, Unit: Share, Measure: "visited", FreshBy: "visited",
		Divisible: true,
	},
	{
		Code: "I17", Queries: []string{"first_days", "retained"}, Unit: Share, Measure: Retention,
		FreshBy:        "first_days",
		OwnDenominator: true, CountsJointly: true,
	},
	{
		Code: "I18", Queries: []string{"mop", "ready", "activity", "covered"}, Unit: Share, Measure: Dormant,
		FreshBy:        "activity",
		OwnDenominator: true, WithCoverage: true, Divisible: true, SureEvidence: true, CountsJointly: true,
		WarnAbove: "0.4",
		// including the queries that decide how I03 and I05 are hidden
		Needs: []string{"mop", "ready", "displayed", "covered", "activity", "first_days"},
	},
	{Code: "I19", Queries: []string{"displayed", "swapped"}, Unit: Share, HiddenWith: []Family{Codes}},
	{
		Code: "I20", Queries: []string{"incidents", "mop", "activity"}, Unit: PerPayments,
		HiddenWith: []Family{Payments},
	},
	{Code: "I21", Queries: []string{"surveyed"}, Unit: Share, HiddenWith: []Family{Survey}},
	{Code: "I22", Queries: []string{"surveyed"}, Unit: Share, HiddenWith: []Family{Survey}},
	{
		Code: "I23", Queries: []string{"costs", "mop", "activity"}, Unit: Dong, Amount: true,
		HiddenWith: []Family{Active30.Family(), Costs},
	},
	{Code: "I24", Queries: []string{"punctuality"}, Unit: Share, ByLocality: true},
}

// Find returns the row of a code.
func Find(code string) (Row, bool) {
	i := slices.IndexFunc(Rows, func(r Row) bool { return r.Code == code })
	if i < 0 {
		return Row{}, false
	}
	return Rows[i], true
}

// Families returns the families that hide an indicator. A figure is published if none of them is
// hidden.
func (r Row) Families() []Family {
	if r.Measure == "" || len(r.HiddenWith) > 0 {
		return r.HiddenWith
	}
	if r.Register {
		return nil
	}
	return []Family{r.Measure.Family()}
}

// HasEvidence reports whether an indicator has numbers by evidence. A gap and amounts have none.
func (r Row) HasEvidence() bool { return r.Unit != Points && !r.Amount }

// DecidedFrom returns the queries that decide whether a measure is hidden. A trend reads them in
// addition to its own.
func (r Row) DecidedFrom() []string {
	if r.Needs != nil {
		return r.Needs
	}
	return union([]string{"mop"}, r.Queries)
}

// Guarded returns the rows with a measure of what merchants do, except measures of activity. Each
// is hidden separately.
func Guarded() (list []Row) {
	for _, r := range Rows {
		if r.Measure != "" && !r.Register && !slices.Contains(Activity, r.Measure) {
			list = append(list, r)
		}
	}
	return list
}

// LevelQueries returns the queries that return only a level of evidence of each merchant.
func LevelQueries() (list []string) {
	for _, r := range Rows {
		if name := string(r.Measure); name != "" && slices.Contains(r.Queries, name) {
			list = union(list, []string{name})
		}
	}
	return list
}

// MarketQueries returns every query about markets that counts or hides some row.
func MarketQueries() (list []string) {
	for _, r := range Rows {
		if !r.ByLocality {
			list = union(list, r.Queries, r.Needs)
		}
	}
	return list
}

// TrendQueries returns the queries for a trend of an indicator. It returns nil for all queries, if
// the indicator is about localities. I18 needs everything that decides about activity.
func TrendQueries(code string) []string {
	r, _ := Find(code)
	if r.ByLocality {
		return nil
	}
	dormant, _ := Find("I18")
	return union(dormant.DecidedFrom(), r.Queries, r.Needs)
}

// union returns the names of several lists, each once.
func union(lists ...[]string) (all []string) {
	for _, list := range lists {
		for _, name := range list {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}
