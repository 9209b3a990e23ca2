package payments_test

import (
	"fmt"
	"testing"

	"market40/payments/banks"
)

// wantFeed wants what a stall's own screen is told of its feed.
func (w *world) wantFeed(stall, want, when string) {
	w.t.Helper()
	seen := w.call(w.admin, "GET", "/api/v1/stalls/"+stall, nil, 200)
	first, _ := seen["accounts"].([]any)[0].(map[string]any)
	if got, own := seen.text("feed.state"), object(first).text("feed.state"); got != want || own != want {
		w.t.Errorf("%s the feed is %s, the account's %s, not %s", when, got, own, want)
	}
}

// heard is what a stall's screen should be told of its only account, of which money came or did not.
func heard(payments []object) string {
	if len(payments) > 0 {
		return "live"
	}
	return "none"
}

// TestAFeedIsOfItsKindOfAccount: whether a stall is told that it is heard follows from what each provider's notices can reach.
func TestAFeedIsOfItsKindOfAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, provider := range banks.Names() {
		bank, wallet := fmt.Sprint("09123450", i), fmt.Sprint("09123460", i)
		if provider == "sepay_pg" { // it names no account
			wallet = "SEPAY_PG"
		}
		stall, _ := w.stall(w.market, fmt.Sprint("B", i), "970422", bank)
		shop := w.wallet(fmt.Sprint("W", i), wallet)
		f := w.feed(provider)
		for n, account := range []string{bank, wallet} {
			c := credit(fmt.Sprintf("82%02d%d", i, n), account, int64(10000+1000*i))
			c.Reference = fmt.Sprintf("FT26324000%02d%d00", i, n)
			f.play(c)
		}
		w.wantFeed(stall, heard(w.paid(stall)), "of a bank account, told by "+provider+",")
		w.wantFeed(shop, heard(w.paid(shop)), "of a wallet, told by "+provider+",")
		w.call(w.admin, "PATCH", connectionsPath+"/"+f.id, object{"enabled": false}, 200)
		w.wantFeed(stall, "none", "after "+provider+" was switched off")
		w.wantFeed(shop, "none", "after "+provider+" was switched off")
	}
}

// TestAFeedIsOfItsConnectionsScope: the accounts that a connection names, and its owner's, are those of whose notices a stall is told.
func TestAFeedIsOfItsConnectionsScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.wantSound()
	other := w.newMarket("OTHER")
	stall, _ := w.stall(w.market, "A1", "422589", "1111111") // CIMB has two BINs
	merchant := w.call(w.admin, "GET", "/api/v1/stalls/"+stall, nil, 200).text("merchant.id")
	neighbour, _ := w.stall(w.market, "A2", "970422", "2222222")
	theirs := w.call(w.admin, "GET", "/api/v1/stalls/"+neighbour, nil, 200).text("merchant.id")
	names := func(bin, number string) object {
		return object{"accounts": []object{{"bank_bin": bin, "account_number": number}}}
	}
	owned := func(kind, id string) object { return object{"owner": object{"kind": kind, "id": id}} }
	for i, more := range []object{
		names("422589", "1111111"), names("970459", "1111111"), names("", "1111111"), names("970422", "1111111"), names("422589", "2222222"),
		owned("market", w.market), owned("market", other), owned("merchant", merchant), owned("merchant", theirs),
	} {
		c := w.sepay(more)
		before := len(w.paid(stall))
		w.accept(c, transfer{ID: i + 1, Gateway: "CIMB", Account: "1111111", Memo: "tien ca", Amount: 1000 + i, Reference: fmt.Sprint("FT2632400091", i)})
		w.wantFeed(stall, heard(w.paid(stall)[before:]), fmt.Sprint("by a connection of ", more))
		w.call(w.admin, "PATCH", connectionsPath+"/"+c, object{"enabled": false}, 200)
	}
	if paid := len(w.paid(stall)); paid != 5 {
		t.Errorf("%d connections were within their scope, not 5", paid)
	}
}

// TestAFeedWhoseDoorIsShutIsNone: a connection takes nothing before it is approved, nor without a secret.
func TestAFeedWhoseDoorIsShutIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.stall(w.market, "A1", "970422", "1111111")
	c := w.call(w.admin, "POST", connectionsPath, object{"provider": "sepay", "name": "x", "secrets": object{"auth": "none", "allow_ips": []string{"127.0.0.1/32"}}}, 201)
	one := connectionsPath + "/" + c.text("id")
	w.wantFeed(stall, "none", "before the approval")
	w.call(w.key("admin", ""), "POST", one+"/approve", nil, 200)
	w.wantFeed(stall, "stale", "after the approval")
	secret := w.call(w.admin, "GET", one, nil, 200)["secrets"].([]any)[0].(map[string]any)["id"].(string)
	w.call(w.admin, "PATCH", one, object{"enabled": false}, 200)
	w.call(w.admin, "DELETE", one+"/secrets/"+secret, nil, 204)
	_, err := w.db.Pool.Exec(t.Context(), `UPDATE bank_connections SET enabled = true`) // as it stands in a database from before this was refused
	must(t, err)
	w.wantFeed(stall, "none", "without a secret")
}
