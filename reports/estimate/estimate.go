// Package estimate returns the precision of a sampled or declared share: ratio estimates with their
// 95 % intervals. Its inputs are sums of sales or đồng, used for statistics only. It uses floats,
// because no result is an amount of money.
package estimate

import "math"

// Estimate is a share and its 95 % interval.
type Estimate struct {
	Ratio     float64
	Low, High float64 // within [0, 1]; meaningless unless Sure
	Sure      bool    // there was enough data for an interval
}

// Pair is what was observed in one unit of a sample: y of x, such as cashless sales of all sales.
type Pair struct{ Y, X float64 }

// Clusters estimates a ratio from randomly drawn clusters, such as merchants with their answers. It
// is the ratio estimate with linearised variance n/(n−1) · Σ(y − R·x)² / (Σx)² (Cochran, Sampling
// Techniques, 1977, section 6.4), without finite correction. It returns false if nothing was
// observed. Fewer than two clusters give no interval.
func Clusters(clusters []Pair) (Estimate, bool) {
	var y, x float64
	for _, c := range clusters {
		y, x = y+c.Y, x+c.X
	}
	if x == 0 {
		return Estimate{}, false
	}
	e, n := Estimate{Ratio: y / x}, float64(len(clusters))
	if n < 2 {
		return e, true
	}
	var squares float64
	for _, c := range clusters {
		off := c.Y - e.Ratio*c.X
		squares += off * off
	}
	return e.within(math.Sqrt(n/(n-1)*squares)/x, len(clusters)-1), true
}

// Stratum is a part of a plan: its number of units, and what was observed in those that were drawn
// and counted.
type Stratum struct {
	Size  int // the number of units; if it is less than the number counted, that number is used
	Drawn []Pair
}

// Strata returns the combined ratio estimate of a stratified sample (Cochran, section 6.11): R =
// ΣN·ȳ / ΣN·x̄, with the variance Σ N²(1−n/N)/n · s² / (ΣN·x̄)², where s² is the variance of y −
// R·x in a stratum. Strata without counts are left out. It returns false if nothing was observed. A
// stratum with only one counted unit gives no interval.
func Strata(strata []Stratum) (Estimate, bool) {
	var y, x float64
	for _, s := range strata {
		for _, u := range s.Drawn {
			y, x = y+s.weight()*u.Y, x+s.weight()*u.X
		}
	}
	if x == 0 {
		return Estimate{}, false
	}
	e := Estimate{Ratio: y / x}
	var variance float64
	freedom := 0
	for _, s := range strata {
		switch len(s.Drawn) {
		case 0:
			continue
		case 1:
			return e, true
		}
		freedom += len(s.Drawn) - 1
		variance += s.variance(e.Ratio)
	}
	return e.within(math.Sqrt(variance)/x, freedom), true
}

func (s Stratum) size() float64 { return float64(max(s.Size, len(s.Drawn))) }

func (s Stratum) weight() float64 { return s.size() / float64(len(s.Drawn)) }

// variance returns the variance of the stratum's total of y − R·x.
func (s Stratum) variance(ratio float64) float64 {
	n := float64(len(s.Drawn))
	var mean, squares float64
	for _, u := range s.Drawn {
		mean += (u.Y - ratio*u.X) / n
	}
	for _, u := range s.Drawn {
		off := u.Y - ratio*u.X - mean
		squares += off * off
	}
	return s.size() * s.size() * (1 - n/s.size()) / n * squares / (n - 1)
}

// within sets the interval from a standard error and its degrees of freedom.
func (e Estimate) within(deviation float64, freedom int) Estimate {
	reach := studentQuantile(freedom) * deviation
	e.Low, e.High, e.Sure = max(0, e.Ratio-reach), min(1, e.Ratio+reach), true
	return e
}

// students are the 0.975 quantiles of Student's t for 1, 2, … 30 degrees of freedom.
var students = [...]float64{
	12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448,
	2.1314,
	2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452,
	2.0423,
}

// studentQuantile returns the 0.975 quantile of Student's t. Beyond the table it uses the first two terms
// of the expansion about the normal quantile (Abramowitz and Stegun, 26.7.5), with an error below
// 0.0001.
func studentQuantile(freedom int) float64 {
	if freedom <= len(students) {
		return students[freedom-1]
	}
	const z = 1.959964
	n := float64(freedom)
	return z + (z*z*z+z)/(4*n) + (5*math.Pow(z, 5)+16*z*z*z+3*z)/(96*n*n)
}
