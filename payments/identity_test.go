package payments_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"market40/payments/banks"
	"market40/payments/money"
)

// providerSecrets are secrets of a plausible strength for each provider.
var providerSecrets = map[string]banks.Secrets{
	"sepay":     {"hmac_secret": "sepay-hmac-demo-secret"},
	"sepay_pg":  {"secret_key": "pg-secret-key-of-the-merchant"},
	"casso_v1":  {"secure_token": "SECURE-TOKEN-OF-THE-MERCHANT"},
	"casso_v2":  {"checksum_key": "test_checksum_key"},
	"payos":     {"checksum_key": "test_checksum_key"},
	"pay2s":     {"token": "pay2s-token-of-the-merchant"},
	"vietqr_vn": {"username": "vietqr-user", "password": "vietqr-password"},
	"momo":      {"partner_code": "MOMOTEST", "access_key": "F8BBA842ECF85", "secret_key": "K951B6PE1waDMi640xX08PD3vg6EkVlz"},
	"zalopay":   {"key2": "test-key2-khong-phai-khoa-that"},
	"vnpay":     {"hash_secret": "vnpay-hash-secret"},
	"standard":  {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
}

// feed is a bank connection of one provider, played with the provider's own bodies and signatures.
type feed struct {
	*world
	id, path string
	provider banks.Provider
	secrets  banks.Secrets
}

func (w *world) feed(provider string) *feed {
	w.t.Helper()
	p, ok := banks.Find(provider)
	if !ok {
		w.t.Fatalf("no provider %q", provider)
	}
	secrets := providerSecrets[provider]
	made := w.call(w.admin, "POST", "/api/v1/bank-connections", object{"provider": provider, "name": provider, "secrets": secrets}, 201)
	return &feed{world: w, id: made.text("id"), path: made.text("webhook_path"), provider: p, secrets: secrets}
}

// play sends a notice in the provider's words and wants a success.
func (f *feed) play(n banks.Notice) {
	f.t.Helper()
	r, err := f.provider.Compose(n, f.secrets, time.Now())
	must(f.t, err)
	f.deliver(r)
}

func (f *feed) deliver(r banks.Request) {
	f.t.Helper()
	if status, answer := f.send(r); status >= 300 {
		f.t.Fatalf("%s answered %d: %s", f.provider.Name(), status, answer)
	}
}

func (f *feed) send(r banks.Request) (int, string) {
	f.t.Helper()
	address := f.server.URL + f.path + r.SubPath
	if r.RawQuery != "" {
		address += "?" + r.RawQuery
	}
	req, err := http.NewRequestWithContext(f.t.Context(), r.Method, address, bytes.NewReader(r.Body))
	must(f.t, err)
	req.Header = r.Header
	res, err := http.DefaultClient.Do(req)
	must(f.t, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	must(f.t, err)
	return res.StatusCode, string(answer)
}

// states are the states and reasons of the notices under one external id, in the order they came.
func (f *feed) states(external string) []string {
	f.t.Helper()
	var states []string
	for _, n := range f.call(f.admin, "GET", "/api/v1/notices?connection_id="+f.id+"&external_id="+external, nil, 200).items() {
		states = append([]string{n.text("state") + " " + n.text("why")}, states...)
	}
	return states
}

func (f *feed) wantStates(external string, want ...string) {
	f.t.Helper()
	if got := f.states(external); fmt.Sprint(got) != fmt.Sprint(want) {
		f.t.Errorf("%s: notices %s are %q, want %q", f.provider.Name(), external, got, want)
	}
}

// bankTime is a whole minute in Vietnam.
var bankTime = time.Date(2026, 11, 20, 10, 11, 0, 0, time.FixedZone("+07", 7*60*60))

// credit is a notice of money that came in, with what every provider's words can carry.
func credit(id, account string, amount int64) banks.Notice {
	return banks.Notice{
		ExternalID: id, Account: account, Direction: banks.In, Amount: money.FromDong(amount), Currency: money.Currency,
		Memo: "mua ca", OrderRef: "7001", OccurredAt: bankTime, Precision: banks.Second,
	}
}

// TestIdentityOfReferences: where the id is a bank's reference, which may have four digits, account and time belong to it.
func TestIdentityOfReferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.wantSound()
	first, _ := w.stall(w.market, "A1", "970416", "1111111")
	second, _ := w.stall(w.market, "A2", "970416", "2222222")
	payos := w.feed("payos")
	onFirst, onSecond := credit("3079", "1111111", 30000), credit("3079", "2222222", 40000)
	later, sameDay := onFirst, onFirst
	later.OccurredAt, later.Amount = bankTime.AddDate(0, 0, 1), money.FromDong(50000)
	sameDay.OccurredAt = bankTime.Add(time.Hour)
	for range 2 { // told again, each is the same
		for _, n := range []banks.Notice{onFirst, onSecond, later, sameDay} {
			payos.play(n)
		}
	}
	w.wantPaid(first, "30000", "50000", "30000")
	w.wantPaid(second, "40000")
	w.wantCases("conflict", 0)
	if n := len(payos.states("3079")); n != 4 {
		t.Errorf("the reference finds %d notices, want 4", n)
	}

	seconds := onFirst
	seconds.OccurredAt = bankTime.Add(37 * time.Second)
	for range 2 {
		payos.play(seconds)
	}
	w.wantPaid(first, "30000", "30000", "50000", "30000")
	w.wantCases("conflict", 0)
}

// TestIdentityOfVietQR: a transaction of two owners of one feed has a debit leg and a credit leg under one id.
func TestIdentityOfVietQR(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.wantSound()
	payee, _ := w.stall(w.market, "A1", "970422", "1111111")
	payer, _ := w.stall(w.market, "A2", "970422", "2222222")
	f := w.feed("vietqr_vn")
	for i, debitFirst := range []bool{true, false} {
		id := fmt.Sprint("TX-", i)
		in, out := credit(id, "1111111", 25000), credit(id, "2222222", 25000)
		out.Direction = banks.Out
		legs := []banks.Notice{in, out}
		if debitFirst {
			legs = []banks.Notice{out, in}
		}
		for _, n := range append(legs, legs...) {
			f.play(n)
		}
		if got := f.states(id); len(got) != 2 {
			t.Errorf("debit first %v: notices are %q", debitFirst, got)
		}
	}
	w.wantPaid(payee, "25000", "25000")
	w.wantPaid(payer)
	w.wantCases("conflict", 0)
}

// TestVietQRWithoutId: a notice without transactionid is known by its reference, with account and time.
func TestVietQRWithoutId(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.wantSound()
	first, _ := w.stall(w.market, "A1", "970416", "1111111")
	second, _ := w.stall(w.market, "A2", "970416", "2222222")
	f := w.feed("vietqr_vn")
	for range 2 {
		for i, account := range []string{"1111111", "2222222"} {
			n := credit("", account, int64(1000+i))
			n.Reference = "3079"
			f.play(n)
		}
	}
	w.wantPaid(first, "1000")
	w.wantPaid(second, "1001")
	w.wantCases("conflict", 0)
}

// TestIgnoredTakesNoIdentity: in every provider's words, what is ignored takes no identity from the credit of that id.
func TestIgnoredTakesNoIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.wantSound()
	for _, provider := range banks.Names() {
		t.Run(provider, func(t *testing.T) {
			f := w.feed(provider)
			good := credit("70001", "1111111", 60000)
			for _, why := range []banks.Ignore{banks.IgnoreFailed, banks.IgnoreDebit} {
				n := good
				n.Ignore = why
				if why == banks.IgnoreDebit {
					n.Direction = banks.Out
				}
				r, err := f.provider.Compose(n, f.secrets, time.Now())
				if err != nil {
					continue // the provider has no words for it
				}
				items, err := f.provider.Parse(r)
				must(t, err)
				if items[0].Notice.Ignore != why {
					continue
				}
				before := len(f.states("70001"))
				f.deliver(r)
				f.deliver(r)
				if got := f.states("70001"); len(got) != before+1 || got[before] != "ignored "+string(why) {
					t.Errorf("notices are %q", got)
				}
			}
			ignored := len(f.states("70001"))
			for range 2 {
				f.play(good)
			}
			got := f.states("70001")
			if len(got) != ignored+1 || got[ignored] != "unmatched unknown_account" {
				t.Errorf("notices are %q, want the credit last", got)
			}
			w.wantCases("conflict", 0)
		})
	}
}

