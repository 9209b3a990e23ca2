package main_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestAWebhooksSignatureIsOneConnections: a body that was signed for one connection is nothing at
// another, and the same again at its own changes nothing.
func TestAWebhooksSignatureIsOneConnections(t *testing.T) {
	t.Parallel()
	a := startAttacked(t)
	secrets := []string{"whsec_" + base64.StdEncoding.EncodeToString([]byte("secret of the first")), "whsec_" +
		base64.StdEncoding.EncodeToString([]byte("secret of the second"))}
	var hooks []string
	for i, secret := range secrets {
		hooks = append(hooks, a.CallAs(a.admin, "POST", "/api/v1/bank-connections", object{
			"provider": "standard",
			"name":     fmt.Sprint(i), "secrets": object{"secret": secret},
		}, 201).Text("webhook_path"))
	}
	body := fmt.Sprintf(
		`{"external_id":"N1","account":{"bank_bin":"970422","account_number":"0123456789"},"direction":"credit","amount":"45000","currency":"VND","memo":%q,"reference":"FT26324000000001","occurred_at":%q}`,
		a.code,
		time.Now().Format(time.RFC3339),
	)
	post := func(hook, secret, id string, at time.Time, content string) int {
		stamp := strconv.FormatInt(at.Unix(), 10)
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		must(t, err)
		sum := hmac.New(sha256.New, key)
		sum.Write([]byte(id + "." + stamp + "." + body))
		req, err := http.NewRequestWithContext(t.Context(), "POST", a.Address+hook, strings.NewReader(content))
		must(t, err)
		req.Header.Set("Webhook-Id", id)
		req.Header.Set("Webhook-Timestamp", stamp)
		req.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(sum.Sum(nil)))
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		res.Body.Close()
		return res.StatusCode
	}
	now := time.Now()
	for name, c := range map[string]struct {
		hook, secret string
		at           time.Time
		content      string
		want         int
	}{
		"signed for the other":   {hooks[1], secrets[0], now, body, 401},
		"with the other's name":  {strings.Replace(hooks[0], "standard", "sepay", 1), secrets[0], now, body, 404},
		"signed too long ago":    {hooks[0], secrets[0], now.Add(-6 * time.Minute), body, 401},
		"signed for the future":  {hooks[0], secrets[0], now.Add(6 * time.Minute), body, 401},
		"changed after it":       {hooks[0], secrets[0], now, strings.Replace(body, "45000", "9945000", 1), 401},
		"changed by a space":     {hooks[0], secrets[0], now, body + " ", 401},
		"a name twice, unsigned": {hooks[0], secrets[0], now, strings.Replace(body, "{", `{"amount":"1",`, 1), 401},
		"an unknown connection": {
			"/webhooks/standard/01a20719-9e93-7392-b7f6-bb9fee7e12a1", secrets[0], now, body,
			404,
		},
		"a connection of no form":    {"/webhooks/standard/' OR 1=1", secrets[0], now, body, 404},
		"an unknown provider":        {strings.Replace(hooks[0], "standard", "unknown", 1), secrets[0], now, body, 404},
		"a body that is too large":   {hooks[0], secrets[0], now, body + strings.Repeat(" ", 256<<10), 413},
		"signed with nothing at all": {hooks[0], "whsec_", now, body, 401},
	} {
		if got := post(strings.ReplaceAll(c.hook, " ", "%20"), c.secret, "m", c.at, c.content); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if paid := paidAmounts(a.Server, a.admin, a.stall); len(paid) != 0 {
		t.Fatalf("what was refused is posted: %v", paid)
	}
	for range 3 {
		if got := post(hooks[0], secrets[0], "m", now, body); got != 200 {
			t.Errorf("the right one: %d", got)
		}
	}
	if got := post(hooks[1], secrets[1], "m", now, body); got != 200 { // the same transfer, reported by another feed
		t.Errorf("through the other connection: %d", got)
	}
	if paid := paidAmounts(a.Server, a.admin, a.stall); len(paid) != 1 {
		t.Errorf("replayed, it is posted %d times: %v", len(paid), paid)
	}
}
