package connections_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"market40/migrations/database/worldtest"
	"market40/payments/banks"
	"market40/payments/paymentstest"
)

// TestWeakSecretsAreRefused: every provider's every secret, when a connection is made and when it
// is rotated.
func TestWeakSecretsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, provider := range banks.ProviderNames() {
		made := w.Call(w.Admin, "POST", paymentstest.ConnectionsPath, object{
			"provider": provider, "name": "x",
			"secrets": paymentstest.ProviderSecrets(provider),
		}, 201)
		for field := range paymentstest.ProviderSecrets(provider) {
			if field == "partner_code" || field == "username" {
				continue
			}
			for _, weak := range []string{"k", " ", "1234567", "12341234", "aaaaaaaaaaaaaaaa"} {
				if provider == "standard" {
					weak = "whsec_YWFhYWFhYWFhYWFhYWFhYQ=="
				}
				secrets := object{field: weak}
				for other, value := range paymentstest.ProviderSecrets(provider) {
					if other != field {
						secrets[other] = value
					}
				}
				for path, order := range map[string]object{
					paymentstest.ConnectionsPath: {
						"provider": provider,
						"name":     "x", "secrets": secrets,
					},
					paymentstest.ConnectionsPath + "/" + made.Text("id") + "/secrets": {"secrets": secrets},
				} {
					if answer := w.Call(w.Admin, "POST", path, order, 422); answer.Text("code") != "weak_secret" {
						t.Errorf("%s of %s = %q: %v", path, provider, weak, answer)
					}
				}
			}
		}
	}
}

// TestUnsignedNeedsNarrowNetworksAndASecondPerson: a feed that signs nothing.
func TestUnsignedNeedsNarrowNetworksAndASecondPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	unsigned := func(networks ...string) object {
		return object{"auth": "none", "allow_ips": networks}
	}
	for _, wide := range []string{
		"0.0.0.0/0", "127.0.0.0/8", "127.0.0.0/23", "::/0", "2001:db8::/48",
		"::ffff:0.0.0.0/96", "::ffff:127.0.0.0/119",
	} {
		order := object{"provider": "sepay", "name": "x", "secrets": unsigned("127.0.0.1", wide)}
		if answer := w.Call(w.Admin, "POST", paymentstest.ConnectionsPath, order, 422); answer.Text(
			"code") != "network_too_wide" {
			t.Errorf("%s: %v", wide, answer)
		}
	}
	made := w.Call(w.Admin, "POST", paymentstest.ConnectionsPath, object{
		"provider": "sepay", "name": "x",
		"secrets": unsigned("127.0.0.1", "::1"),
	}, 201)
	id := made.Text("id")
	one := paymentstest.ConnectionsPath + "/" + id
	if made.Text("enabled") != "false" || made.Text("pending_approval") != "true" || made.Text("unsigned") != "true" {
		t.Errorf("made as %v", made)
	}
	send := func(n int) int {
		raw, err := json.Marshal(transfer{ID: n, Account: "1111111", Amount: 1000}.Body())
		must(t, err)
		status, _ := w.Hook("/webhooks/sepay/"+id, "", raw)
		return status
	}
	second := w.Key("admin", "")
	if status := send(1); status != 404 {
		t.Errorf("before approval a notice is answered %d", status)
	}
	w.Call(w.Admin, "PATCH", one, object{"enabled": true}, 409)
	w.Call(w.Admin, "POST", one+"/test", nil, 409)
	if answer := w.Call(w.Admin, "POST", one+"/approve", nil, 409); answer.Text("code") != "second_person_needed" {
		t.Errorf("who made it approves it: %v", answer)
	}
	if after := w.Call(second, "POST", one+"/approve", nil, 200); after.Text("enabled") != "true" ||
		after.Text("unsigned") != "true" || after.Text("pending_approval") != "false" {
		t.Errorf("approved as %v", after)
	}
	w.Call(second, "POST", one+"/approve", nil, 409)
	if status := send(2); status != 200 {
		t.Errorf("after approval a notice is answered %d", status)
	}
	w.WantPaid(stall, "1000")
	if n := w.Call(w.Admin, "POST", one+"/test", nil, 200); n.Text("state") != "ignored" || n.Text("why") != "test" {
		t.Errorf("the test's notice is %v", n)
	}

	// Neither does a rotation open what is closed.
	signed := w.SePay(nil)
	w.Call(w.Admin, "POST", paymentstest.ConnectionsPath+"/"+signed+"/secrets",
		object{"secrets": unsigned("127.0.0.1", "::1")}, 204)
	raw, err := json.Marshal(transfer{ID: 3, Account: "1111111", Amount: 1000}.Body())
	must(t, err)
	if status, _ := w.Hook("/webhooks/sepay/"+signed, "", raw); status != 401 {
		t.Errorf("after a rotation that waits, an unsigned notice is answered %d", status)
	}
	w.Accept(signed, transfer{ID: 4, Account: "1111111", Amount: 2000})
}

