package payments_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"market40/merchants/auth"
	"market40/merchants/edge"
	"market40/payments/banks"
	"market40/payments/paymentstest"
)

const connectionsPath = "/api/v1/bank-connections"

// TestWeakSecretsAreRefused: every provider's every secret, when a connection is made and when it is rotated.
func TestWeakSecretsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, provider := range banks.Names() {
		made := w.call(w.admin, "POST", connectionsPath, object{"provider": provider, "name": "x", "secrets": providerSecrets[provider]}, 201)
		for field := range providerSecrets[provider] {
			if field == "partner_code" || field == "username" {
				continue
			}
			for _, weak := range []string{"k", " ", "1234567", "12341234", "aaaaaaaaaaaaaaaa"} {
				if provider == "standard" {
					weak = "whsec_YWFhYWFhYWFhYWFhYWFhYQ=="
				}
				secrets := object{field: weak}
				for other, value := range providerSecrets[provider] {
					if other != field {
						secrets[other] = value
					}
				}
				for path, order := range map[string]object{
					connectionsPath: {"provider": provider, "name": "x", "secrets": secrets},
					connectionsPath + "/" + made.text("id") + "/secrets": {"secrets": secrets},
				} {
					if answer := w.call(w.admin, "POST", path, order, 422); answer.text("code") != "weak_secret" {
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
	stall, _ := w.stall(w.market, "A1", "970422", "1111111")
	unsigned := func(networks ...string) object { return object{"auth": "none", "allow_ips": networks} }
	for _, wide := range []string{"0.0.0.0/0", "127.0.0.0/8", "127.0.0.0/23", "::/0", "2001:db8::/48", "::ffff:0.0.0.0/96", "::ffff:127.0.0.0/119"} {
		order := object{"provider": "sepay", "name": "x", "secrets": unsigned("127.0.0.1", wide)}
		if answer := w.call(w.admin, "POST", connectionsPath, order, 422); answer.text("code") != "network_too_wide" {
			t.Errorf("%s: %v", wide, answer)
		}
	}
	made := w.call(w.admin, "POST", connectionsPath, object{"provider": "sepay", "name": "x", "secrets": unsigned("127.0.0.1", "::1")}, 201)
	id := made.text("id")
	one := connectionsPath + "/" + id
	if made.text("enabled") != "false" || made.text("pending_approval") != "true" || made.text("unsigned") != "true" {
		t.Errorf("made as %v", made)
	}
	send := func(n int) int {
		raw, err := json.Marshal(transfer{ID: n, Account: "1111111", Amount: 1000}.body())
		must(t, err)
		status, _ := w.hook("/webhooks/sepay/"+id, "", raw)
		return status
	}
	second := w.key("admin", "")
	if status := send(1); status != 404 {
		t.Errorf("before approval a notice is answered %d", status)
	}
	w.call(w.admin, "PATCH", one, object{"enabled": true}, 409)
	w.call(w.admin, "POST", one+"/test", nil, 409)
	if answer := w.call(w.admin, "POST", one+"/approve", nil, 409); answer.text("code") != "second_person_needed" {
		t.Errorf("who made it approves it: %v", answer)
	}
	if after := w.call(second, "POST", one+"/approve", nil, 200); after.text("enabled") != "true" || after.text("unsigned") != "true" || after.text("pending_approval") != "false" {
		t.Errorf("approved as %v", after)
	}
	w.call(second, "POST", one+"/approve", nil, 409)
	if status := send(2); status != 200 {
		t.Errorf("after approval a notice is answered %d", status)
	}
	w.wantPaid(stall, "1000")
	if n := w.call(w.admin, "POST", one+"/test", nil, 200); n.text("state") != "ignored" || n.text("why") != "test" {
		t.Errorf("the test's notice is %v", n)
	}

	// Neither does a rotation open what is closed.
	signed := w.sepay(nil)
	w.call(w.admin, "POST", connectionsPath+"/"+signed+"/secrets", object{"secrets": unsigned("127.0.0.1", "::1")}, 204)
	raw, err := json.Marshal(transfer{ID: 3, Account: "1111111", Amount: 1000}.body())
	must(t, err)
	if status, _ := w.hook("/webhooks/sepay/"+signed, "", raw); status != 401 {
		t.Errorf("after a rotation that waits, an unsigned notice is answered %d", status)
	}
	w.accept(signed, transfer{ID: 4, Account: "1111111", Amount: 2000})
}

// TestConnectionIsSwitchedOffEverywhere: by an admin at one server, for a provider that calls another one.
func TestConnectionIsSwitchedOffEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stall(w.market, "A1", "970422", "1111111")
	c := w.sepay(nil)
	one := connectionsPath + "/" + c
	there := w.replica()
	n := 0
	send := func(server, key string) int {
		n++
		raw, err := json.Marshal(transfer{ID: n, Account: "1111111", Amount: 1000}.body())
		must(t, err)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server+"/webhooks/sepay/"+c, strings.NewReader(string(raw)))
		must(t, err)
		req.Header.Set("Authorization", "Apikey "+key)
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		must(t, res.Body.Close())
		return res.StatusCode
	}
	becomes := func(what, key string, want int) {
		t.Helper()
		if got := send(w.server.URL, key); got != want {
			t.Errorf("%s: here it is answered %d, want %d", what, got, want)
		}
		began := time.Now()
		for send(there, key) != want {
			if time.Since(began) > patience {
				t.Fatalf("%s: there it is not answered %d", what, want)
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Logf("%s: everywhere after %v", what, time.Since(began))
	}
	becomes("at first", sepayKey, 200)
	if after := w.call(w.admin, "PATCH", one, object{"enabled": false, "name": "SePay 2"}, 200); after.text("enabled") != "false" || after.text("name") != "SePay 2" {
		t.Errorf("switched off: %v", after)
	}
	becomes("switched off", sepayKey, 404)
	w.call(w.admin, "PATCH", one, object{"enabled": true}, 200)
	becomes("switched on", sepayKey, 200)

	const other = "another-long-key"
	w.call(w.admin, "POST", one+"/secrets", object{"secrets": object{"api_key": other}}, 204)
	becomes("rotated", other, 200)
	secrets := w.secrets(c)
	if len(secrets) != 2 || secrets[0].text("active") != "true" || secrets[1].text("active") != "true" {
		t.Fatalf("secrets are %v", secrets)
	}
	w.call(w.admin, "DELETE", one+"/secrets/"+newID(), nil, 404)
	w.call(w.admin, "DELETE", one+"/secrets/"+secrets[1].text("id"), nil, 204)
	becomes("retired", sepayKey, 401)
	becomes("the other", other, 200)
	if answer := w.call(w.admin, "DELETE", one+"/secrets/"+secrets[0].text("id"), nil, 409); answer.text("code") != "last_secret" {
		t.Errorf("the last secret: %v", answer)
	}
	w.call(w.admin, "PATCH", one, object{"enabled": false}, 200)
	w.call(w.admin, "DELETE", one+"/secrets/"+secrets[0].text("id"), nil, 204)
	w.call(w.admin, "PATCH", one, object{"enabled": true}, 409)
	becomes("without a secret", other, 404)
	w.call(w.admin, "GET", connectionsPath+"/"+newID(), nil, 404)
}

// secrets are a connection's secrets as an admin sees them.
func (w *world) secrets(connection string) []object {
	w.t.Helper()
	detail := w.call(w.admin, "GET", connectionsPath+"/"+connection, nil, 200)
	var found []object
	list, _ := detail["secrets"].([]any)
	for _, s := range list {
		found = append(found, s.(map[string]any))
	}
	return found
}

// replica is a second program on the same database; its address is returned.
func (w *world) replica() string {
	w.t.Helper()
	e := edge.New(edge.Parts{DB: w.db, Keys: w.keys, Gate: auth.Gate{Keys: w.apiKeys}, Now: time.Now, Version: "test"})
	p := paymentstest.NewParts(w.db, w.keys, time.Now)
	p.Routes(e)
	p.Start(w.t.Context())
	server := httptest.NewServer(e.Engine)
	w.t.Cleanup(func() {
		p.Stop()
		server.Close()
	})
	return server.URL
}

// TestHealth: what came and what was refused, and why.
func TestHealth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stall(w.market, "A1", "970422", "1111111")
	f := w.feed("sepay")
	health := func() object {
		h, _ := w.call(w.admin, "GET", connectionsPath+"/"+f.id, nil, 200)["health"].(map[string]any)
		return h
	}
	want := func(received, refused, unmatched int, refusal string) {
		t.Helper()
		h := health()
		if fmt.Sprint(h["received_24h"], h["refused_24h"], h["unmatched_24h"], object(h).text("last_refusal")) != fmt.Sprint(received, refused, unmatched, refusal) {
			t.Errorf("health is %v", h)
		}
	}
	want(0, 0, 0, "")
	if h := health(); h["last_received_at"] != nil || h["last_refused_at"] != nil {
		t.Errorf("health is %v", h)
	}
	f.play(credit("1", "1111111", 1000))
	f.play(credit("1", "1111111", 1000))
	f.play(credit("2", "9999999", 1000))
	want(3, 0, 1, "")
	stale, err := f.provider.Compose(credit("3", "1111111", 1000), f.secrets, time.Now().Add(-time.Hour))
	must(t, err)
	forged := stale
	forged.Body = append([]byte(" "), stale.Body...)
	unreadable, err := f.provider.Compose(banks.Notice{Direction: banks.In}, f.secrets, time.Now())
	must(t, err)
	for i, c := range []struct {
		request banks.Request
		status  int
		refusal string
	}{{stale, 401, "stale"}, {forged, 401, "bad_signature"}, {unreadable, 400, "unreadable"}, {stale, 401, "stale"}} {
		if status, answer := f.send(c.request); status != c.status {
			t.Errorf("answered %d: %s", status, answer)
		}
		want(3, i+1, 1, c.refusal)
	}
}

// TestTestDelivery: every provider's test goes through its webhook, is ignored, and is nothing that was paid or observed.
func TestTestDelivery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.wantSound()
	for _, provider := range banks.Names() {
		f := w.feed(provider)
		for range 2 {
			n := w.call(w.admin, "POST", connectionsPath+"/"+f.id+"/test", nil, 200)
			if n.text("state") != "ignored" || n.text("why") != "test" || n.text("connection_id") != f.id {
				t.Errorf("%s: the test's notice is %v", provider, n)
			}
		}
		h, _ := w.call(w.admin, "GET", connectionsPath+"/"+f.id, nil, 200)["health"].(map[string]any)
		if h["last_received_at"] == nil || fmt.Sprint(h["received_24h"]) != "2" {
			t.Errorf("%s: health is %v", provider, h)
		}
		w.call(w.admin, "PATCH", connectionsPath+"/"+f.id, object{"enabled": false}, 200)
		w.call(w.admin, "POST", connectionsPath+"/"+f.id+"/test", nil, 409)
	}
	var days, posted int
	must(t, w.db.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM connection_days), (SELECT count(*) FROM payments)`).Scan(&days, &posted))
	if days != 0 || posted != 0 {
		t.Errorf("tests made %d days observed and %d payments", days, posted)
	}
}
