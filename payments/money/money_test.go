package money_test

import (
	"encoding/json"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"market40/payments/money"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want int64
		err  error
	}{
		{"45000", 45000, nil}, {"100000.00", 100000, nil}, {"-25000", -25000, nil}, {"0", 0, nil}, {"000045", 45, nil},
		{"9999999999999", 9999999999999, nil}, {"10000000000000", 0, money.ErrTooLong},
		{"0.5", 0, money.ErrNotWhole}, {"1.5", 0, money.ErrNotWhole},
		{"", 0, money.ErrFormat}, {"-", 0, money.ErrFormat}, {"1e5", 0, money.ErrFormat}, {"50,000", 0, money.ErrFormat},
		{"+5", 0, money.ErrFormat}, {" 5", 0, money.ErrFormat}, {"5.", 0, money.ErrFormat}, {".5", 0, money.ErrFormat}, {"٥", 0, money.ErrFormat},
	} {
		got, err := money.Parse(c.in)
		if !errors.Is(err, c.err) || got.Dong() != c.want {
			t.Errorf("Parse(%q) = %v, %v; want %d, %v", c.in, got, err, c.want, c.err)
		}
	}
}

func TestFormatIsVietnamese(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 đ", 200: "200 đ", 45000: "45.000 đ", 1234567: "1.234.567 đ", -1000: "-1.000 đ"} {
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
		a, err := money.Parse(money.FromDong(n).String())
		if err != nil || a.Dong() != n || a.Sub(money.FromDong(n)).Sign() != 0 {
			t.Fatalf("%d became %v, %v", n, a, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"45000", "100000.00", "-1", "1e5", "99999999999999", ".", "-0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := money.Parse(s)
		if err != nil {
			return
		}
		b, err := money.Parse(a.String())
		if err != nil || b.Cmp(a) != 0 {
			t.Fatalf("%q became %v and then %v, %v", s, a, b, err)
		}
	})
}
