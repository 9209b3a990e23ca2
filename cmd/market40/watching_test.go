package main_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

const (
	alertRules = "packaging/prometheus/alerts.yml"
	dashboard  = "packaging/grafana/market40.json"
)

// promtool runs Prometheus's own checker in a folder.
func promtool(t *testing.T, folder string, args ...string) (said string, passed bool) {
	t.Helper()
	tool, err := exec.LookPath("promtool")
	if _, missing := os.Stat("../../bin/promtool"); missing == nil {
		tool, err = filepath.Abs("../../bin/promtool")
	}
	must(t, err)
	cmd := exec.Command(tool, args...)
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// TestAlertRules has promtool check the alerts and run their tests, and demands a test of each alert.
func TestAlertRules(t *testing.T) {
	t.Parallel()
	folder := filepath.Dir(alertRules)
	for _, args := range [][]string{{"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}} {
		if said, passed := promtool(t, folder, args...); !passed {
			t.Errorf("promtool %s: %s", strings.Join(args, " "), said)
		}
	}
	rules, tests := readFile(t, alertRules), readFile(t, filepath.Join(folder, "alerts_test.yml"))
	alerts := regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(rules, -1)
	for _, m := range alerts {
		if !strings.Contains(tests, m[1]) {
			t.Errorf("no test of the alert %s", m[1])
		}
	}
	for _, field := range []string{"severity:", "summary:", "description:", "runbook_url:"} {
		if n := strings.Count(rules, field); n < len(alerts) {
			t.Errorf("%d of %d alerts have a %s", n, len(alerts), field)
		}
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	must(t, err)
	return string(text)
}

// reading is one scrape of a server: the value of each series of ours.
type reading map[string]float64

// scrape reads /metrics of a server.
func scrape(s *program.Server) reading {
	s.T.Helper()
	status, page := s.Get("/metrics")
	if status != 200 {
		s.T.Fatalf("/metrics: %d %s", status, page)
	}
	r := reading{}
	for line := range strings.Lines(page) {
		series, text, found := strings.Cut(strings.TrimSpace(line), " ")
		if at := strings.LastIndex(line, "} "); at > 0 {
			series, text = line[:at+1], strings.TrimSpace(line[at+2:])
		}
		if value, err := strconv.ParseFloat(text, 64); found && err == nil && strings.HasPrefix(series, "market40_") {
			r[series] = value
		}
	}
	return r
}

// metricOf returns the name and the labels of a series, as they are documented.
func metricOf(series string) string {
	name, labels, _ := strings.Cut(strings.TrimSuffix(series, "}"), "{")
	for _, part := range []string{"_bucket", "_sum", "_count"} {
		if short, found := strings.CutSuffix(name, part); found {
			name = short
		}
	}
	var names []string
	for _, m := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(labels, -1) {
		if m[1] != "le" {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return name + "{" + strings.Join(names, ",") + "}"
}

// metrics returns the metrics of a reading.
func (r reading) metrics() map[string]bool {
	all := map[string]bool{}
	for series := range r {
		all[metricOf(series)] = true
	}
	return all
}

// documentedMetrics returns the metrics of the tables in cmd/market40/README.md, "Watching it": those of each server, and those
// of one server for all.
func documentedMetrics(t *testing.T) (each, once map[string]bool) {
	t.Helper()
	_, section, _ := strings.Cut(readFile(t, "README.md"), "\n## Watching it\n")
	section, _, _ = strings.Cut(section, "\n## ")
	before, after, _ := strings.Cut(section, "One server for all:")
	list := func(text string) map[string]bool {
		all := map[string]bool{}
		for _, m := range regexp.MustCompile("(?m)^\\| `(market40_\\w+)` \\|([^|]*)\\|").FindAllStringSubmatch(text, -1) {
			var labels []string
			for _, l := range backquoted.FindAllStringSubmatch(m[2], -1) {
				labels = append(labels, l[1])
			}
			slices.Sort(labels)
			all[m[1]+"{"+strings.Join(labels, ",")+"}"] = true
		}
		return all
	}
	return list(before), list(after)
}

// sepayBody is a transfer as SePay reports it.
func sepayBody(id int, memo string) object {
	return object{
		"id":              id,
		"gateway":         "MBBank",
		"transactionDate": "2026-11-20 10:11:12",
		"accountNumber":   "9876543210",
		"code":            nil,
		"content":         memo,
		"transferType":    "in",
		"transferAmount":  45000,
		"accumulated":     0,
		"subAccount":      nil,
		"referenceCode":   fmt.Sprintf("FT2632400001%04d", id),
		"description":     "",
	}
}

// useServer makes a server do a little of everything that it counts, and returns the path of its bank's webhook.
func useServer(t *testing.T, s *program.Server, env []string) (hook string) {
	t.Helper()
	registerPaidStall(t, s, env)
	connection := s.CallAs(program.AdminKey(t, env), "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "second",
		"secrets": object{"api_key": strings.TrimPrefix(program.SepayKey, "Apikey ")},
	}, 201)
	hook = connection.Text("webhook_path")
	s.CallAs(program.SepayKey, "POST", hook, sepayBody(7, "for an account of nobody's"), 200)
	s.CallAs("Apikey wrong", "POST", hook, sepayBody(8, "forged"), 401)
	s.CallAs(program.SepayKey, "POST", hook, object{"id": "no number"}, 400)
	return hook
}

// TestEveryMetricIsDocumentedAndExported runs two servers on one database that do a little of everything. Together
// they export each metric of README.md and no other; what concerns the whole installation is exported by one of them,
// and by the other when that one has stopped. Alerts and dashboard name nothing else.
func TestEveryMetricIsDocumentedAndExported(t *testing.T) {
	t.Parallel()
	env := []string{
		"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1), "AUDIT_SYSLOG=tcp://127.0.0.1:1",
	}
	servers := []*program.Server{program.Serve(t, env), program.Serve(t, env)}
	hooks := useServer(t, servers[0], env)
	servers[1].CallAs("Apikey wrong", "POST", hooks, sepayBody(9, "forged"), 401)
	program.Want(t, 0, env, "backup", filepath.Join(t.TempDir(), "all"))
	program.Want(t, 0, env, "ledger", "verify")
	program.Want(t, 0, env, "audit", "verify")
	each, once := documentedMetrics(t)
	var last []reading
	missing := func() (all []string) {
		last = []reading{scrape(servers[0]), scrape(servers[1])}
		exported := last[0].metrics()
		maps.Copy(exported, last[1].metrics())
		for _, documented := range []map[string]bool{each, once} {
			for name := range documented {
				if !exported[name] {
					all = append(all, name)
				}
			}
		}
		slices.Sort(all)
		return all
	}
	for end := time.Now().Add(2 * program.Patience); len(missing()) > 0; time.Sleep(time.Second) {
		if time.Now().After(end) {
			t.Fatalf("not exported: %q", missing())
		}
	}
	for i, r := range last {
		for name := range r.metrics() {
			if !each[name] && !once[name] {
				t.Errorf("server %d exports %s, which README.md does not name", i, name)
			}
		}
	}
	leader := 0
	if last[1]["market40_unmatched_notices"] > 0 {
		leader = 1
	}
	for name := range once {
		if last[leader].metrics()[name] == last[1-leader].metrics()[name] {
			t.Errorf("%s is exported by both servers or by neither", name)
		}
	}
	for series, want := range map[string]float64{
		"market40_unmatched_notices": 1, `market40_open_cases{kind="unknown_account"}`: 1,
		"market40_outbox_waiting_messages": 0, `market40_partition_months_ahead{table="notices"}`: 2,
		`market40_partition_default_rows{table="payments"}`: 0, `market40_last_run_faults{task="ledger_verify"}`: 0,
		"market40_database_up": 1,
	} {
		if got, found := last[leader][series]; !found || got != want {
			t.Errorf("%s is %v, want %v", series, got, want)
		}
	}
	if got := last[leader][`market40_last_run_timestamp_seconds{task="backup"}`]; time.Since(time.Unix(int64(got),
		0)).Abs() > 10*time.Minute {
		t.Errorf("the last backup was at %v", got)
	}
	checkNamedMetrics(t, slices.Concat(slices.Collect(maps.Keys(each)), slices.Collect(maps.Keys(once))))
	servers[leader].Stop()
	follower := servers[1-leader]
	for end := time.Now().Add(program.Patience); scrape(follower)["market40_unmatched_notices"] != 1; time.Sleep(
		time.Second) {
		if time.Now().After(end) {
			t.Fatal("no server exports the numbers of the installation after the first one has stopped")
		}
	}
}

// checkNamedMetrics holds the names in the alerts and the dashboard against those that are exported.
func checkNamedMetrics(t *testing.T, exported []string) {
	t.Helper()
	known := map[string]bool{}
	for _, metric := range exported {
		name, _, _ := strings.Cut(metric, "{")
		for _, part := range []string{"", "_bucket", "_sum", "_count"} {
			known[name+part] = true
		}
	}
	for _, file := range []string{alertRules, dashboard} {
		names := regexp.MustCompile(`\bmarket40_\w+`).FindAllString(readFile(t, file), -1)
		if len(names) < 20 {
			t.Errorf("%s names %d metrics only", file, len(names))
		}
		for _, name := range names {
			if !known[name] {
				t.Errorf("%s names %s, which is not exported", file, name)
			}
		}
	}
}

// firing returns which alerts fire when a server's state lasts: promtool evaluates the rules over two scrapes. The
// counters rise from the first to the second one eight minutes before the end.
func firing(t *testing.T, first, second reading) []string {
	t.Helper()
	const minutes, rise = 120, 112
	now := time.Now()
	var input strings.Builder
	fmt.Fprintf(
		&input,
		"rule_files: [alerts.yml]\nevaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:\n",
	)
	for series, value := range second {
		before, found := first[series]
		if !found || !strings.Contains(series, "_total") {
			before = value
		}
		if strings.Contains(series, "_timestamp_seconds") { // promtool's clock begins at zero
			before -= float64(now.Unix() - minutes*60)
			value = before
		}
		number := func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }
		fmt.Fprintf(
			&input,
			"      - {series: %q, values: '%sx%d %sx%d'}\n",
			series,
			number(before),
			rise-1,
			number(value),
			minutes-rise,
		)
	}
	fmt.Fprintf(&input, "    promql_expr_test:\n      - expr: ALERTS{alertstate=\"firing\"}\n        eval_time: %dm\n"+
		"        exp_samples: [{labels: none, value: 1}]\n", minutes)
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "alerts.yml"), []byte(readFile(t, alertRules)), 0o600))
	must(t, os.WriteFile(filepath.Join(folder, "state.yml"), []byte(input.String()), 0o600))
	said, _ := promtool(t, folder, "test", "rules", "state.yml")
	_, got, found := strings.Cut(said, "got:")
	if !found {
		t.Fatalf("promtool says %s of\n%s", said, input.String())
	}
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`alertname="(\w+)"`).FindAllStringSubmatch(got, -1) {
		names[m[1]] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// TestAlertsFireOnWhatTheyClaim runs a server that is well, on which no alert fires, and then makes what alerts are
// about: a connection that is silent, notices that cannot be posted, a job that fails, a backup that is old.
func TestAlertsFireOnWhatTheyClaim(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	env := []string{"DATABASE_URL=" + url, "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env)
	hook := useServer(t, s, env)
	program.Want(t, 0, env, "backup", filepath.Join(t.TempDir(), "all"))
	program.Want(t, 0, env, "ledger", "verify")
	waitForReading(t, s, "the numbers of a healthy installation", func(r reading) bool {
		_, partitions := r[`market40_partition_months_ahead{table="notices"}`]
		_, pending := r["market40_pending_notices"]
		return partitions && pending && r[`market40_last_run_timestamp_seconds{task="ledger_verify"}`] > 0 &&
			r[`market40_partition_months_ahead{table="notices"}`] == 2
	})
	well := scrape(s)
	if alerts := firing(t, well, scrape(s)); len(alerts) > 0 {
		t.Errorf("on a server that is well these alerts fire: %q", alerts)
	}
	program.Execute(t, url, `
		UPDATE connection_health SET last_received_at = last_received_at - interval '9 hours';
		UPDATE last_runs SET finished_at = finished_at - interval '30 hours' WHERE task = 'backup';
		ALTER FUNCTION shift_span RENAME TO shift_span_of_another_program;
		CREATE FUNCTION refuse_notice() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'check_violation'; END $$;
		CREATE TRIGGER refused BEFORE INSERT ON cases FOR EACH ROW EXECUTE FUNCTION refuse_notice()`)
	s.CallAs(program.SepayKey, "POST", hook, sepayBody(20, "cannot be posted"), 200)
	program.Execute(t, url, `UPDATE notice_retries SET since = since - interval '10 minutes';
		UPDATE connection_health SET last_received_at = now() - interval '9 hours'`)
	waitForReading(t, s, "failures of the job push, and a pending notice", func(r reading) bool {
		const failures = `market40_job_failures_total{name="push"}`
		return r[failures]-well[failures] >= 5 && r["market40_oldest_pending_notice_seconds"] > 300
	})
	program.Execute(t, url, `UPDATE connection_health SET last_received_at = now() - interval '9 hours'`)
	waitForReading(t, s, "the silence", func(r reading) bool {
		for series, value := range r {
			if strings.HasPrefix(series, "market40_connection_last_notice_timestamp_seconds") &&
				time.Since(time.Unix(int64(value), 0)) < 8*time.Hour {
				return false
			}
		}
		return true
	})
	want := []string{"MarketBackupOld", "MarketConnectionSilent", "MarketJobFails", "MarketNoticesPending"}
	if got := firing(t, well, scrape(s)); !slices.Equal(got, want) {
		t.Errorf("these alerts fire: %q, want %q", got, want)
	}
}

// waitForReading scrapes a server until a reading holds.
func waitForReading(t *testing.T, s *program.Server, what string, holds func(reading) bool) {
	t.Helper()
	for end := time.Now().Add(2 * program.Patience); !holds(scrape(s)); time.Sleep(time.Second) {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// TestMetricsWithoutADatabase: the network to the database swallows everything. A scrape ends soon, says so, and
// still has what the process counts itself; the numbers of the installation go.
func TestMetricsWithoutADatabase(t *testing.T) {
	t.Parallel()
	proxy := dbtest.NewProxy(t, dbtest.URL(t))
	env := []string{"DATABASE_URL=" + proxy.URL, "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env)
	waitForReading(t, s, "a database that answers", func(r reading) bool {
		_, leads := r["market40_unmatched_notices"]
		return leads && r["market40_database_up"] == 1
	})
	proxy.Freeze()
	waitForReading(t, s, "a database that does not", func(r reading) bool {
		_, leads := r["market40_unmatched_notices"]
		return !leads && r["market40_database_up"] == 0
	})
	time.Sleep(6 * time.Second) // older than what is cached
	began := time.Now()
	r := scrape(s)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a scrape without a database took %s", took)
	}
	if r[`market40_http_requests_total{method="GET",route="/metrics",status="2xx"}`] < 1 ||
		r[`market40_database_connections_max{pool="main"}`] < 1 {
		t.Errorf("without a database the process's own numbers are missing: %v", r)
	}
	proxy.Thaw()
	waitForReading(t, s, "the database is back", func(r reading) bool {
		_, leads := r["market40_unmatched_notices"]
		return leads && r["market40_database_up"] == 1
	})
}
