package pages

import (
	"strings"
	"testing"
)

func TestTypedAmount(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"45000": "45000", "45.000": "45000", "45,000": "45000", " 45 000 đ ": "45000", "45k": "45000",
		"45 nghìn": "45000", "45K": "45000", "1.234.567 đồng": "1234567",
		"12\u00a0000₫": "12000", "0": "0", "45 ngàn": "45000",
		"": "", "k": "", "đ": "", "45.5": "", "45.00": "", "-5": "", "+5": "", "1e3": "", "٤٥": "", "45000 USD": "",
		"99999999999999": "", "9999999999999k": "", "4 5": "",
		"45000.000": "", "4500.000": "", "45,000.000": "", "45.000,000": "", "45 000.000": "", "45.": "", ".000": "",
		",45000": "", "45..000": "", "45000 000": "", "1.234,567": "",
		"45.000k": "45000000", "1 234 567": "1234567", "1,234,567": "1234567",
	} {
		got, err := typedAmount(typed)
		if want == "" {
			if err == nil {
				t.Errorf("%q is read as %s", typed, got)
			}
			continue
		}
		if err != nil || got.String() != want {
			t.Errorf("%q is %s, %v; want %s", typed, got, err, want)
		}
	}
}

func FuzzTypedAmount(f *testing.F) {
	for _, seed := range []string{"45.000 đ", "45k", "1.2.3", "999.999.999.999.999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		amount, err := typedAmount(typed)
		if err == nil && (amount.Sign() < 0 || amount.Dong() > 9_999_999_999_999) {
			t.Errorf("%q is %s", typed, amount)
		}
		if err == nil && !strings.ContainsAny(typed, "0123456789") {
			t.Errorf("%q without a digit is %s", typed, amount)
		}
	})
}
