package main_test

import (
	"regexp"
	"strings"
	"testing"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// A command freezes what was not submitted, and leaves the rest; the API then shows the same
// hash.
func TestReportsFreeze(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env)
	key := program.AdminKey(t, env)
	s.CallAs(key, "POST", "/api/v1/campaigns", object{
		"code": "CHO40", "name": "Chợ 4.0", "legal_ref": "05/UBCĐS",
		"starts_on": "2024-05-28",
	}, 201)
	words := strings.Fields("reports freeze --campaign CHO40 --locality 568 --kind month --period 2026-09")
	first, again := program.Want(t, 0, env, words...), program.Want(t, 0, env, words...)
	if first.Out != again.Out ||
		!regexp.MustCompile(`^report \S+\nversion 1\nsha256 [0-9a-f]{64}\nsignature \S+\n$`).MatchString(first.Out) {
		t.Errorf("it says %q, then %q", first.Out, again.Out)
	}
	report := strings.Fields(first.Out)[1]
	version := s.CallAs(key, "GET", "/api/v1/periodic-reports/"+report+"/versions/1", nil, 200)
	if !strings.Contains(first.Out, version.Text("sha256")) || !strings.Contains(first.Out, version.Text("signature")) {
		t.Errorf("the API answers %v", version)
	}
	s.CallAs(
		key,
		"POST",
		"/api/v1/periodic-reports/"+report+"/approve",
		object{},
		200,
	) // another person than the operator
	program.Want(t, 0, env, strings.Fields("reports freeze --campaign CHO40 --kind quarter --period 2026-Q3")...)
	program.Want(t, 1, env, strings.Fields("reports freeze --campaign NONE --period 2026-09")...)
	for _, wrong := range []string{
		"--period 2026-09", "--campaign CHO40", "--campaign CHO40 --period 10/2026",
		"--campaign CHO40 --period 2099-01", "--campaign CHO40 --period 2026-09 --kind year",
	} {
		program.Want(t, 2, env, strings.Fields("reports freeze "+wrong)...)
	}
}
