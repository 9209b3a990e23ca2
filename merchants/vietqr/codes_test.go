package vietqr_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"testing"
	"unicode/utf8"

	"market40/merchants/vietqr"
)

// published is one code of testdata/codes.json: a payload and what the documents say of it.
type published struct {
	Name       string                       `json:"name"`
	Payload    string                       `json:"payload"`
	Strict     bool                         `json:"strict"`
	Lenient    bool                         `json:"lenient"`
	Scheme     string                       `json:"scheme"`
	Says       map[string]string            `json:"says"`
	RFU        map[string]string            `json:"rfu"`
	Unreserved map[string]string            `json:"unreserved"`
	Templates  map[string]map[string]string `json:"templates"`
	Faults     []string                     `json:"faults"`
}

func publishedCodes(t testing.TB) []published {
	t.Helper()
	raw, err := os.ReadFile("testdata/codes.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Codes []published }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Codes) < 59 {
		t.Fatalf("%d codes, want 59 or more", len(file.Codes))
	}
	return file.Codes
}

// checkDecoded is a Code as the fixtures write it.
func checkDecoded(c vietqr.Code) map[string]string {
	m := map[string]string{
		"poi": c.POI, "bin": c.BIN, "account": c.Account, "service": c.Service, "amount": c.Amount,
		"currency": c.Currency,
		"country":  c.Country, "mcc": c.MCC, "merchant_name": c.MerchantName, "city": c.City,
		"postal_code": c.PostalCode,
		"bill":        c.Bill, "mobile": c.Mobile, "store": c.Store, "loyalty": c.Loyalty, "reference": c.Reference,
		"customer": c.Customer, "terminal": c.Terminal, "purpose": c.Purpose, "tip_indicator": c.TipIndicator,
		"fee_fixed": c.FeeFixed, "fee_percent": c.FeePercent, "consumer_data_request": c.ConsumerDataRequest,
		"merchant_tax_id": c.MerchantTaxID, "merchant_channel": c.MerchantChannel,
		"alt_language": c.AltLanguage, "alt_name": c.AltName, "alt_city": c.AltCity,
	}
	maps.DeleteFunc(m, func(_, value string) bool { return value == "" })
	return m
}

func byID(list []vietqr.Object) map[string]string {
	m := map[string]string{}
	for _, o := range list {
		m[o.ID] = o.Value
	}
	return m
}

func TestPublishedCodesMatchTheirDocuments(t *testing.T) {
	t.Parallel()
	for _, p := range publishedCodes(t) {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			code, err := vietqr.Decode(p.Payload)
			if (err == nil) != p.Strict {
				t.Fatalf("strict: %v, want accepted %v", err, p.Strict)
			}
			if err != nil {
				checkFault(t, p, err)
			}
			if got := checkDecoded(code); !maps.Equal(got, p.Says) {
				t.Errorf("read\n%v, want\n%v", got, p.Says)
			}
			if code.Scheme != p.Scheme {
				t.Errorf("scheme %q, want %q", code.Scheme, p.Scheme)
			}
			if got := byID(code.RFU); !maps.Equal(got, p.RFU) {
				t.Errorf("reserved %v, want %v", got, p.RFU)
			}
			if got := byID(code.Unreserved); !maps.Equal(got, p.Unreserved) {
				t.Errorf("unreserved %v, want %v", got, p.Unreserved)
			}
			for _, a := range code.Accounts {
				if want, ok := p.Templates[a.ID]; ok && !maps.Equal(byID(a.Objects), want) {
					t.Errorf("template %s is %v, want %v", a.ID, byID(a.Objects), want)
				}
			}
			if len(p.Templates) > 0 && len(code.Accounts) != len(p.Templates) {
				t.Errorf("%d templates, want %d", len(code.Accounts), len(p.Templates))
			}
		})
	}
}

// checkFault holds the reported fault against the list of those that apply; the first is the one to
// report, except where a line break follows the code: there is no CRC to speak of.
func checkFault(t *testing.T, p published, err error) {
	t.Helper()
	var fault *vietqr.Error
	if !errors.As(err, &fault) {
		t.Fatalf("%T is no *vietqr.Error", err)
	}
	if !slices.Contains(p.Faults, fault.Code) {
		t.Errorf("fault %s, want one of %v", fault.Code, p.Faults)
	}
	if fault.Code != p.Faults[0] && p.Payload[len(p.Payload)-1] != '\n' {
		t.Errorf("fault %s, want %s first", fault.Code, p.Faults[0])
	}
	if fault.Offset < 0 || fault.Offset > utf8.RuneCountInString(p.Payload) {
		t.Errorf("offset %d lies outside", fault.Offset)
	}
}

func TestLenientReaderForgivesWhatTheFieldDoes(t *testing.T) {
	t.Parallel()
	for _, p := range publishedCodes(t) {
		_, warnings, err := vietqr.DecodeLenient(p.Payload)
		if (err == nil) != p.Lenient {
			t.Errorf("%s: %v, want accepted %v (%v)", p.Name, err, p.Lenient, p.Faults)
		}
		if p.Lenient && !p.Strict && !slices.ContainsFunc(warnings,
			func(w vietqr.Warning) bool { return w.Code == p.Faults[0] }) {
			t.Errorf("%s: warnings %v do not name %s", p.Name, warnings, p.Faults[0])
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, p := range publishedCodes(f) {
		f.Add(p.Payload)
	}
	f.Add("")
	f.Add("00")
	f.Add("0002016205\xff\xfe\xfd")
	f.Fuzz(func(t *testing.T, payload string) {
		_, strict := vietqr.Decode(payload)
		_, warnings, lenient := vietqr.DecodeLenient(payload)
		if strict == nil && lenient != nil {
			t.Fatalf("%q: strict accepts, lenient says %v", payload, lenient)
		}
		var fault *vietqr.Error
		for _, err := range []error{strict, lenient} {
			if errors.As(err, &fault) {
				warnings = append(warnings, vietqr.Warning(*fault))
			}
		}
		for _, w := range warnings {
			if w.Code == "" || w.Offset < 0 || w.Offset > utf8.RuneCountInString(payload) {
				t.Fatalf("%q: fault %+v", payload, w)
			}
		}
	})
}
