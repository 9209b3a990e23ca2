package indicators

// Unit is what a value is told in.
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

// SingleValue reports whether there is one value that a target can be set for.
func (u Unit) SingleValue() bool { return u != InBands }
