package samples_test

import (
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"market40/merchants/platform/bizday"
	"market40/reports/field/samples"
)

// A draw returns n different half-hours of the stratum's hours, and the same ones for the same
// seed.
func TestADrawIsWithoutReplacementAndReproducible(t *testing.T) {
	t.Parallel()
	first := time.Date(2026, 11, 1, 0, 0, 0, 0, bizday.Vietnam)
	rapid.Check(t, func(rt *rapid.T) {
		days, from := rapid.IntRange(1, 40).Draw(rt, "days"), rapid.IntRange(0, 23).Draw(rt, "from")
		to := rapid.IntRange(from+1, 24).Draw(rt, "to")
		n := rapid.IntRange(1, days*(to-from)*2).Draw(rt, "n")
		seed, stratum := rapid.Int64Range(0, 1<<53-1).Draw(rt, "seed"), rapid.StringMatching(`[a-z ]{1,8}`).Draw(rt,
			"stratum")
		drawn := samples.Draw(seed, stratum, first, days, from, to, n)
		seen := map[time.Time]bool{}
		for i, at := range drawn {
			local := at.In(bizday.Vietnam)
			if seen[at] || at.Minute()%30 != 0 || at.Second() != 0 || local.Hour() < from || local.Hour() >= to ||
				local.Before(first) || !local.Before(first.AddDate(0, 0, days)) || i > 0 && !drawn[i-1].Before(at) {
				rt.Fatalf("%v holds %v", drawn, at)
			}
			seen[at] = true
		}
		if len(drawn) != n || !reflect.DeepEqual(drawn, samples.Draw(seed, stratum, first, days, from, to, n)) {
			rt.Fatalf("%d of %d, or another draw the second time", len(drawn), n)
		}
	})
}

// Every half-hour is equally likely. Over 4,000 seeds each of 16 is drawn 1,000 times, within five
// standard deviations.
func TestADrawIsFair(t *testing.T) {
	t.Parallel()
	times := map[string]int{}
	for seed := range int64(4000) {
		for _, at := range samples.Draw(seed, "sáng", time.Date(2026, 11, 1, 0, 0, 0, 0, bizday.Vietnam), 2, 5, 9, 4) {
			times[at.Format(time.RFC3339)]++
		}
	}
	if len(times) != 16 {
		t.Errorf("%d half-hours were drawn", len(times))
	}
	for at, n := range times {
		if math.Abs(float64(n)-1000) > 5*math.Sqrt(4000*0.25*0.75) {
			t.Errorf("%s was drawn %d times", at, n)
		}
	}
}

// The draw as the README describes it, checked once by hand: anyone who knows the seed draws the
// same half-hours.
func TestADrawIsAsItWasDrawn(t *testing.T) {
	t.Parallel()
	var got []string
	for _, at := range samples.Draw(7, "sáng", time.Date(2026, 11, 1, 0, 0, 0, 0, bizday.Vietnam), 1, 5, 7, 2) {
		got = append(got, at.Format(time.RFC3339))
	}
	// python3: sorted(times, key=lambda t: sha256(f"7/sáng/{t}".encode()).digest())[:2]
	if want := []string{"2026-11-01T05:00:00+07:00", "2026-11-01T06:00:00+07:00"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
}
