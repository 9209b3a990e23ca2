package banks_test

import (
	"errors"
	"strings"
	"testing"

	"market40/payments/banks"
)

// TestAmountTexts gives each provider's amount as text: only digits, or digits with .0 or .00, are
// whole đồng.
func TestAmountTexts(t *testing.T) {
	t.Parallel()
	for _, name := range banks.ProviderNames() {
		if name == "vnpay" {
			continue // hundredths, in digits only
		}
		p := findProvider(t, name)
		r, err := p.Compose(sampleNotice(name), secretsOf(name, "one"), clock)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			written string // as JSON
			whole   bool
		}{
			{`"45000"`, true},
			{`"45000.0"`, true},
			{`"45000.00"`, true},
			{`45000`, true},
			{`45000.000`, true},
			{`4.5e4`, true},
			{`45.000e3`, true},
			{`"45.000"`, false},
			{`"45000.000"`, false},
			{`"1.000"`, false},
			{`"4.5e4"`, false},
			{`" 45000"`, false},
			{`"45000 "`, false},
			{`"+45000"`, false},
			{`"45,000"`, false},
			{`"４５０００"`, false},
			{`"00000000045000"`, false},
			{`45000.5`, false},
			{`12345678901234`, false},
		} {
			changed := r
			written := c.written
			if name == "zalopay" {
				written = strings.ReplaceAll(written, `"`, `\"`)
			}
			changed.Body = []byte(strings.NewReplacer(`"45000.00"`, written, `"45000"`, written, `45000`,
				written).Replace(string(r.Body)))
			if string(changed.Body) == string(r.Body) && c.written != `45000` && c.written != `"45000"` {
				t.Fatalf("%s: nothing was changed in %s", name, r.Body)
			}
			items, err := p.Parse(changed)
			switch {
			case c.whole && (err != nil || items[0].Notice.Amount.Dong() != 45000):
				t.Errorf("%s: %s is %v, %v", name, c.written, items, err)
			case !c.whole && !errors.Is(err, banks.ErrUnreadable):
				t.Errorf("%s: %s is read: %v", name, c.written, err)
			}
		}
	}
}
