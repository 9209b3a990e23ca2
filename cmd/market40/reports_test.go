package main_test

import (
	"regexp"
	"strings"
	"testing"

	"market40/migrations/database/dbtest"
)

// A command freezes what nobody submitted, and leaves alone what was; the API then shows the same
// hash.
func TestReportsFreeze(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + someSecret(1)}
	s := serve(t, env)
	key := adminKey(t, env)
	s.ask(key, "POST", "/api/v1/campaigns", object{
		"code": "CHO40", "name": "Chợ 4.0", "legal_ref": "05/UBCĐS",
		"starts_on": "2024-05-28",
	}, 201)
	words := strings.Fields("reports freeze --campaign CHO40 --locality 568 --kind month --period 2026-09")
	first, again := want(t, 0, env, words...), want(t, 0, env, words...)
	if first.out != again.out ||
		!regexp.MustCompile(`^report \S+\nversion 1\nsha256 [0-9a-f]{64}\nsignature \S+\n$`).MatchString(first.out) {
		t.Errorf("it says %q, then %q", first.out, again.out)
	}
	report := strings.Fields(first.out)[1]
	version := s.ask(key, "GET", "/api/v1/periodic-reports/"+report+"/versions/1", nil, 200)
	if !strings.Contains(first.out, version.text("sha256")) || !strings.Contains(first.out, version.text("signature")) {
		t.Errorf("the API tells %v", version)
	}
	s.ask(key, "POST", "/api/v1/periodic-reports/"+report+"/approve", object{}, 200) // another person than the operator
	want(t, 0, env, strings.Fields("reports freeze --campaign CHO40 --kind quarter --period 2026-Q3")...)
	want(t, 1, env, strings.Fields("reports freeze --campaign NONE --period 2026-09")...)
	for _, wrong := range []string{
		"--period 2026-09", "--campaign CHO40", "--campaign CHO40 --period 10/2026",
		"--campaign CHO40 --period 2099-01", "--campaign CHO40 --period 2026-09 --kind year",
	} {
		want(t, 2, env, strings.Fields("reports freeze "+wrong)...)
	}
}