// TestWalletsPaidAfterFailure: a payment that was authorised or failed first is posted when it succeeds.
func TestWalletsPaidAfterFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.wantSound()
	for i, c := range []struct{ provider, account, store string }{
		{"momo", "MERCHANT1", ""}, {"momo", "MERCHANT2", "STORE-7"}, {"vnpay", "MERCHANT3", ""}, {"sepay_pg", "SEPAY_PG", ""},
	} {
		stall := w.wallet(fmt.Sprint("W", i), c.account)
		f := w.feed(c.provider)
		paid := credit("4400123456", c.account, 60000)
		paid.VirtualAccount = c.store
		failed := paid
		failed.Ignore, failed.OccurredAt = banks.IgnoreFailed, bankTime.Add(-time.Minute)
		again := failed
		again.OccurredAt = bankTime.Add(-30 * time.Second)
		for _, n := range []banks.Notice{failed, failed, again, paid, paid, failed} { // no provider promises an order
			f.play(n)
		}
		w.wantPaid(stall, "60000")
		if c.provider == "momo" { // its time is of the answer, so that again is a repeat
			f.wantStates("4400123456", "ignored failed", "posted account")
		} else {
			f.wantStates("4400123456", "ignored failed", "ignored failed", "posted account")
		}
	}
	w.wantCases("conflict", 0)
}

