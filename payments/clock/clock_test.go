package clock_test

import (
	"testing"
	"time"

	"market40/migrations/database/dbtest"
	"market40/payments/clock"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

// TestTime compares our clock with the database's: small differences do not matter, a difference of
// more than a day makes ids use the database's time.
func TestTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ ahead, used, off time.Duration }{
		{0, 0, 0},
		{5 * time.Second, 5 * time.Second, 0},
		{-5 * time.Second, -5 * time.Second, 0},
		{time.Minute, time.Minute, time.Minute},
		{-time.Hour, -time.Hour, -time.Hour},
		{24 * time.Hour, 24 * time.Hour, 24 * time.Hour},
		{25 * time.Hour, 0, 25 * time.Hour},
		{-70 * 24 * time.Hour, 0, -70 * 24 * time.Hour},
	} {
		ours := noon.Add(c.ahead)
		clk := clock.New(at(ours))
		if by, known := clk.Ahead(); known || clk.Off() != 0 || !clk.Time().Equal(ours) {
			t.Errorf("before a comparison the clock is ahead by %v", by)
		}
		clk.Observe(ours, noon, ours)
		if used := clk.Time().Sub(noon); used != c.used {
			t.Errorf("%v ahead: the time used is %v off, want %v", c.ahead, used, c.used)
		}
		if off := clk.Off(); off != c.off {
			t.Errorf("%v ahead: reported as %v, want %v", c.ahead, off, c.off)
		}
		if by, known := clk.Ahead(); !known || by != c.ahead {
			t.Errorf("%v ahead: measured as %v", c.ahead, by)
		}
		if id := clk.NewID(); clock.IDTime(id).Sub(noon) != c.used || id.Version() != 7 {
			t.Errorf("%v ahead: the id is %s of %v", c.ahead, id, clock.IDTime(id))
		}
	}
}

// TestSlowAnswer reports no difference that the duration of the query may explain.
func TestSlowAnswer(t *testing.T) {
	t.Parallel()
	clk := clock.New(at(noon))
	clk.Observe(noon, noon.Add(-4*time.Second), noon.Add(10*time.Second)) // 9 seconds ahead, give or take 5
	if off := clk.Off(); off != 0 {
		t.Errorf("reported as %v ahead", off)
	}
}

// TestCheck compares with a real database, on this machine's clock.
func TestCheck(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	right, wrong := clock.New(time.Now), clock.New(func() time.Time { return time.Now().Add(time.Hour) })
	for _, clk := range []*clock.Clock{right, wrong} {
		if err := clk.Check(t.Context(), db.Pool); err != nil {
			t.Fatal(err)
		}
	}
	if off := wrong.Off(); right.Off() != 0 || off < 59*time.Minute || off > 61*time.Minute {
		t.Errorf("the clocks are off by %v and %v", right.Off(), off)
	}
	db.Pool.Close()
	if right.Check(t.Context(), db.Pool) == nil {
		t.Error("a check without a database succeeds")
	}
}

// TestStamps takes the least delay of the last five signed notices as the difference of the clock.
func TestStamps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		delays []time.Duration // of the notices, in the order of receipt
		after  time.Duration   // since the last one
		off    time.Duration
	}{
		{nil, 0, 0},
		{[]time.Duration{time.Second}, 0, 0},
		{[]time.Duration{time.Hour}, 0, time.Hour},
		{[]time.Duration{time.Hour, time.Second}, 0, 0}, // the first was sent again
		{[]time.Duration{-3 * time.Minute, -3 * time.Minute}, 0, -3 * time.Minute},
		{[]time.Duration{0, time.Hour, time.Hour, time.Hour, time.Hour, time.Hour}, 0, time.Hour},
		{[]time.Duration{time.Hour}, 25 * time.Hour, 0},
		{[]time.Duration{2 * time.Minute}, 0, 0},
	} {
		var stamps clock.Stamps
		for _, delay := range c.delays {
			stamps.Observe(noon.Add(-delay), noon)
		}
		if off := stamps.Off(noon.Add(c.after)); off != c.off {
			t.Errorf("delays %v: off by %v, want %v", c.delays, off, c.off)
		}
	}
}
