package banks_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"market40/merchants/platform/bizday"
	"market40/payments/banks"
	"market40/payments/money"
)

var clock = time.Unix(1790000000, 0)

// secretsOf returns valid secrets of a provider.
func secretsOf(provider, word string) banks.Secrets {
	p, _ := banks.FindProvider(provider)
	s := banks.Secrets{}
	for _, f := range p.SecretForms()[0] {
		s[f] = word + " " + f
	}
	return s
}

func sampleNotice(provider string) banks.Notice {
	return reported{
		ExternalID: "70001", Account: "0900000001", Direction: banks.In, Amount: "45000", Memo: "tien ca",
		OrderRef: "OD1",
	}.notice(provider)
}

// notice returns the notice with only the fields that a provider's format has.
func (w reported) notice(provider string) banks.Notice {
	amount, err := money.Parse(w.Amount)
	if err != nil {
		panic(err)
	}
	n := banks.Notice{
		ExternalID: w.ExternalID, BankBIN: w.BankBIN, Account: w.Account, VirtualAccount: w.VirtualAccount,
		Direction: w.Direction,
		Amount:    amount, Currency: "VND", Memo: w.Memo, OrderRef: w.OrderRef, OccurredAt: clock.In(bizday.Vietnam),
		Precision: banks.Second, Ignore: w.Ignore,
	}
	n.Reference, n.StrongReference = banks.NormalReference(w.Reference)
	switch provider {
	case "sepay_pg":
		n.Account, n.BankBIN, n.VirtualAccount = "SEPAY_PG", "", ""
	case "casso_v1", "casso_v2":
		n.OrderRef = ""
		if provider == "casso_v1" {
			n.BankBIN = ""
		}
	case "payos":
		n.BankBIN, n.Reference = "", n.ExternalID
		n.Reference, n.StrongReference = banks.NormalReference(n.ExternalID)
	case "pay2s":
		n.VirtualAccount, n.OrderRef = "", ""
	case "vietqr_vn":
		n.BankBIN = ""
	case "momo", "zalopay":
		n.BankBIN, n.Reference, n.StrongReference = "", n.ExternalID, false
		if n.VirtualAccount != "" || provider == "zalopay" {
			n.Memo = ""
		}
		if provider == "zalopay" {
			n.VirtualAccount = ""
		}
	case "vnpay":
		n.BankBIN, n.VirtualAccount = "", ""
	case "standard":
		n.OrderRef = ""
	}
	return n
}

// TestComposeReadsBack checks that a composed request verifies only under its secrets and parses as
// the same notice.
func TestComposeReadsBack(t *testing.T) {
	t.Parallel()
	for _, name := range banks.ProviderNames() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := findProvider(t, name)
			rapid.Check(t, func(rt *rapid.T) { readBack(rt, p) })
		})
	}
}

func readBack(t *rapid.T, p banks.Provider) {
	w := reported{
		ExternalID:     rapid.StringMatching(`[1-9][0-9]{2,14}`).Draw(t, "id"),
		BankBIN:        rapid.SampledFrom([]string{"970436", "970418", "970415", ""}).Draw(t, "bin"),
		Account:        rapid.StringMatching(`[0-9A-Z]{6,19}`).Draw(t, "account"),
		VirtualAccount: rapid.StringMatching(`(VQ[0-9A-Z]{4,10})?`).Draw(t, "virtual"),
		Direction:      rapid.SampledFrom([]banks.Direction{banks.In, banks.Out}).Draw(t, "direction"),
		Amount:         fmt.Sprint(rapid.Int64Range(1, 9_999_999_999_999).Draw(t, "amount")),
		Memo:           rapid.StringMatching(`[^\x00]{0,60}`).Draw(t, "memo"),
		OrderRef:       rapid.StringMatching(`OD[0-9A-Z]{1,10}`).Draw(t, "order"),
		Reference: rapid.SampledFrom([]string{"FT26324000000011", "3079", "198T2570000000", "MBVCB.1"}).Draw(t,
			"reference"),
	}
	if w.Direction == banks.Out {
		w.Ignore = banks.IgnoreDebit
	}
	n := w.notice(p.Name())
	n.OccurredAt = time.Unix(rapid.Int64Range(1_600_000_000, 1_800_000_000).Draw(t, "time")|1, 0).In(bizday.Vietnam)
	secrets := secretsOf(p.Name(), "one")
	r, err := p.Compose(n, secrets, clock)
	if errors.Is(err, banks.ErrNotSupported) && w.Direction == banks.Out {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Verify(r, []banks.Secrets{secretsOf(p.Name(), "two"), secrets}); err != nil {
		t.Fatalf("Verify: %v", err)
	}
	if err := p.Verify(r, []banks.Secrets{secretsOf(p.Name(), "two")}); !errors.Is(err, banks.ErrSignature) {
		t.Fatalf("Verify under another connection's secrets: %v", err)
	}
	items, err := p.Parse(r)
	if err != nil || len(items) != 1 {
		t.Fatalf("Parse: %v", err)
	}
	want := reportedOf(banks.Item{Notice: n})
	if got := reportedOf(items[0]); got != want {
		t.Fatalf("\n got %+v\nwant %+v", got, want)
	}
}

// TestComposedStampGrowsStale checks that a signed stamp may be 300 s off the clock, either way.
func TestComposedStampGrowsStale(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sepay", "casso_v2", "standard"} {
		p, secrets := findProvider(t, name), secretsOf(name, "one")
		r, err := p.Compose(sampleNotice(name), secrets, clock)
		if err != nil {
			t.Fatal(err)
		}
		for offset, want := range map[time.Duration]error{
			300 * time.Second: nil, -300 * time.Second: nil, 301 * time.Second: banks.ErrStale,
			-301 * time.Second: banks.ErrStale,
		} {
			r.Now = clock.Add(offset)
			if err := p.Verify(r, []banks.Secrets{secrets}); !errors.Is(err, want) {
				t.Errorf("%s, clock off by %v: %v, want %v", name, offset, err, want)
			}
		}
	}
}

