package indicators

import "slices"

// Row is what the program knows of one indicator beside its words. Every list of indicators is
// derived from the rows: what is read, counted, divided and hidden, and which targets may be set.
type Row struct {
	Code    string
	Queries []string // the .sql files that it is counted from, in the order in which they are shown
	Unit    Unit

	// Measure is what counts the merchants of the numerator. Empty: package reports has a formula
	// for the code.
	Measure Measure
	Part    Measure // a further measure, which is published as the part of this name
	FreshBy string  // the query whose newest fact the figure is as fresh as; a measure's alone

	OwnDenominator bool // the denominator counts other merchants than those who operate a stall, and is hidden too
	WithCoverage   bool // beside a measure stands how many merchants are observed
	Divisible      bool // published of zones, goods groups and kinds of stall too, not of markets alone
	ByLocality     bool // about localities, not about what happens at markets: its queries stand alone
	Amount         bool // made of amounts of money: told of ten merchants or more, without numbers by evidence

	// WarnAbove is the value above which a pilot market asks for attention; empty: none does.
	WarnAbove string

	Register     bool // anybody can count it in the register, where merchants are listed by name: it is never hidden
	SureEvidence bool // its evidence follows from the numerator, and is hidden with it alone
	// CountsJointly says that a merchant of several markets may count in all of them together
	// though in none alone, or the other way round.
	CountsJointly bool
	HiddenWith    []Family // the families that hide it; of a measure: its own, unless some are named
	Needs         []string // what hiding a measure is decided from; nil: "mop" and the queries
}

// Measure names a count of merchants, each on its best evidence. One that is named as a query of
// its row counts every merchant of whom the query tells a level of evidence; for the others package
// facts has a rule.
type Measure string

// The measures that are asked for by name.
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
	Covered    Measure = "covered" // stands beside figures of activity
)

// Family names figures that are hidden together. Each measure has one of its own, and so has its
// evidence.
type Family string

// The families of figures that are no measures.
const (
	Payments Family = "payments" // what banks notified
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

// Activity are the measures of who is paid. They are decided together, for one bounds the other.
var Activity = []Measure{Begun, Active30, Active7, Strict}

// Within returns the measures of activity that one is part of.
func (m Measure) Within() []Measure {
	switch m {
	case Active30:
		return []Measure{Begun}
	case Active7, Strict:
		return []Measure{Begun, Active30}
	}
	return nil
}

// ofActivity is what hiding the measures of activity is decided from.
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
		Needs: []string{"mop", "ready", "displayed"}, // whose code is printed bounds it
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
		// and what I03 and I05 are hidden by
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

// Families returns what hides an indicator: a figure is published where none of them is hidden.
func (r Row) Families() []Family {
	if r.Measure == "" || len(r.HiddenWith) > 0 {
		return r.HiddenWith
	}
	if r.Register {
		return nil
	}
	return []Family{r.Measure.Family()}
}

// HasEvidence reports whether numbers by evidence stand beside an indicator: beside a gap and
// amounts there are none.
func (r Row) HasEvidence() bool { return r.Unit != Points && !r.Amount }

// DecidedFrom returns the queries that hiding a measure is decided from. A trend reads them beside
// its own.
func (r Row) DecidedFrom() []string {
	if r.Needs != nil {
		return r.Needs
	}
	return union([]string{"mop"}, r.Queries)
}

// Guarded returns the rows whose measure tells what merchants do, those of activity aside: each is
// hidden for itself.
func Guarded() (list []Row) {
	for _, r := range Rows {
		if r.Measure != "" && !r.Register && !slices.Contains(Activity, r.Measure) {
			list = append(list, r)
		}
	}
	return list
}

// LevelQueries returns the queries that tell a level of evidence of each merchant, and nothing
// else.
func LevelQueries() (list []string) {
	for _, r := range Rows {
		if name := string(r.Measure); name != "" && slices.Contains(r.Queries, name) {
			list = union(list, []string{name})
		}
	}
	return list
}

// MarketQueries returns every query about markets that some row is counted or hidden by.
func MarketQueries() (list []string) {
	for _, r := range Rows {
		if !r.ByLocality {
			list = union(list, r.Queries, r.Needs)
		}
	}
	return list
}

// TrendQueries returns what a trend of an indicator is counted from; nil: everything, for it is
// about localities. What is decided of I18 is decided from all that any activity is decided from.
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
