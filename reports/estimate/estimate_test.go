package estimate_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"market40/reports/estimate"
)

func near(a, b float64) bool { return math.Abs(a-b) < 0.0005 }

// Worked by hand: 3 of 10, 5 of 10 and 10 of 10 give 18/30. The errors are −3, −1 and 4, so the
// deviation is √(1.5·26)/30.
func TestClusters(t *testing.T) {
	t.Parallel()
	e, seen := estimate.Clusters([]estimate.Pair{{3, 10}, {5, 10}, {10, 10}})
	reach := 4.3027 * math.Sqrt(1.5*26) / 30
	if !seen || !e.Sure || !near(e.Ratio, 0.6) || !near(e.Low, max(0, 0.6-reach)) || !near(e.High, 1) {
		t.Errorf("%+v", e)
	}
	if e, seen := estimate.Clusters([]estimate.Pair{{3, 10}}); !seen || e.Sure || !near(e.Ratio, 0.3) {
		t.Errorf("of one cluster: %+v", e)
	}
	if _, seen := estimate.Clusters(nil); seen {
		t.Error("a share of nothing")
	}
}

// Worked by hand: the weights 100/2 and 10/2 give Y = 50·6 + 5·8 = 340 and X = 50·20 + 5·20 = 1100.
func TestStrata(t *testing.T) {
	t.Parallel()
	e, seen := estimate.Strata([]estimate.Stratum{
		{100, []estimate.Pair{{2, 10}, {4, 10}}},
		{10, []estimate.Pair{{3, 10}, {5, 10}}},
		{7, nil},
	})
	variance := 100*100*0.98/2*2 + 10*10*0.8/2*2
	reach := 4.3027 * math.Sqrt(variance) / 1100
	if !seen || !e.Sure || !near(e.Ratio, 340.0/1100) || !near(e.Low, max(0, 340.0/1100-reach)) ||
		!near(e.High, 340.0/1100+reach) {
		t.Errorf("%+v, not %f ± %f", e, 340.0/1100, reach)
	}
	if e, _ := estimate.Strata([]estimate.Stratum{
		{100, []estimate.Pair{{2, 10}, {4, 10}}},
		{10, []estimate.Pair{{3, 10}}},
	}); e.Sure {
		t.Error("a single unit gives a variance of its stratum")
	}
	if _, seen := estimate.Strata([]estimate.Stratum{{100, []estimate.Pair{{0, 0}, {0, 0}}}}); seen {
		t.Error("a share of no sale")
	}
	all, _ := estimate.Strata([]estimate.Stratum{{2, []estimate.Pair{{2, 10}, {4, 10}}}})
	if !near(all.Low, 0.3) || !near(all.High, 0.3) {
		t.Errorf("all were counted: %+v", all)
	}
}

// A 95 % interval contains the true value in about 95 % of the samples.
func TestIntervalsContainTheTruth(t *testing.T) {
	t.Parallel()
	draw := rand.New(rand.NewPCG(1, 2))
	held, rounds := 0, 2000
	for range rounds {
		var strata []estimate.Stratum
		var y, x float64
		for _, share := range []float64{0.2, 0.5, 0.7} {
			var all []estimate.Pair
			for range 120 {
				p := estimate.Pair{X: float64(5 + draw.IntN(20))}
				for range int(p.X) {
					if draw.Float64() < share {
						p.Y++
					}
				}
				all, y, x = append(all, p), y+p.Y, x+p.X
			}
			draw.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			strata = append(strata, estimate.Stratum{Size: len(all), Drawn: all[:8]})
		}
		if e, _ := estimate.Strata(strata); e.Low <= y/x && y/x <= e.High {
			held++
		}
	}
	if rate := float64(held) / float64(rounds); rate < 0.93 || rate > 0.97 {
		t.Errorf("%.3f of the intervals contain the true value", rate)
	}
}

func TestIntervalContainsItsEstimate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		pairs := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) estimate.Pair {
			x := rapid.IntRange(0, 50).Draw(rt, "x")
			return estimate.Pair{Y: float64(rapid.IntRange(0, x).Draw(rt, "y")), X: float64(x)}
		}), 0, 60).Draw(rt, "pairs")
		for _, of := range []func() (estimate.Estimate, bool){
			func() (estimate.Estimate, bool) { return estimate.Clusters(pairs) },
			func() (estimate.Estimate, bool) {
				return estimate.Strata([]estimate.Stratum{{Size: rapid.IntRange(0, 90).Draw(rt, "size"), Drawn: pairs}})
			},
		} {
			e, seen := of()
			if !seen {
				continue
			}
			if e.Ratio < 0 || e.Ratio > 1+1e-9 || math.IsNaN(e.Ratio) {
				rt.Fatalf("a share of %f", e.Ratio)
			}
			if e.Sure && (e.Low > e.Ratio+1e-9 || e.High < e.Ratio-1e-9 || math.IsNaN(e.Low+e.High)) {
				rt.Fatalf("%+v", e)
			}
		}
	})
}