// TestConnectionIsSwitchedOffEverywhere: by an admin at one server, for a provider that calls
// another one.
func TestConnectionIsSwitchedOffEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Stall(w.Market, "A1", "970422", "1111111")
	c := w.SePay(nil)
	one := paymentstest.ConnectionsPath + "/" + c
	there := w.Beside(w.DB)
	n := 0
	send := func(program *paymentstest.World, key string) int {
		n++
		raw, err := json.Marshal(transfer{ID: n, Account: "1111111", Amount: 1000}.Body())
		must(t, err)
		status, _ := program.Hook("/webhooks/sepay/"+c, "Apikey "+key, raw)
		return status
	}
	becomes := func(what, key string, want int) {
		t.Helper()
		if got := send(w.World, key); got != want {
			t.Errorf("%s: here it is answered %d, want %d", what, got, want)
		}
		began := time.Now()
		for send(there, key) != want {
			if time.Since(began) > worldtest.Patience {
				t.Fatalf("%s: there it is not answered %d", what, want)
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Logf("%s: everywhere after %v", what, time.Since(began))
	}
	becomes("at first", paymentstest.SePayKey, 200)
	if after := w.Call(w.Admin, "PATCH", one, object{"enabled": false, "name": "SePay 2"}, 200); after.Text(
		"enabled") != "false" || after.Text("name") != "SePay 2" {
		t.Errorf("switched off: %v", after)
	}
	becomes("switched off", paymentstest.SePayKey, 404)
	w.Call(w.Admin, "PATCH", one, object{"enabled": true}, 200)
	becomes("switched on", paymentstest.SePayKey, 200)

	const other = "another-long-key"
	w.Call(w.Admin, "POST", one+"/secrets", object{"secrets": object{"api_key": other}}, 204)
	becomes("rotated", other, 200)
	secrets := w.secrets(c)
	if len(secrets) != 2 || secrets[0].Text("active") != "true" || secrets[1].Text("active") != "true" {
		t.Fatalf("secrets are %v", secrets)
	}
	w.Call(w.Admin, "DELETE", one+"/secrets/"+paymentstest.NewID(), nil, 404)
	w.Call(w.Admin, "DELETE", one+"/secrets/"+secrets[1].Text("id"), nil, 204)
	becomes("retired", paymentstest.SePayKey, 401)
	becomes("the other", other, 200)
	if answer := w.Call(w.Admin, "DELETE", one+"/secrets/"+secrets[0].Text("id"), nil, 409); answer.Text(
		"code") != "last_secret" {
		t.Errorf("the last secret: %v", answer)
	}
	w.Call(w.Admin, "PATCH", one, object{"enabled": false}, 200)
	w.Call(w.Admin, "DELETE", one+"/secrets/"+secrets[0].Text("id"), nil, 204)
	w.Call(w.Admin, "PATCH", one, object{"enabled": true}, 409)
	becomes("without a secret", other, 404)
	w.Call(w.Admin, "GET", paymentstest.ConnectionsPath+"/"+paymentstest.NewID(), nil, 404)
}

// secrets are a connection's secrets as an admin sees them.
func (w *world) secrets(connection string) []object {
	w.T.Helper()
	return w.Call(w.Admin, "GET", paymentstest.ConnectionsPath+"/"+connection, nil, 200).List("secrets")
}

// TestHealth: what came and what was refused, and why.
func TestHealth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Stall(w.Market, "A1", "970422", "1111111")
	f := w.NewFeed("sepay")
	health := func() object {
		return w.Call(w.Admin, "GET", paymentstest.ConnectionsPath+"/"+f.ID, nil, 200).Member("health")
	}
	want := func(received, refused, unmatched int, refusal string) {
		t.Helper()
		h := health()
		if fmt.Sprint(h["received_24h"], h["refused_24h"], h["unmatched_24h"],
			h.Text("last_refusal")) != fmt.Sprint(received, refused, unmatched, refusal) {
			t.Errorf("health is %v", h)
		}
	}
	want(0, 0, 0, "")
	if h := health(); h["last_received_at"] != nil || h["last_refused_at"] != nil {
		t.Errorf("health is %v", h)
	}
	f.Play(paymentstest.Credit("1", "1111111", 1000))
	f.Play(paymentstest.Credit("1", "1111111", 1000))
	f.Play(paymentstest.Credit("2", "9999999", 1000))
	want(3, 0, 1, "")
	stale, err := f.Provider.Compose(paymentstest.Credit("3", "1111111", 1000), f.Secrets, time.Now().Add(-time.Hour))
	must(t, err)
	forged := stale
	forged.Body = append([]byte(" "), stale.Body...)
	unreadable, err := f.Provider.Compose(banks.Notice{Direction: banks.In}, f.Secrets, time.Now())
	must(t, err)
	for i, c := range []struct {
		request banks.Request
		status  int
		refusal string
	}{{stale, 401, "stale"}, {forged, 401, "bad_signature"}, {unreadable, 400, "unreadable"}, {stale, 401, "stale"}} {
		if status, answer := f.Send(c.request); status != c.status {
			t.Errorf("answered %d: %s", status, answer)
		}
		want(3, i+1, 1, c.refusal)
	}
}

