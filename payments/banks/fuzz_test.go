package banks_test

import (
	"errors"
	"testing"
	"unicode/utf8"

	"market40/payments/banks"
)

// FuzzProviders tries every provider on any body, query and header. No provider panics, returns a
// Notice that breaks its contract, or accepts a signature without the secret.
func FuzzProviders(f *testing.F) {
	for i, name := range banks.ProviderNames() {
		for _, v := range readVectors(f, name) {
			header := v.Request.Headers["X-Casso-Signature"] + v.Request.Headers["Authorization"]
			f.Add(uint8(i), v.Request.Body+v.Request.Query, header, v.Request.Headers["Content-Type"])
		}
	}
	for _, id := range []string{"18.0", "1.8e1", "-0.0", "1e60", "1e999999999", "180E-1", "true"} {
		for _, when := range []string{"2026-11-20 10:11", "2026-11-20T10:11:12+0700", "2026-11-20 10:11:12 +07"} {
			f.Add(uint8(0), `{"id":`+id+`,"transactionDate":"`+when+`","transferType":"in","transferAmount":1000}`, "",
				"")
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, body, header, contentType string) {
		name := banks.ProviderNames()[int(which)%len(banks.ProviderNames())]
		p := findProvider(t, name)
		r := banks.Request{Body: []byte(body), RawQuery: body, Now: clock, Header: map[string][]string{
			"Content-Type": {contentType}, "Authorization": {header}, "X-Casso-Signature": {header},
			"Secure-Token": {header},
			"X-Secret-Key": {header}, "Webhook-Signature": {header}, "X-Sepay-Signature": {header},
			"X-Sepay-Timestamp": {"1790000000"},
		}}
		if p.Verify(r, []banks.Secrets{{}, secretsOf(name, "an unknown secret")}) == nil {
			t.Error("a signature without the secret is accepted")
		}
		items, err := p.Parse(r)
		if err != nil && !errors.Is(err, banks.ErrUnreadable) {
			t.Errorf("Parse: %v does not wrap ErrUnreadable", err)
		}
		for _, item := range items {
			checkContract(t, item, err)
		}
	})
}

func checkContract(t *testing.T, item banks.Item, err error) {
	if item.Err != nil {
		return
	}
	n := item.Notice
	switch {
	case err != nil:
		t.Error("an item is readable and the delivery is not")
	case n.ExternalID == "" || len(n.ExternalID) > 200:
		t.Errorf("external id %q", n.ExternalID)
	case n.Amount.Sign() <= 0 || n.Amount.Dong() > 9_999_999_999_999:
		t.Errorf("amount %s", n.Amount)
	case n.Direction == banks.Out && n.Ignore == "", n.Direction != banks.Out && n.Direction != banks.In:
		t.Errorf("direction %q is not ignored", n.Direction)
	case n.OccurredAt.Year() < 2000 || n.OccurredAt.Year() > 9999 || n.Precision == "":
		t.Errorf("occurred at %v, %q", n.OccurredAt, n.Precision)
	}
	for _, text := range []string{
		n.ExternalID, n.Account, n.VirtualAccount, n.Memo, n.OrderRef, n.Reference,
		n.Currency,
	} {
		for _, c := range text {
			if c == 0 {
				t.Errorf("a zero byte in %q", text)
			}
		}
		if !utf8.ValidString(text) {
			t.Errorf("%q is not UTF-8", text)
		}
	}
}

// BenchmarkSepay measures the hot path of a delivery. The target is below 15 µs.
func BenchmarkSepay(b *testing.B) {
	for _, v := range readVectors(b, "sepay") {
		if v.Name != "sepay 03 sacombank split" && v.Name != "sepay 21 hmac computed" {
			continue
		}
		b.Run(v.Name, func(b *testing.B) {
			p := findProvider(b, "sepay")
			r := banks.Request{Header: map[string][]string{}, Body: []byte(v.Request.Body), Now: clock}
			for name, value := range v.Request.Headers {
				r.Header.Set(name, value)
			}
			secrets := []banks.Secrets{v.Secrets}
			b.ReportAllocs()
			for b.Loop() {
				if err := p.Verify(r, secrets); err != nil {
					b.Fatal(err)
				}
				if _, err := p.Parse(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
