package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// examine runs doctor and returns the state and the sentence of each check.
func examine(t *testing.T, code int, env []string) map[string][]string {
	t.Helper()
	var list struct {
		Items []struct{ Check, State, Says, Remedy string }
	}
	must(t, json.Unmarshal([]byte(program.Want(t, code, env, "doctor", "--json").Out), &list))
	found := map[string][]string{}
	for _, item := range list.Items {
		if item.State != "ok" && item.Remedy == "" {
			t.Errorf("%s has no remedy: %s", item.Check, item.Says)
		}
		found[item.Check] = append(found[item.Check], item.State+" "+item.Says)
	}
	return found
}

// wantFinding fails unless a check found something of a state that says some words.
func wantFinding(t *testing.T, found map[string][]string, check, state, words string) {
	t.Helper()
	for _, line := range found[check] {
		if strings.HasPrefix(line, state+" ") && strings.Contains(line, words) {
			return
		}
	}
	t.Errorf("%s found %q, want %s with %q", check, found[check], state, words)
}

// TestDoctorOfAGoodInstallation: the role that serves, its own key file, a running server.
func TestDoctorOfAGoodInstallation(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "secret.key")
	must(t, os.WriteFile(key, []byte(program.SecretKey(1)), 0o600))
	env := []string{"DATABASE_URL=" + servingURL(t, dbtest.URL(t)), "SECRET_KEY_FILE=" + key}
	s := program.Serve(t, env)
	if said := s.Log.String(); strings.Contains(said, "owns the tables") {
		t.Errorf("the serving role is warned of: %s", said)
	}
	found := examine(t, 0, append(env, "PUBLIC_URL="+s.Address))
	for check, words := range map[string]string{
		"settings": "all are valid", "key file": "closed to other users", "PUBLIC_URL": "answers", "database": "PostgreSQL",
		"clock": "differs", "schema": "this program's", "role": "market40_app may add", "partitions": "coming month",
	} {
		wantFinding(t, found, check, "ok", words)
	}
	wantFinding(t, found, "messages", "warning", "SMS_GATEWAY_URL is not set")
}

// TestDoctorFindsFaults: each with its own sentence, and exit 1.
func TestDoctorFindsFaults(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "secret.key")
	must(t, os.WriteFile(key, []byte(program.SecretKey(1)), 0o600))
	must(t, os.Chmod(key, 0o644)) //nolint:gosec // what doctor warns of
	owner := dbtest.URL(t)
	program.Execute(t, owner, `DROP TABLE payments_`+nextMonth())
	program.Execute(t, owner, `SELECT record_proof('ledger_verify', 1)`)
	program.Execute(t, owner, `REVOKE SELECT ON stalls FROM market40_app`)
	found := examine(t, 1, []string{
		"DATABASE_URL=" + servingURL(t, owner), "MIGRATE_DATABASE_URL=" + owner, "SECRET_KEY_FILE=" + key,
		"LISTEN_ADDR=0.0.0.0:8080", "MQTT_LISTEN_ADDR=:1883", "MQTT_PLAINTEXT=allow",
	})
	wantFinding(t, found, "settings", "warning", "MIGRATE_DATABASE_URL")
	wantFinding(t, found, "key file", "warning", "mode 0644")
	wantFinding(t, found, "listening", "warning", "plain http")
	wantFinding(t, found, "soundboxes", "warning", "MQTT_PLAINTEXT")
	wantFinding(t, found, "PUBLIC_URL", "failed", "signing in is refused")
	wantFinding(t, found, "role", "failed", "may not read stalls")
	wantFinding(t, found, "partitions", "failed", "no table in payments")
	wantFinding(t, found, "backup", "warning", "none yet")
	wantFinding(t, found, "proof", "failed", "ledger verify found faults")

	secret := "SECRET_KEY=" + program.SecretKey(1)
	wantFinding(
		t,
		examine(t, 0, []string{"DATABASE_URL=" + dbtest.URL(t), secret}),
		"role",
		"warning",
		"owns the tables",
	)
	wantFinding(t, examine(t, 1, []string{"DATABASE_URL=" + dbtest.Empty(t), secret}), "schema", "failed", "older")
	newer := dbtest.URL(t)
	program.Execute(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	wantFinding(t, examine(t, 1, []string{"DATABASE_URL=" + newer, secret}), "schema", "failed", "newer")
	away := examine(t, 1, []string{"DATABASE_URL=postgres://u:hunter2@127.0.0.1:1/x", secret})
	wantFinding(t, away, "database", "failed", "connection refused")
	if strings.Contains(strings.Join(away["database"], ""), "hunter2") {
		t.Errorf("a password is printed: %q", away)
	}
	wrong := examine(t, 1, []string{"LISTEN_ADDR=nowhere", "LOG_LEVEL=loud"})
	wantFinding(t, wrong, "settings", "failed", "LISTEN_ADDR")
	wantFinding(t, wrong, "settings", "failed", "LOG_LEVEL")

	dir := filepath.Join(t.TempDir(), "data")
	wantFinding(t, examine(t, 0, []string{"DATA_DIR=" + dir}), "database", "warning", "none in "+dir)
	if _, err := os.Stat(dir); err == nil {
		t.Error("doctor made the folder of a database")
	}
}

