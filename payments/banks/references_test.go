package banks_test

import (
	"strings"
	"testing"

	"market40/payments/banks"
)

func TestNormalReference(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, want string
		strong     bool
	}{
		{"FT26253000030653", "FT26253000030653", true},
		{" ft251673k4tv ", "FT251673K4TV", true},
		{`FT24106310287836\BNK`, "FT24106310287836", true},
		{"FT22334261631086BNK", "FT22334261631086", true},
		{"VN0014171FT26106RWYQC", "FT26106RWYQC", true},
		{"MBFTX FT26324000000011", "FT26324000000011", true},
		{"bc8af415-13e4-4bf9-8352-a8af59df5808", "BC8AF415-13E4-4BF9-8352-A8AF59DF5808", true},
		{"164T2610ZZVLSBA9", "164T2610ZZVLSBA9", true},
		{"198T2570000000", "198T2570000000", true},
		{"3079", "3079", false},
		{"5017 - 48678", "5017 - 48678", false},
		{"MBVCB.3278907687", "MBVCB.3278907687", false},
		{"FT-REFERENCE", "FT-REFERENCE", false},
		{"FT2632", "FT2632", false},
		{"bc8af415-13e4-4bf9-8352-a8af59df580g", "BC8AF415-13E4-4BF9-8352-A8AF59DF580G", false},
		{"164T26", "164T26", false},
		{"", "", false},
	} {
		if got, strong := banks.NormalReference(c.text); got != c.want || strong != c.strong {
			t.Errorf("%q: %q, strong %v; want %q, %v", c.text, got, strong, c.want, c.strong)
		}
	}
}

func FuzzNormalReference(f *testing.F) {
	for _, s := range []string{
		`FT24106310287836\BNK`, "VN0014171FT26106RWYQC", "198T2570000000", "FTFTFT26106RWYQC",
		"3079",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once, strong := banks.NormalReference(text)
		twice, still := banks.NormalReference(once)
		if once != twice || strong != still {
			t.Errorf("%q: %q (%v), again %q (%v)", text, once, strong, twice, still)
		}
		if strong && !strings.Contains(strings.ToUpper(text), once) {
			t.Errorf("%q: %q is not in it", text, once)
		}
	})
}
