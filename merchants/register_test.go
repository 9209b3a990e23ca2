package merchants_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"market40/merchants"
	"market40/merchants/access/roles"
	"market40/merchants/registertest"
	"market40/merchants/tenancies"
	"market40/merchants/vietqr"
)

func TestOfManyWhoWantTheSameOneWins(t *testing.T) {
	w := newWorld(t)
	market, err := w.Registry.RegisterMarket(t.Context(), merchants.MarketOrder{
		Code: "RUSH", Name: "Chợ", Class: 3,
		Kind: "khac", CommuneCode: "22366",
	})
	must(t, err)
	const rivals = 6
	numbers, accounts, phones := make([]error, rivals), make([]error, rivals), make([]error, rivals)
	var all sync.WaitGroup
	for i := range rivals {
		order := func(number, phone, account string) []tenancies.StallOrder {
			return []tenancies.StallOrder{{
				Number: number, Merchant: &tenancies.MerchantOrder{FullName: "An", Phone: phone},
				Account: &tenancies.AccountOrder{BankBIN: "970436", AccountNumber: account, HolderName: "AN"},
			}}
		}
		all.Go(func() {
			_, numbers[i] = w.Registry.RegisterStalls(t.Context(), market.ID,
				order("SAME", fmt.Sprintf("090500000%d", i), fmt.Sprint("1", i)))
		})
		all.Go(func() {
			_, accounts[i] = w.Registry.RegisterStalls(t.Context(), market.ID, order(fmt.Sprint("A", i),
				fmt.Sprintf("090500001%d", i), "777"))
		})
		all.Go(func() {
			_, phones[i] = w.Registry.RegisterStalls(t.Context(), market.ID, order(fmt.Sprint("P", i), "0905000099",
				fmt.Sprint("2", i)))
		})
	}
	all.Wait()
	for i := range rivals {
		if phones[i] != nil {
			t.Errorf("a known phone is the same merchant, even at the same moment: %v", phones[i])
		}
	}
	for code, errs := range map[string][]error{"number_in_use": numbers, "account_in_use": accounts} {
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !strings.Contains(err.Error(), code) {
				t.Errorf("a rival was refused as %v, want %s", err, code)
			}
		}
		if won != 1 {
			t.Errorf("%s: %d won, want 1", code, won)
		}
	}
	var people, codes int
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT count(*), (SELECT count(*) FROM codes WHERE market_id = $1)
		FROM merchants`, market.ID).Scan(&people, &codes))
	if people != 3 || codes != rivals+2 {
		t.Errorf("%d merchants and %d codes stand, want 3 and %d", people, codes, rivals+2)
	}
}

func TestAStallsFeedIsThatOfItsAccounts(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	scopes := map[roles.Role]string{"province_officer": "", "locality_officer": "locality:568", "team": "market:CHODAM"}
	feed := func(want string) {
		t.Helper()
		seen := w.Call(w.Admin, "GET", "/api/v1/stalls/"+s.Text("id"), nil, 200)
		if got, own := seen.Text("feed.state"), seen.Text("accounts.0.feed.state"); got != want || own != want {
			t.Errorf("the feed is %s, the account's %s, want %s", got, own, want)
		}
		blurred := want
		if want == "stale" {
			blurred = "live"
		}
		// Who may not read payments cannot count who was paid either.
		for _, role := range []roles.Role{"province_officer", "locality_officer", "team"} {
			seen := w.Call(w.Key(role, scopes[role]), "GET", "/api/v1/stalls/"+s.Text("id"), nil, 200)
			if seen.Text("feed.state") != blurred || seen.Text("feed.last_notice_at") != "" ||
				seen.Text("accounts.0.feed.last_notice_at") != "" || role != "team" &&
				seen.Text("accounts.0.feed.state") != blurred {
				t.Errorf("%s sees %v", role, seen)
			}
		}
	}
	other := w.RegisterMarket(w.Admin, "OTHER", "22402")
	w.Exec(`INSERT INTO bank_connections VALUES (gen_random_uuid(), 'sepay', 'other', 'market', $1, now())`, other)
	feed("none")
	w.Exec(`INSERT INTO bank_connections VALUES (gen_random_uuid(), 'sepay', 'ours', 'market', $1, now())`, w.Market)
	feed("none")
	w.Exec(`INSERT INTO connection_secrets (id, connection_id, secrets, created_at) SELECT gen_random_uuid(), id, '',
		now() FROM bank_connections`)
	feed("stale")
	w.Exec(`INSERT INTO ledger_accounts (id, kind, market_id, account_id, last_at)
		VALUES (gen_random_uuid(), 'bank', $1, $2, $3)`,
		w.Market, s.Text("accounts.0.id"), registertest.Noon.Add(-7*24*time.Hour))
	feed("live")
	w.Clock = registertest.Noon.Add(time.Second)
	feed("stale")
	w.Exec(
		`INSERT INTO connection_accounts SELECT id, '970436', '\x00', '9999' FROM bank_connections WHERE name = 'ours'`,
	)
	feed("none")
	second := w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+s.Text("id")+"/accounts", registertest.Account("970415", "2222"),
		201).
		Text("id")
	if second == "" {
		t.Fatal("there is no second account")
	}
	w.Exec(`INSERT INTO connection_accounts SELECT c.id, '970415', a.number_index, '2222'
		FROM bank_connections c, accounts a WHERE c.name = 'ours' AND a.bank_bin = '970415'`)
	seen := w.Call(w.Admin, "GET", "/api/v1/stalls/"+s.Text("id"), nil, 200)
	if seen.Text("feed.state") != "stale" || seen.Text("accounts.0.feed.state") != "none" ||
		seen.Text("accounts.1.feed.state") != "stale" {
		t.Errorf("of a silent account beside one that is covered: %v", seen)
	}
}

func TestAccountsAndPhonesAreStoredSealed(t *testing.T) {
	w := newWorld(t)
	order := w.StallOrder("A1", "010101010101").With("merchant.tax_code", "8012345678")
	w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", order, 201)
	var dump string
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT string_agg(r::text, '') FROM (SELECT m::text FROM merchants m
		UNION ALL SELECT a::text FROM accounts a
		UNION ALL SELECT encode(number, 'escape') FROM accounts UNION ALL SELECT c::text FROM codes c) r`).Scan(&dump))
	for _, secret := range []string{"010101010101", "0905000001", "8012345678"} {
		if strings.Contains(dump, secret) {
			t.Errorf("%s is stored in clear", secret)
		}
	}
}

func TestFailureRevealsNothing(t *testing.T) {
	w := newWorld(t)
	w.DB.Pool.Close()
	if rec := w.Send("", "GET", "/q/M4J2222222", nil); rec.Code != 404 {
		t.Errorf("what is no code needs no database: %d", rec.Code)
	}
	payload, err := vietqr.Encode(vietqr.Payment{BIN: "970436", Account: "1"})
	must(t, err)
	o := w.Call("", "POST", "/api/v1/codes/verify", object{"payload": payload}, 500)
	if o.Text("code") != "internal" || strings.Contains(fmt.Sprint(o), "pool") {
		t.Errorf("the failure says %v", o)
	}
}
