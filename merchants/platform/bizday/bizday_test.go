package bizday_test

import (
	"testing"
	"time"

	"market40/merchants/platform/bizday"
)

func TestMoment(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-11-22": "2026-11-22T00:00:00+07:00", "2026-11-22T08:00:00Z": "2026-11-22T08:00:00Z",
		"1900-01-01": "1900-01-01T00:00:00+07:00", "2100-12-31": "2100-12-31T00:00:00+07:00",
		"0001-01-01": "", "0001-01-02": "", "1899-12-31": "", "2101-01-01": "", "9999-12-31": "", "10000-01-01": "",
		"-0001-01-01": "", "0000-00-00": "", "2026-02-30": "",
		"0001-01-01T00:00:00Z": "", "9999-12-31T23:59:59+14:00": "", "2100-12-31T23:59:59Z": "", "2026-11-22 ": "",
		"22/11/2026": "", "\x00": "", "2026-11-22T25:00:00Z": "",
	} {
		at, err := bizday.ParseTime(text)
		if (err == nil) != (want != "") || err == nil && at.Format(time.RFC3339) != want {
			t.Errorf("%q is read as %v, %v; want %q", text, at, err, want)
		}
	}
	if at, err := bizday.ParseTime(""); at != nil || err != nil {
		t.Errorf("nothing is read as %v, %v", at, err)
	}
}

func FuzzMoment(f *testing.F) {
	for _, seed := range []string{
		"2026-11-22", "0001-01-01", "9999-12-31T23:59:59+14:00",
		"2026-11-22T08:00:00.5-11:59",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := bizday.ParseTime(text)
		if err == nil && at != nil && (at.UTC().Year() < bizday.FirstYear-1 || at.UTC().Year() > bizday.LastYear+1) {
			t.Errorf("%q is read as %v", text, at)
		}
	})
}