// wallet registers a stall that receives on a wallet's merchant id.
func (w *world) wallet(number, account string) string {
	w.t.Helper()
	w.phones++
	return w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", object{
		"number": number, "kind": "stall", "zone": "A", "goods_group": "hai_san",
		"merchant": object{"full_name": "Người bán " + number, "phone": fmt.Sprintf("0905%06d", w.phones)},
		"account":  object{"kind": "ewallet", "account_number": account, "holder_name": "NGUOI BAN", "holder_kind": "ca_nhan"},
	}, 201).text("id")
}

// TestBankHubHasItsOwnIds: SePay's webhook and its Bank Hub number their transactions apart and share one route.
func TestBankHubHasItsOwnIds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.stall(w.market, "A1", "970422", "1111111")
	c := w.sepay(nil)
	hub := []byte(`{"gateway":"MBBank","transaction_date":"2026-11-20 10:11:12","account_number":"1111111","bank_account_xid":"x",` +
		`"va":null,"payment_code":null,"content":"mua ca","transfer_type":"credit","amount":25000,"reference_code":null,"accumulated":0,"transaction_id":"7"}`)
	for range 2 {
		w.accept(c, transfer{ID: 7, Account: "1111111", Memo: "mua rau", Amount: 20000})
		if status, answer := w.hook("/webhooks/sepay/"+c, "Apikey "+sepayKey, hub); status != 200 {
			t.Fatalf("answered %d: %s", status, answer)
		}
	}
	w.wantPaid(stall, "25000", "20000")
	w.wantCases("conflict", 0)
	w.wantSound()
}

// TestVoidBesidePayment: a void of the payment gateway has an identity of its own and reverses the payment once.
func TestVoidBesidePayment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall := w.wallet("W1", "SEPAY_PG")
	f := w.feed("sepay_pg")
	pending, paid := credit("a1b2", "SEPAY_PG", 60000), credit("a1b2", "SEPAY_PG", 60000)
	pending.Ignore = banks.IgnoreFailed
	void := paid
	void.Reverses, void.ExternalID = "a1b2", "void:a1b2"
	for range 2 {
		for _, n := range []banks.Notice{pending, paid, void} {
			f.play(n)
		}
	}
	w.wantPaid(stall, "-60000", "60000")
	f.wantStates("a1b2", "ignored failed", "posted account")
	f.wantStates("void:a1b2", "posted taken_back")
	w.wantCases("conflict", 0)
	w.wantSound()
}

