package banks_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"market40/payments/banks"
)

// vector is one delivery of testdata/<provider>.json and its expected result.
type vector struct {
	Name, Source string
	Secrets      banks.Secrets
	Clock        int64 // seconds since 1970
	Request      struct {
		Method, Query, Body string
		SubPath             string `json:"sub_path"`
		RemoteIP            string `json:"remote_ip"`
		Headers             map[string]string
	}
	Verify string // ok, signature, stale, or unknown_key where only the parser can be tried
	Error  string // "unreadable" where nothing can be read
	Want   []reported
}

// reported is a notice as the vectors write it; Bad marks an item that cannot be read.
type reported struct {
	Bad            bool            `json:"bad"`
	ExternalID     string          `json:"external_id"`
	BankBIN        string          `json:"bank_bin"`
	Account        string          `json:"account"`
	VirtualAccount string          `json:"virtual_account"`
	Direction      banks.Direction `json:"direction"`
	Amount         string          `json:"amount"`
	Currency       string          `json:"currency"`
	Memo           string          `json:"memo"`
	OrderRef       string          `json:"order_ref"`
	Reference      string          `json:"reference"`
	Strong         bool            `json:"strong"`
	OccurredAt     string          `json:"occurred_at"`
	Precision      banks.Precision `json:"precision"`
	Ignore         banks.Ignore    `json:"ignore"`
	Reverses       string          `json:"reverses"`
}

const wallTime = "2006-01-02T15:04:05.999-07:00"

func reportedOf(item banks.Item) reported {
	n := item.Notice
	return reported{
		item.Err != nil, n.ExternalID, n.BankBIN, n.Account, n.VirtualAccount, n.Direction, n.Amount.String(),
		n.Currency, n.Memo,
		n.OrderRef, n.Reference, n.StrongReference, n.OccurredAt.Format(wallTime), n.Precision, n.Ignore, n.Reverses,
	}
}

func (v vector) request(t *testing.T) banks.Request {
	t.Helper()
	r := banks.Request{
		Method: v.Request.Method, SubPath: v.Request.SubPath, RawQuery: v.Request.Query, Header: http.Header{},
		Body: []byte(v.Request.Body), Now: time.Unix(v.Clock, 0),
	}
	for name, value := range v.Request.Headers {
		r.Header.Set(name, value)
	}
	if v.Request.RemoteIP != "" {
		r.RemoteIP = netip.MustParseAddr(v.Request.RemoteIP)
	}
	return r
}

func findProvider(t testing.TB, name string) banks.Provider {
	t.Helper()
	p, ok := banks.FindProvider(name)
	if !ok {
		t.Fatalf("no provider %q", name)
	}
	return p
}

func readVectors(t testing.TB, provider string) []vector {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", provider+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, name := range banks.ProviderNames() {
		p := findProvider(t, name)
		list := readVectors(t, name)
		if len(list) < 3 {
			t.Errorf("%s has only %d vectors", name, len(list))
		}
		for _, v := range list {
			t.Run(name+"/"+v.Name, func(t *testing.T) {
				t.Parallel()
				v.checkVerify(t, p)
				v.checkParse(t, p)
			})
		}
	}
}

func (v vector) checkVerify(t *testing.T, p banks.Provider) {
	if v.Source == "" {
		t.Error("no source is named")
	}
	if v.Verify == "unknown_key" {
		return
	}
	want := map[string]error{"ok": nil, "signature": banks.ErrSignature, "stale": banks.ErrStale}
	expected, known := want[v.Verify]
	if !known {
		t.Fatalf("unknown verdict %q", v.Verify)
	}
	other := banks.Secrets{}
	for field := range v.Secrets {
		other[field] = "another secret"
	}
	r := v.request(t)
	for _, secrets := range [][]banks.Secrets{{v.Secrets}, {other, v.Secrets}, {v.Secrets, other}} {
		if err := p.Verify(r, secrets); !errors.Is(err, expected) || expected == nil && err != nil {
			t.Errorf("Verify: %v, want %v", err, expected)
		}
	}
	for _, secrets := range [][]banks.Secrets{nil, {other}, {{}}} {
		if err := p.Verify(r, secrets); !errors.Is(err, banks.ErrSignature) {
			t.Errorf("Verify under %v: %v, want ErrSignature", secrets, err)
		}
	}
}

func (v vector) checkParse(t *testing.T, p banks.Provider) {
	items, err := p.Parse(v.request(t))
	if v.Error == "unreadable" {
		if !errors.Is(err, banks.ErrUnreadable) {
			t.Errorf("Parse: %v, want ErrUnreadable", err)
		}
		for _, item := range items {
			if item.Err == nil {
				t.Errorf("Parse read %+v", item.Notice)
			}
		}
		return
	}
	if err != nil || v.Verify != "signature" && v.Verify != "stale" && len(items) != len(v.Want) {
		t.Fatalf("Parse: %d items, %v, want %d", len(items), err, len(v.Want))
	}
	for i, want := range v.Want {
		got := reportedOf(items[i])
		if want.Bad {
			want = reported{Bad: true, ExternalID: want.ExternalID}
			got = reported{Bad: got.Bad, ExternalID: got.ExternalID}
		} else {
			at, err := time.Parse(wallTime, want.OccurredAt)
			if err != nil {
				t.Fatal(err)
			}
			want.OccurredAt = at.Format(wallTime)
		}
		if got != want {
			t.Errorf("item %d:\n got %+v (%v)\nwant %+v", i, got, items[i].Err, want)
		}
	}
}

// TestVerifyRefusesAChange changes signed bodies and uses another connection's secrets.
func TestVerifyRefusesAChange(t *testing.T) {
	t.Parallel()
	unsigned := map[string]bool{"sepay_pg": true, "casso_v1": true, "pay2s": true, "vietqr_vn": true}
	for _, name := range banks.ProviderNames() {
		if unsigned[name] {
			continue // a static token does not sign the body
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := findProvider(t, name)
			secrets := secretsOf(name, "one")
			r, err := p.Compose(sampleNotice(name), secrets, clock)
			if err != nil {
				t.Fatal(err)
			}
			amount := "45000"
			for _, changed := range []string{"95000", "450000"} {
				forged := r
				forged.Body = []byte(strings.Replace(string(r.Body), amount, changed, 1))
				forged.RawQuery = strings.Replace(r.RawQuery, amount, changed, 1)
				if string(forged.Body) == string(r.Body) && forged.RawQuery == r.RawQuery {
					t.Fatal("nothing was changed")
				}
				if err := p.Verify(forged, []banks.Secrets{secrets}); !errors.Is(err, banks.ErrSignature) {
					t.Errorf("amount %s: %v, want ErrSignature", changed, err)
				}
			}
		})
	}
}