func TestComposeFailureAndVoid(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sepay_pg", "payos", "momo", "vnpay"} {
		n := sampleNotice(name)
		n.Ignore = banks.IgnoreFailed
		if got := composed(t, name, n); got.Ignore != banks.IgnoreFailed {
			t.Errorf("%s: a failed payment reads as %q", name, got.Ignore)
		}
	}
	n := sampleNotice("sepay_pg")
	n.Reverses, n.ExternalID = n.ExternalID, "void:"+n.ExternalID
	if got := composed(t, "sepay_pg", n); got.Reverses != "70001" || got.ExternalID != "void:70001" ||
		got.Direction != banks.In {
		t.Errorf("a void reads as %+v", got)
	}
}

func composed(t *testing.T, name string, n banks.Notice) banks.Notice {
	t.Helper()
	p := findProvider(t, name)
	r, err := p.Compose(n, secretsOf(name, "one"), clock)
	if err != nil {
		t.Fatal(err)
	}
	items, err := p.Parse(r)
	if err != nil || len(items) != 1 {
		t.Fatalf("%s: %v", name, err)
	}
	return items[0].Notice
}

func TestVietQRToken(t *testing.T) {
	t.Parallel()
	p := findProvider(t, "vietqr_vn")
	issuer, ok := p.(banks.TokenIssuer)
	if !ok {
		t.Fatal("vietqr_vn issues no tokens")
	}
	one, two := secretsOf("vietqr_vn", "one"), secretsOf("vietqr_vn", "two")
	ask := func(user, password string, secrets ...banks.Secrets) (banks.Answer, error) {
		request := &http.Request{Header: http.Header{}}
		request.SetBasicAuth(user, password)
		return issuer.Token(banks.Request{
			Method: http.MethodPost, SubPath: banks.TokenPath, Header: request.Header,
			Now: clock,
		}, secrets)
	}
	for _, wrong := range [][2]string{
		{"", ""},
		{one["username"], two["password"]},
		{two["username"], one["password"]},
	} {
		if _, err := ask(wrong[0], wrong[1], one); !errors.Is(err, banks.ErrSignature) {
			t.Errorf("Token for %v: %v", wrong, err)
		}
	}
	if _, err := ask("", "", banks.Secrets{}); !errors.Is(err, banks.ErrSignature) {
		t.Errorf("Token without secrets: %v", err)
	}
	answer, err := ask(one["username"], one["password"], two, one)
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if err := json.Unmarshal(answer.Body, &body); err != nil || body.TokenType != "Bearer" || body.ExpiresIn != 300 {
		t.Fatalf("%s: %v", answer.Body, err)
	}
	use := func(token string, at time.Time, secrets ...banks.Secrets) error {
		header := http.Header{"Authorization": {"Bearer " + token}}
		return p.Verify(banks.Request{SubPath: banks.SyncPath, Header: header, Now: at}, secrets)
	}
	if err := use(body.AccessToken, clock.Add(299*time.Second), two, one); err != nil {
		t.Errorf("a fresh token: %v", err)
	}
	if err := use(body.AccessToken, clock.Add(300*time.Second), one); !errors.Is(err, banks.ErrStale) {
		t.Errorf("an expired token: %v", err)
	}
	if err := use(body.AccessToken, clock, two); !errors.Is(err, banks.ErrSignature) {
		t.Errorf("another connection's token: %v", err)
	}
	for i := range body.AccessToken {
		forged := body.AccessToken[:i] + string(body.AccessToken[i]^1) + body.AccessToken[i+1:]
		if err := use(forged, clock, one); err == nil && !strings.EqualFold(forged[:53], body.AccessToken[:53]) {
			t.Errorf("a token changed at %d is accepted", i)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	accepted := map[string]string{
		"momo":      "204 ",
		"zalopay":   `200 {"return_code":1,"return_message":"success"}`,
		"vnpay":     `200 {"RspCode":"00","Message":"Confirm Success"}`,
		"vietqr_vn": `200 {"error":false,"errorReason":null,"toastMessage":"Success","object":{"reftransactionid":"id-1"}}`,
	}
	refused := map[string]string{
		"zalopay": `200 {"return_code":-1,"return_message":"mac not equal"}`,
		"vnpay":   `200 {"RspCode":"97","Message":"Invalid signature"}`,
	}
	for _, name := range banks.ProviderNames() {
		p := findProvider(t, name)
		want, special := accepted[name]
		if !special {
			want = `200 {"success":true}`
		}
		answer := p.Accepted([]banks.Item{{}}, []string{"id-1"})
		if got := fmt.Sprintf("%d %s", answer.Status, answer.Body); got != want {
			t.Errorf("%s accepts with %s", name, got)
		}
		answer, own := p.Refused(fmt.Errorf("connection 7: %w", banks.ErrSignature))
		if want, special = refused[name]; own != special || own && fmt.Sprintf("%d %s", answer.Status,
			answer.Body) != want {
			t.Errorf("%s refuses with %d %s", name, answer.Status, answer.Body)
		}
		if _, own := p.Refused(banks.ErrUnreadable); own {
			t.Errorf("%s has its own answer to an unreadable request", name)
		}
	}
}