// TestServeWarnsOfTheOwnersRights at its start and at /readyz.
func TestServeWarnsOfTheOwnersRights(t *testing.T) {
	t.Parallel()
	owner := dbtest.URL(t)
	s := program.Serve(t, []string{
		"DATABASE_URL=" + servingURL(t, owner), "MIGRATE_DATABASE_URL=" + owner,
		"SECRET_KEY=" + program.SecretKey(1),
	})
	_, page := s.Get("/readyz")
	if want := "warning: MIGRATE_DATABASE_URL, the owner's, is set"; !strings.Contains(page, want) ||
		strings.Contains(page, "owns the tables") || !strings.Contains(s.Log.String(), "MIGRATE_DATABASE_URL") {
		t.Errorf("/readyz says %q, the log %q", page, s.Log.String())
	}
	s = program.Serve(t, []string{"DATABASE_URL=" + owner, "SECRET_KEY=" + program.SecretKey(1)})
	_, page = s.Get("/readyz")
	if want := "DATABASE_URL's role owns the tables"; !strings.Contains(page, "warning: "+want) ||
		!strings.Contains(s.Log.String(), want) {
		t.Errorf("/readyz says %q, the log %q", page, s.Log.String())
	}
}

// TestStatus shows one page of a database that runs.
func TestStatus(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env)
	key := program.AdminKey(t, env)
	hook := s.CallAs(key, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "Ngân hàng",
		"secrets": object{"api_key": strings.TrimPrefix(program.SepayKey, "Apikey ")},
	}, 201).Text("webhook_path")
	s.CallAs(program.SepayKey, "POST", hook, object{
		"id": 1, "gateway": "MBBank", "transactionDate": "2026-11-20 10:11:12", "accountNumber": "0123456789",
		"code": nil, "content": "x", "transferType": "in", "transferAmount": 45000, "accumulated": 0, "subAccount": nil,
		"referenceCode": "FT26324000000001", "description": "",
	}, 200)
	var now struct {
		Schema      int64
		Connections []struct {
			Name    string
			Enabled bool
		}
		Notices   struct{ Unmatched struct{ Count int } }
		OpenCases struct{ Count int } `json:"open_cases"`
	}
	must(t, json.Unmarshal([]byte(program.Want(t, 0, env, "status", "--json").Out), &now))
	if now.Schema < 54 || len(now.Connections) != 1 || now.Connections[0].Name != "Ngân hàng" ||
		now.Notices.Unmatched.Count != 1 || now.OpenCases.Count != 1 {
		t.Errorf("the status is %+v", now)
	}
	program.Want(t, 0, env, "ledger", "verify")
	page := program.Want(t, 0, env, "status").Out
	for _, line := range []string{
		"version ", "schema ", "unmatched      1 since 20", "backup         never\n",
		"ledger verify  20", "connection     sepay Ngân hàng: last received ",
	} {
		if !strings.Contains(page, line) {
			t.Errorf("the page lacks %q:\n%s", line, page)
		}
	}
}

// nextMonth returns the coming month as partitions are named: 2026_12.
func nextMonth() string {
	now := time.Now().UTC()
	return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC).Format("2006_01")
}
