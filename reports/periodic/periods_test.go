package periodic_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"market40/reports/periodic"
)

func TestPeriods(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ kind, text, first, next, due string }{
		{"month", "2026-10", "2026-10-01", "2026-11-01", "2026-11-05"},
		{
			"month", "2026-12", "2026-12-01", "2027-01-01",
			"2027-01-05",
		},
		{"month", "2028-02", "2028-02-01", "2028-03-01", "2028-03-05"},
		{
			"quarter", "2026-Q1", "2026-01-01",
			"2026-04-01", "2026-04-05",
		},
		{"quarter", "2026-Q4", "2026-10-01", "2027-01-01", "2027-01-05"},
	} {
		p, err := periodic.ParsePeriod(tt.kind, tt.text)
		must(t, err)
		if p.First.Format(time.DateOnly) != tt.first || p.Next.Format(time.DateOnly) != tt.next ||
			p.Due(5).Format(time.DateOnly) != tt.due || p.String() != tt.text {
			t.Errorf("%s is %+v, due on %s", tt.text, p, p.Due(5))
		}
	}
}

// A text that parses as a period is written again in the same form. A period is one or three whole
// months.
func FuzzPeriod(f *testing.F) {
	for _, text := range []string{"2026-10", "2026-Q3", "2026-1", "", "２０26-10", "2026-10\n"} {
		f.Add("month", text)
		f.Add("quarter", text)
	}
	f.Fuzz(func(t *testing.T, kind, text string) {
		p, err := periodic.ParsePeriod(kind, text)
		if err != nil {
			return
		}
		months := map[string]int{"month": 1, "quarter": 3}[kind]
		if p.String() != text || p.First.Day() != 1 || !p.First.AddDate(0, months, 0).Equal(p.Next) ||
			!p.Last().Before(p.Next) {
			t.Errorf("%s %q is %+v", kind, text, p)
		}
	})
}

// The example is from RFC 8785, section 3.2.2.
func TestCanonicalForm(t *testing.T) {
	t.Parallel()
	const raw = `{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
		"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`
	const want = `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`
	if got, err := periodic.Canonical([]byte(raw)); err != nil || string(got) != want {
		t.Errorf("it is %s, %v", got, err)
	}
	for _, none := range []string{"", "{", `{"a":1} {}`, `{"a":1,"a":2}`, "\"\xff\""} {
		if got, err := periodic.Canonical([]byte(none)); err == nil {
			t.Errorf("%q is %s", none, got)
		}
	}
}

// The canonical form has the same value and is its own canonical form. It does not depend on the
// form of the input.
func FuzzCanonical(f *testing.F) {
	for _, text := range []string{
		`{"b":1,"a":[null,true,"x"]}`, `{"a":"Chợ Đầm <&> \u2028 \u0001 \/"}`,
		`{"ạ":1,"a":2,"\ud83d\ude00":3}`, `[1.0,1e2,-0]`, `{"a":1,"a":2}`, `"\ud800"`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		first, err := periodic.Canonical(raw)
		if err != nil {
			return
		}
		var before, after any
		if json.Unmarshal(raw, &before) != nil {
			return // a number outside float64 is refused
		}
		must(t, json.Unmarshal(first, &after))
		indented, err := json.MarshalIndent(before, "", "  ")
		must(t, err)
		second, err := periodic.Canonical(indented)
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%q is %q and, in another form, %q (%v)", raw, first, second, err)
		}
	})
}