// TestSameIdOtherContentIsAConflict: for a credit this has not changed, whatever was ignored before it.
func TestSameIdOtherContentIsAConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.stall(w.market, "A1", "970422", "1111111")
	_, other := w.stall(w.market, "A2", "970422", "2222222")
	c := w.sepay(nil)
	w.accept(c, transfer{ID: 5, Account: "1111111", Memo: "x", Amount: 1000, Type: "out"})
	w.accept(c, transfer{ID: 5, Account: "1111111", Memo: "x", Amount: 2000})
	w.accept(c, transfer{ID: 5, Account: "1111111", Memo: "x", Amount: 3000})
	w.wantPaid(stall, "2000")
	w.wantCases("conflict", 1)
	w.accept(c, transfer{ID: 6, Account: "1111111", Memo: code, Amount: 4000})
	w.accept(c, transfer{ID: 6, Account: "1111111", Memo: "ck " + code, Amount: 4000}) // a memo written otherwise is a retry
	w.wantCases("conflict", 1)
	w.accept(c, transfer{ID: 6, Account: "1111111", Memo: other, Amount: 4000}) // but not one that names another stall
	w.wantCases("conflict", 2)
	w.accept(c, transfer{ID: 7, Account: "1111111", Memo: "ck", Amount: 5000})
	w.accept(c, transfer{ID: 7, Account: "1111111", Memo: "ck " + code, Amount: 5000}) // nor one that names a stall where none was named
	w.wantCases("conflict", 3)
	w.wantPaid(stall, "5000", "4000", "2000")
	w.wantSound()
}

// TestIdentityOverTheUpgrade takes the keys back to what they were before they had parts and migrates them again: what was
// told before is still a repeat, and what was ignored no longer takes the id of a credit.
func TestIdentityOverTheUpgrade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.wantSound()
	stall, _ := w.stall(w.market, "A1", "970416", "1111111")
	shop := w.wallet("W1", "MERCHANT1")
	payos, momo := w.feed("payos"), w.feed("momo")
	posted, nextDay := credit("3079", "1111111", 30000), credit("3079", "1111111", 40000)
	nextDay.OccurredAt = bankTime.AddDate(0, 0, 1)
	paid := credit("4400123456", "MERCHANT1", 60000)
	failed := paid
	failed.Ignore = banks.IgnoreFailed
	payos.play(posted)
	momo.play(failed)

	_, err := w.db.Pool.Exec(t.Context(), `ALTER TABLE notice_keys DISABLE TRIGGER USER`)
	must(t, err)
	for _, before := range []struct{ id, content string }{ // as earlier programs digested them
		{"3079", "1111111\n\nin\n30000\nVND\n" + strconv.FormatInt(bankTime.UnixMilli(), 10) + "\n3079"},
		{"4400123456", "MERCHANT1\n\nin\n60000\nVND\n\n4400123456"},
	} {
		_, err := w.db.Pool.Exec(t.Context(), `UPDATE notice_keys SET digest = $2 WHERE external_id = $1`, before.id, w.keys.Index("notice", before.content))
		must(t, err)
	}
	up, down := migrationOf(t, "notice_identity")
	for _, sql := range []string{down, up} {
		_, err := w.db.Pool.Exec(t.Context(), sql)
		must(t, err)
	}
	for range 2 {
		payos.play(posted)
		payos.play(nextDay)
		momo.play(failed)
		momo.play(paid)
	}
	w.wantPaid(stall, "40000", "30000")
	w.wantPaid(shop, "60000")
	momo.wantStates("4400123456", "ignored failed", "posted account")
	w.wantCases("conflict", 0)
}

// migrationOf returns the two halves of the migration of a name.
func migrationOf(t *testing.T, name string) (up, down string) {
	t.Helper()
	files, err := filepath.Glob("../migrations/*_" + name + ".sql")
	must(t, err)
	if len(files) != 1 {
		t.Fatalf("%d migrations are called %s", len(files), name)
	}
	text, err := os.ReadFile(files[0])
	must(t, err)
	up, down, _ = strings.Cut(string(text), "-- +goose Down")
	return up, down
}
