package indicators

// Unit is the unit of a value.
type Unit string

// The units.
const (
	Share       Unit = "share"
	Points      Unit = "points" // of a share
	PerMerchant Unit = "per_merchant"
	PerPayments Unit = "per_10000" // per 10,000 payments
	Dong        Unit = "vnd"
	InBands     Unit = "bands" // several shares: no single value
)

// AtMostOne reports whether no value is above 1.
func (u Unit) AtMostOne() bool { return u == Share || u == Points }

// SingleValue reports whether the indicator has a single value, so that a target can be set for it.
func (u Unit) SingleValue() bool { return u != InBands }
