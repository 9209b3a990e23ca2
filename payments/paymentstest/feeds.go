package paymentstest

import (
	"fmt"
	"strconv"
	"time"

	"market40/merchants/platform/bizday"
	"market40/payments/banks"
	"market40/payments/money"
)

// ProviderSecrets returns secrets of a plausible strength for a provider.
func ProviderSecrets(provider string) banks.Secrets {
	secrets := banks.Secrets{}
	if p, ok := banks.FindProvider(provider); ok {
		for _, field := range p.SecretForms()[0] {
			secrets[field] = provider + "-" + field + "-of-the-merchant"
		}
	}
	return secrets
}

// Feed is a bank connection of one provider, used with the provider's own bodies and signatures.
type Feed struct {
	*World
	ID, Path string
	Provider banks.Provider
	Secrets  banks.Secrets
}

// NewFeed creates a connection of a provider.
func (w *World) NewFeed(provider string) *Feed {
	w.T.Helper()
	p, ok := banks.FindProvider(provider)
	if !ok {
		w.T.Fatalf("no provider %q", provider)
	}
	secrets := ProviderSecrets(provider)
	made := w.Call(w.Admin, "POST", "/api/v1/bank-connections", object{
		"provider": provider, "name": provider,
		"secrets": secrets,
	}, 201)
	return &Feed{World: w, ID: made.Text("id"), Path: made.Text("webhook_path"), Provider: p, Secrets: secrets}
}

// Play sends a notice in the provider's format and checks that it succeeds.
func (f *Feed) Play(n banks.Notice) {
	f.T.Helper()
	r, err := f.Provider.Compose(n, f.Secrets, time.Now())
	must(f.T, err)
	f.Deliver(r)
}

// Deliver sends a request and checks that it succeeds.
func (f *Feed) Deliver(r banks.Request) {
	f.T.Helper()
	if status, answer := f.Send(r); status >= 300 {
		f.T.Fatalf("%s answered %d: %s", f.Provider.Name(), status, answer)
	}
}

// Send sends a request and returns the status and the answer.
func (f *Feed) Send(r banks.Request) (int, string) {
	f.T.Helper()
	path := f.Path + r.SubPath
	if r.RawQuery != "" {
		path += "?" + r.RawQuery
	}
	req := f.NewRequest("", r.Method, path, r.Body)
	req.Header = r.Header
	answer, err := f.Do(req)
	must(f.T, err)
	return answer.Code, answer.Body.String()
}

// States returns the states and reasons of the notices with one external id, in the order of receipt.
func (f *Feed) States(external string) []string {
	f.T.Helper()
	var states []string
	for _, n := range f.Call(f.Admin, "GET", "/api/v1/notices?connection_id="+f.ID+"&external_id="+external, nil,
		200).Items() {
		states = append([]string{n.Text("state") + " " + n.Text("why")}, states...)
	}
	return states
}

// WantStates checks what States returns.
func (f *Feed) WantStates(external string, want ...string) {
	f.T.Helper()
	if got := f.States(external); fmt.Sprint(got) != fmt.Sprint(want) {
		f.T.Errorf("%s: notices %s are %q, want %q", f.Provider.Name(), external, got, want)
	}
}

// BankTime is a whole minute in Vietnam.
var BankTime = time.Date(2026, 11, 20, 10, 11, 0, 0, bizday.Vietnam)

// Credit returns a notice of money received, with the fields that every provider's format has.
func Credit(id, account string, amount int64) banks.Notice {
	return banks.Notice{
		ExternalID: id, Account: account, Direction: banks.In, Amount: money.FromDong(amount), Currency: money.Currency,
		Memo: "mua ca", OrderRef: "7001", OccurredAt: BankTime, Precision: banks.Second,
	}
}

// SendVietcombank reports one transfer of Vietcombank as SePay (casso nil) or Casso does, with a weak
// reference.
func (w *World) SendVietcombank(connection string, casso *Feed, id int, memo string, at time.Time) {
	w.T.Helper()
	if casso == nil {
		w.Accept(connection, Transfer{
			ID: id, Gateway: "Vietcombank", Account: "1111111", Memo: memo, Amount: 45000,
			Reference: "5243.65937", Date: at.Format(time.DateTime),
		})
		return
	}
	n := Credit(strconv.Itoa(id), "1111111", 45000)
	n.BankBIN, n.Memo, n.Reference, n.OccurredAt = "970436", memo, "5243.65937", at
	casso.Play(n)
}
