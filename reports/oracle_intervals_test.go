package reports_test

import (
	"math"

	"github.com/google/uuid"
)

// interval is a 95 % interval before rounding.
type interval struct{ low, high float64 }

// quantile returns the 0.975 quantile of Student's t, by bisection on the integral of the density.
// A table of quantiles could contain a copying error.
func quantile(freedom int) float64 {
	n := float64(freedom)
	top, _ := math.Lgamma((n + 1) / 2)
	bottom, _ := math.Lgamma(n / 2)
	scale := math.Exp(top-bottom) / math.Sqrt(n*math.Pi)
	density := func(x float64) float64 { return scale * math.Pow(1+x*x/n, -(n+1)/2) }
	below := func(x float64) float64 { // Simpson's rule from 0
		const steps = 2000
		h, sum := x/steps, density(0)+density(x)
		for i := 1; i < steps; i++ {
			sum += density(float64(i)*h) * float64(2+2*(i%2))
		}
		return sum * h / 3
	}
	low, high := 0.0, 20.0
	for range 50 {
		if middle := (low + high) / 2; below(middle) < 0.475 {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// quantiles caches the quantiles, because the integral is slow.
var quantiles = func() (list [200]float64) {
	for i := range list {
		if i > 0 {
			list[i] = quantile(i)
		}
	}
	return list
}()

// intervalAround returns a share plus and minus its margin of error, limited to 0 and 1.
func intervalAround(share, deviation float64, freedom int) *interval {
	reach := quantiles[freedom] * deviation
	return &interval{math.Max(0, share-reach), math.Min(1, share+reach)}
}

// clusterInterval returns the interval of declared shares, with each merchant as a cluster. It returns
// nil for fewer than two merchants.
func clusterInterval(of map[uuid.UUID][2]int) *interval {
	transfers, customers := 0.0, 0.0
	for _, answered := range of {
		transfers, customers = transfers+float64(answered[0]), customers+float64(answered[1])
	}
	if len(of) < 2 {
		return nil
	}
	n, share, squares := float64(len(of)), transfers/customers, 0.0
	for _, answered := range of {
		squares += math.Pow(float64(answered[0])-share*float64(answered[1]), 2)
	}
	return intervalAround(share, math.Sqrt(squares*n/(n-1))/customers, len(of)-1)
}

// drawnStratum is what was counted in the drawn half-hours of a stratum, and the stratum's number
// of half-hours.
type drawnStratum struct {
	size        int
	part, whole []float64
}

// stratumInterval returns the interval of the combined ratio. It returns nil if a stratum has only one
// counted half-hour or if nothing was sold.
func stratumInterval(strata []drawnStratum) *interval {
	part, whole := 0.0, 0.0
	for _, s := range strata {
		if len(s.whole) == 1 {
			return nil
		}
		part, whole = part+float64(s.size)*meanOf(s.part), whole+float64(s.size)*meanOf(s.whole)
	}
	if whole == 0 {
		return nil
	}
	share, variance, freedom := part/whole, 0.0, 0
	for _, s := range strata {
		n, size := float64(len(s.whole)), float64(s.size)
		var residuals []float64
		for i := range s.whole {
			residuals = append(residuals, s.part[i]-share*s.whole[i])
		}
		middle, squares := meanOf(residuals), 0.0
		for _, r := range residuals {
			squares += (r - middle) * (r - middle)
		}
		variance += size * size * (1 - n/size) / n * squares / (n - 1)
		freedom += len(s.whole) - 1
	}
	return intervalAround(share, math.Sqrt(variance)/whole, freedom)
}

func meanOf(of []float64) float64 {
	sum := 0.0
	for _, x := range of {
		sum += x
	}
	return sum / float64(len(of))
}
