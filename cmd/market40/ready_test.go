package main_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// TestReadinessWarnsOfAClockOffTheNotices: good notices are refused for their stamps, so `market40
// ready`, /readyz and the metrics say that the clock is off. A notice with a right stamp ends the
// warning.
func TestReadinessWarnsOfAClockOffTheNotices(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env)
	admin := program.AdminKey(t, env)
	const secret = "MfKQ9r8GKYqrTwjUPD8ILPZI"
	hook := s.CallAs(admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "test",
		"secrets": object{"hmac_secret": secret},
	}, 201).Text("webhook_path")
	asked := append(env, "LISTEN_ADDR="+strings.TrimPrefix(s.Address, "http://"))
	// the test's database is its role's own, which is the other warning
	if a := program.Want(
		t,
		0,
		asked,
		"ready",
	); !regexp.MustCompile(`^warning: .* owns the tables.*\n$`).
		MatchString(a.Out) {
		t.Errorf("without a notice it warns: %s", a.Out)
	}
	for i, c := range []struct {
		off    time.Duration
		status int
		says   string
	}{
		{-10 * time.Minute, 401, "ahead of the stamps of signed notices"},
		{time.Second, 200, ""},
		{10 * time.Minute, 401, "behind the stamps of signed notices"},
	} {
		if status := sendSigned(s, hook, secret, i, time.Now().Add(c.off)); status != c.status {
			t.Errorf("a stamp %s off is answered %d", c.off, status)
		}
		_, page := s.Get("/readyz")
		out := program.Want(t, 0, asked, "ready").Out
		if !strings.HasPrefix(page, "ready\n") || !strings.Contains(page, c.says) ||
			strings.Contains(page, "clock") != (c.says != "") || out != strings.TrimPrefix(page, "ready\n") {
			t.Errorf("a stamp %s off: /readyz says %q, the command %q", c.off, page, out)
		}
	}
	_, metrics := s.Get("/metrics")
	for _, name := range []string{
		`market40_clock_ahead_seconds{of="notices"} -`, "market40_pending_notices 0",
		"market40_oldest_pending_notice_seconds 0",
	} {
		if !strings.Contains(metrics, name) {
			t.Errorf("the metrics do not hold %s", name)
		}
	}
}

// sendSigned reports a transfer with a signature over a stamp and returns the answer's status.
func sendSigned(s *program.Server, hook, secret string, id int, stamp time.Time) int {
	s.T.Helper()
	body := fmt.Sprintf(
		`{"id":%d,"gateway":"MBBank","transactionDate":"2026-11-20 10:11:12","accountNumber":"0123456789","code":null,"content":"tien ca","transferType":"in",`+
			`"transferAmount":45000,"accumulated":0,"subAccount":null,"referenceCode":"FT2632400000%04d","description":""}`,
		id,
		id,
	)
	at := fmt.Sprint(stamp.Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(at + "." + body))
	req, err := http.NewRequestWithContext(s.T.Context(), http.MethodPost, s.Address+hook, strings.NewReader(body))
	must(s.T, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-SePay-Timestamp", at)
	req.Header.Set("X-SePay-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	res, err := http.DefaultClient.Do(req)
	must(s.T, err)
	defer res.Body.Close()
	return res.StatusCode
}
