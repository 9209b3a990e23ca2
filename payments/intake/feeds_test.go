package intake_test

import (
	"fmt"
	"testing"

	"market40/payments/banks"
	"market40/payments/paymentstest"
)

// wantFeed checks the state of the feed that a stall's own screen shows.
func (w *world) wantFeed(stall, want, when string) {
	w.T.Helper()
	seen := w.Call(w.Admin, "GET", "/api/v1/stalls/"+stall, nil, 200)
	first, _ := seen["accounts"].([]any)[0].(map[string]any)
	if got, own := seen.Text("feed.state"), object(first).Text("feed.state"); got != want || own != want {
		w.T.Errorf("%s the feed is %s, the account's %s, not %s", when, got, own, want)
	}
}

// expectedFeed returns the expected state of a stall's feed after these payments.
func expectedFeed(payments []object) string {
	if len(payments) > 0 {
		return "live"
	}
	return "none"
}

// TestFeedOfEachKindOfAccount checks for each provider that a stall has a feed exactly if its
// notices reach the stall's account.
func TestFeedOfEachKindOfAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, provider := range banks.ProviderNames() {
		bank, wallet := fmt.Sprint("09123450", i), fmt.Sprint("09123460", i)
		if provider == "sepay_pg" { // it names no account
			wallet = "SEPAY_PG"
		}
		stall, _ := w.Stall(w.Market, fmt.Sprint("B", i), "970422", bank)
		shop := w.wallet(fmt.Sprint("W", i), wallet)
		f := w.NewFeed(provider)
		for n, account := range []string{bank, wallet} {
			c := paymentstest.Credit(fmt.Sprintf("82%02d%d", i, n), account, int64(10000+1000*i))
			c.Reference = fmt.Sprintf("FT26324000%02d%d00", i, n)
			f.Play(c)
		}
		w.wantFeed(stall, expectedFeed(w.Paid(stall)), "for a bank account, reported by "+provider+",")
		w.wantFeed(shop, expectedFeed(w.Paid(shop)), "for a wallet, reported by "+provider+",")
		w.Call(w.Admin, "PATCH", paymentstest.ConnectionsPath+"/"+f.ID, object{"enabled": false}, 200)
		w.wantFeed(stall, "none", "after "+provider+" was switched off")
		w.wantFeed(shop, "none", "after "+provider+" was switched off")
	}
}

// TestFeedWithinTheScope checks that a stall has a feed exactly if its account is within the scope
// of the connection.
func TestFeedWithinTheScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	other := w.RegisterMarket(w.Admin, "OTHER", "22366")
	stall, _ := w.Stall(w.Market, "A1", "422589", "1111111") // CIMB has two BINs
	merchant := w.Call(w.Admin, "GET", "/api/v1/stalls/"+stall, nil, 200).Text("merchant.id")
	neighbour, _ := w.Stall(w.Market, "A2", "970422", "2222222")
	theirs := w.Call(w.Admin, "GET", "/api/v1/stalls/"+neighbour, nil, 200).Text("merchant.id")
	names := func(bin, number string) object {
		return object{"accounts": []object{{"bank_bin": bin, "account_number": number}}}
	}
	owned := func(kind, id string) object {
		return object{"owner": object{"kind": kind, "id": id}}
	}
	for i, more := range []object{
		names("422589", "1111111"), names("970459", "1111111"), names("", "1111111"), names("970422", "1111111"),
		names("422589", "2222222"),
		owned("market", w.Market), owned("market", other), owned("merchant", merchant), owned("merchant", theirs),
	} {
		c := w.SePay(more)
		before := len(w.Paid(stall))
		w.Accept(c, transfer{
			ID: i + 1, Gateway: "CIMB", Account: "1111111", Memo: "tien ca", Amount: 1000 + i,
			Reference: fmt.Sprint("FT2632400091", i),
		})
		w.wantFeed(stall, expectedFeed(w.Paid(stall)[before:]), fmt.Sprint("by a connection of ", more))
		w.Call(w.Admin, "PATCH", paymentstest.ConnectionsPath+"/"+c, object{"enabled": false}, 200)
	}
	if paid := len(w.Paid(stall)); paid != 5 {
		t.Errorf("%d connections were within their scope, not 5", paid)
	}
}

// TestFeedOfAClosedConnection checks that a connection is no feed before its approval or without a
// secret.
func TestFeedOfAClosedConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	c := w.Call(w.Admin, "POST", paymentstest.ConnectionsPath, object{
		"provider": "sepay", "name": "x",
		"secrets": object{"auth": "none", "allow_ips": []string{"127.0.0.1/32"}},
	}, 201)
	one := paymentstest.ConnectionsPath + "/" + c.Text("id")
	w.wantFeed(stall, "none", "before the approval")
	w.Call(w.Key("admin", ""), "POST", one+"/approve", nil, 200)
	w.wantFeed(stall, "stale", "after the approval")
	secret := w.Call(w.Admin, "GET", one, nil, 200)["secrets"].([]any)[0].(map[string]any)["id"].(string)
	w.Call(w.Admin, "PATCH", one, object{"enabled": false}, 200)
	w.Call(w.Admin, "DELETE", one+"/secrets/"+secret, nil, 204)
	// as in old databases
	_, err := w.DB.Pool.Exec(t.Context(), `UPDATE bank_connections SET enabled = true`)
	must(t, err)
	w.wantFeed(stall, "none", "without a secret")
}