// TestTestDelivery: every provider's test goes through its webhook, is ignored, and is nothing that
// was paid or observed.
func TestTestDelivery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.VerifyBooks()
	for _, provider := range banks.ProviderNames() {
		f := w.NewFeed(provider)
		for range 2 {
			n := w.Call(w.Admin, "POST", paymentstest.ConnectionsPath+"/"+f.ID+"/test", nil, 200)
			if n.Text("state") != "ignored" || n.Text("why") != "test" || n.Text("connection_id") != f.ID {
				t.Errorf("%s: the test's notice is %v", provider, n)
			}
		}
		h, _ := w.Call(w.Admin, "GET", paymentstest.ConnectionsPath+"/"+f.ID, nil, 200)["health"].(map[string]any)
		if h["last_received_at"] == nil || fmt.Sprint(h["received_24h"]) != "2" {
			t.Errorf("%s: health is %v", provider, h)
		}
		w.Call(w.Admin, "PATCH", paymentstest.ConnectionsPath+"/"+f.ID, object{"enabled": false}, 200)
		w.Call(w.Admin, "POST", paymentstest.ConnectionsPath+"/"+f.ID+"/test", nil, 409)
	}
	var days, posted int
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM connection_days), (SELECT count(*)
		FROM payments)`).Scan(&days, &posted))
	if days != 0 || posted != 0 {
		t.Errorf("tests made %d days observed and %d payments", days, posted)
	}
}
