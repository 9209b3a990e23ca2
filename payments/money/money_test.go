package money_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"market40/payments/money"
)

// texts are amounts written as text, and what they are.
var texts = []struct {
	in   string
	want int64
	err  error
}{
	{"45000", 45000, nil},
	{"100000.00", 100000, nil},
	{"100000.0", 100000, nil},
	{"0", 0, nil},
	{"0.00", 0, nil},
	{"000045", 45, nil},
	{"9999999999999", 9999999999999, nil},
	{"9999999999999.00", 9999999999999, nil},
	{"10000000000000", 0, money.ErrTooLong},
	{"00000000000045", 0, money.ErrTooLong},
	{
		"10000000000000.00", 0,
		money.ErrTooLong,
	},
	{"45.000", 0, money.ErrFraction},
	{"1.000", 0, money.ErrFraction},
	{"100.000", 0, money.ErrFraction},
	{"45.0000", 0, money.ErrFraction},
	{"1.234.567", 0, money.ErrFraction},
	{"45.000.00", 0, money.ErrFraction},
	{"0.5", 0, money.ErrFraction},
	{"1.5", 0, money.ErrFraction},
	{"45000.01", 0, money.ErrFraction},
	{"5.", 0, money.ErrFraction},
	{"45.000 đ", 0, money.ErrFraction},
	{"", 0, money.ErrFormat},
	{"-", 0, money.ErrFormat},
	{"-5", 0, money.ErrFormat},
	{"+5", 0, money.ErrFormat},
	{"−5", 0, money.ErrFormat},
	{"1e5", 0, money.ErrFormat},
	{"1E5", 0, money.ErrFormat},
	{"1.0e5", 0, money.ErrFraction},
	{"50,000", 0, money.ErrFormat},
	{" 5", 0, money.ErrFormat},
	{"5 ", 0, money.ErrFormat},
	{"45 000", 0, money.ErrFormat},
	{"45\u00a0000", 0, money.ErrFormat},
	{"5\n", 0, money.ErrFormat},
	{".5", 0, money.ErrFormat},
	{".00", 0, money.ErrFormat},
	{"٥", 0, money.ErrFormat},
	{"４５０００", 0, money.ErrFormat},
	{"0x10", 0, money.ErrFormat},
	{"1_000", 0, money.ErrFormat},
	{"NaN", 0, money.ErrFormat},
	{"45k", 0, money.ErrFormat},
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range texts {
		got, err := money.Parse(c.in)
		if !errors.Is(err, c.err) || got.Dong() != c.want {
			t.Errorf("Parse(%q) = %v, %v; want %d, %v", c.in, got, err, c.want, c.err)
		}
	}
}

func TestParseNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want int64
		err  error
	}{
		{"45000", 45000, nil},
		{"-25000", -25000, nil},
		{"100.000", 100, nil},
		{"100000.00", 100000, nil},
		{"1e5", 100000, nil},
		{"1.0E+5", 100000, nil},
		{"2500000e-1", 250000, nil},
		{"9999999999999", 9999999999999, nil},
		{"1e13", 0, money.ErrTooLong},
		{"0.5", 0, money.ErrFraction},
		{"1e-1", 0, money.ErrFraction},
		{"1e99", 0, money.ErrFormat},
		{"", 0, money.ErrFormat},
		{"x", 0, money.ErrFormat},
		{"1e1e1", 0, money.ErrFormat},
	} {
		got, err := money.ParseNumber(c.in)
		if !errors.Is(err, c.err) || got.Dong() != c.want {
			t.Errorf("ParseNumber(%q) = %v, %v; want %d, %v", c.in, got, err, c.want, c.err)
		}
	}
}

func TestFormatIsVietnamese(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 đ", 200: "200 đ", 45000: "45.000 đ", 1234567: "1.234.567 đ",
		-1000: "-1.000 đ",
	} {
		if got := money.FromDong(n).Format(); got != want {
			t.Errorf("Format(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestJSONIsAStringAndNeverANumber(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(money.FromDong(45000))
	if err != nil || string(b) != `"45000"` {
		t.Fatalf("got %s, %v", b, err)
	}
	var a money.Amount
	if err := json.Unmarshal([]byte(`45000`), &a); err == nil {
		t.Error("a bare number was taken")
	}
	if err := json.Unmarshal([]byte(`"45000"`), &a); err != nil || a.Dong() != 45000 {
		t.Errorf("got %v, %v", a, err)
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-9999999999999, 9999999999999).Draw(t, "đồng")
		text, err := money.FromDong(n).MarshalText()
		var a money.Amount
		if err := errors.Join(err, a.UnmarshalText(text)); err != nil || a.Dong() != n {
			t.Fatalf("%d became %v, %v", n, a, err)
		}
		if b, err := money.ParseNumber(string(text)); err != nil || b.Cmp(a) != 0 {
			t.Fatalf("%d is the number %v, %v", n, b, err)
		}
	})
}

// FuzzParse holds Parse against a rule written otherwise: digits, or digits with one of two
// endings.
func FuzzParse(f *testing.F) {
	form := regexp.MustCompile(`^[0-9]{1,13}(\.00?)?$`)
	for _, c := range texts {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := money.Parse(s)
		if (err == nil) != form.MatchString(s) {
			t.Fatalf("%q: %v, %v", s, a, err)
		}
		if digits, _, _ := strings.Cut(s, "."); err == nil && strings.TrimLeft(digits, "0") != strings.TrimLeft(
			a.String(), "0") {
			t.Fatalf("%q became %v", s, a)
		}
	})
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"45000", "-25000", "100.000", "1e5", "1e-5", "99999999999999", "1e999999999", "."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := money.ParseNumber(s)
		if err != nil {
			return
		}
		exact, ok := new(big.Rat).SetString(s)
		if !ok || exact.Cmp(new(big.Rat).SetInt64(a.Dong())) != 0 {
			t.Fatalf("%q became %v", s, a)
		}
	})
}
