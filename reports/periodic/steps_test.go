package periodic_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
)

// allowedSteps returns a report's steps in order, as text.
func allowedSteps(report object) string {
	var list []string
	for _, s := range report.List("steps") {
		list = append(list, s.Text("step"))
	}
	return strings.Join(list, " ")
}

func TestAReportsWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-03 09:00")
	at := w.october(w.nhaTrang, "568")
	w.Refuse(w.province, "POST", at+"/approve", nil, 409, "report_state")
	w.Refuse(w.nhaTrang, "POST", at+"/correct", object{"reason": "sai số"}, 409, "report_state")
	w.Call(w.nhaTrang, "POST", at+"/submit", nil, 200)
	w.Refuse(w.nhaTrang, "POST", at+"/submit", nil, 409, "report_state")
	w.Refuse(w.nhaTrang, "POST", at+"/approve", nil, 403, "not_allowed")
	w.Refuse(w.province, "POST", at+"/return", object{"note": " x "}, 422, "too_short")
	w.Refuse(w.province, "POST", at+"/return", object{}, 422, "required")
	for _, step := range []string{"/return", "/approve"} {
		w.Refuse(w.province, "POST", at+step, object{"note": "thiếu\x07 tem"}, 422, "text_form")
		w.Refuse(w.province, "POST", at+step, object{"note": "thiÕu tem ®· kiÓm"}, 422, "text_encoding")
	}
	w.Call(w.province, "POST", at+"/return", object{"note": "thiếu tem đã kiểm"}, 200)
	w.Refuse(w.province, "POST", at+"/approve", object{}, 409, "report_state")
	w.Call(w.nhaTrang, "POST", at+"/correct", object{"reason": "đã kiểm tem"}, 200)
	approved := w.Call(w.province, "POST", at+"/approve", object{"note": "đạt"}, 200)
	if got := allowedSteps(approved); got != "submitted returned reopened submitted approved" ||
		approved.Text("state") != "approved" || approved["version"] != 2.0 {
		t.Errorf("the file's steps were %s: %v", got, approved)
	}
	if last := approved.List("steps")[4]; last["version"] != 2.0 || last.Text("note") != "đạt" {
		t.Errorf("approved: %v", last)
	}
	w.Refuse(w.nhaTrang, "POST", at+"/correct", object{"reason": "sai \u2067tên"}, 422, "text_form")
	// an approved report can be returned too
	w.Call(w.province, "POST", at+"/return", object{"note": "sai tên chợ"}, 200)
}

// The person who submitted a report may not approve it, with whatever API key.
func TestFourEyesAreTwoPersons(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-03 09:00")
	lan := uuid.New()
	w.Exec(`INSERT INTO actors (id, role) VALUES ($1, 'province_officer')`, lan)
	w.Exec(`INSERT INTO users (id, login, full_name, role, scope_kind, created_at)
		VALUES ($1, 'lan', 'Lan', 'province_officer', 'all', now())`, lan)
	key := func(name string) string {
		made, err := w.APIKeys.Create(t.Context(), signin.Order{
			Name: name, Role: string(roles.ProvinceOfficer),
			Maker: &lan,
		})
		must(t, err)
		return made
	}
	at := all + "/" + w.Call(w.province, "POST", all, object{"campaign": campaign, "kind": "month", "period": "2026-10"},
		201).
		Text("id")
	w.Call(key("one"), "POST", at+"/submit", nil, 200)
	for who, own := range map[string]bool{key("three"): true, w.province: false} {
		if read := w.Call(who, "GET", at, nil, 200); read["own"] != own || read.List("steps")[0].Text("by") != "one" {
			t.Errorf("own is %v, want %v; submitted by %q", read["own"], own, read.List("steps")[0].Text("by"))
		}
	}
	w.Refuse(key("two"), "POST", at+"/approve", nil, 409, "second_person_needed")
	// After a correction by another person, that person may not approve.
	w.Call(w.province, "POST", at+"/correct", object{"reason": "đính chính"}, 200)
	w.Refuse(w.province, "POST", at+"/approve", nil, 409, "second_person_needed")
	w.Call(key("three"), "POST", at+"/approve", nil, 200)
}

func TestReportsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 09:00")
	w.Call(w.admin, "PUT", "/api/v1/campaigns/CHO40/pilots/576", object{"exempt_reason": "không có chợ"}, 200)
	w.Call(w.admin, "POST", "/api/v1/campaigns", object{
		"code": "OLD", "name": "x", "legal_ref": "x",
		"starts_on": "2024-05-28", "ends_on": "2025-12-31",
	}, 201)
	w.october(w.nhaTrang, "568")
	good := object{"campaign": campaign, "locality": "568", "kind": "month", "period": "2026-09"}
	for _, tt := range []struct {
		change object
		status int
		code   string
	}{
		{object{"campaign": "NONE"}, 404, "not_found"},
		// a commune of today is not a unit of this campaign
		{object{"locality": "22366"}, 404, "not_found"},
		{object{"kind": "year"}, 422, "unknown_value"},
		{object{"period": "2026-13"}, 422, "period_form"},
		{object{"period": "10/2026"}, 422, "period_form"},
		{object{"period": "2026-Q3"}, 422, "period_form"},
		{object{"kind": "quarter", "period": "2026-Q5"}, 422, "period_form"},
		{object{"kind": "quarter", "period": "2026-09"}, 422, "period_form"},
		{object{"period": "2026-12"}, 422, "period_in_future"},
		{object{"period": "2024-04"}, 422, "before_campaign"},
		{object{"campaign": "OLD", "period": "2026-01"}, 409, "campaign_ended"},
		{object{"locality": "576"}, 409, "exempt"},
		{object{"period": "2026-10"}, 409, "report_exists"},
		{object{"note": "x"}, 422, "unknown_field"},
	} {
		order := object{}
		for _, from := range []object{good, tt.change} {
			for key, value := range from {
				order[key] = value
			}
		}
		w.Refuse(w.admin, "POST", all, order, tt.status, tt.code)
	}
	w.Refuse(w.nhaTrang, "POST", all, object{
		"campaign": campaign, "locality": "569", "kind": "month",
		"period": "2026-09",
	}, 404, "not_found")
	for _, query := range []string{"?period=x", "?state=x", "?kind=x"} {
		if answer := w.Send(w.admin, "GET", all+query, nil); answer.Code != 422 {
			t.Errorf("%s is answered with %d", query, answer.Code)
		}
	}
	w.Refuse(w.admin, "GET", all+"/nonsense", nil, 404, "not_found")
	w.Refuse(w.admin, "POST", all+"/"+uuid.NewString()+"/submit", nil, 404, "not_found")
}

// A period can be submitted only after it has ended. On its last day, its as-of day is still
// tomorrow.
func TestAnUnfinishedPeriod(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-30 23:59")
	november := all + "/" + w.Call(w.nhaTrang, "POST", all, object{
		"campaign": campaign, "locality": "568",
		"kind": "month", "period": "2026-11",
	}, 201).Text("id")
	preview := w.Call(w.nhaTrang, "GET", november, nil, 200).Member("preview")
	if preview.Text("as_of") != "2026-11-30" {
		t.Errorf("the preview is as of %s", preview.Text("as_of"))
	}
	answer := w.Send(w.nhaTrang, "POST", november+"/submit", nil)
	if answer.Code != http.StatusConflict || !strings.Contains(answer.Body.String(),
		"Kỳ tháng 11/2026 kết thúc ngày 30/11/2026; gửi được từ ngày 01/12/2026.") {
		t.Errorf("it is answered with %d %s", answer.Code, answer.Body)
	}
	w.at("2026-12-01 00:00")
	w.Call(w.nhaTrang, "POST", november+"/submit", nil, 200)
}

// Another locality's report is not found. A caller who may read but not change a report gets 403.
func TestReportsInScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-03 09:00")
	w.market("BA-NGOI", "569", 12, 7)
	own, other := w.october(w.nhaTrang, "568"), w.october(w.camRanh, "569")
	w.Call(w.camRanh, "POST", other+"/submit", nil, 200)
	manager := w.Key(roles.Manager, "market:DAM")
	for _, path := range []string{other, other + "/versions/1", other + "/versions/1/difference?from=1"} {
		w.Refuse(w.nhaTrang, "GET", path, nil, 404, "not_found")
		w.Refuse(manager, "GET", path, nil, 404, "not_found")
	}
	for _, step := range []struct {
		path string
		body any
	}{{"/submit", nil}, {"/correct", object{"reason": "xem lại"}}} {
		w.Refuse(w.nhaTrang, "POST", other+step.path, step.body, 404, "not_found")
	}
	w.Refuse(manager, "POST", own+"/submit", nil, 403, "not_allowed")
	w.Refuse(manager, "POST", other+"/submit", nil, 404, "not_found")
	w.Refuse(w.nhaTrang, "POST", other+"/approve", nil, 404, "not_found")
	count := func(key, query string) int { return len(w.Call(key, "GET", all+query, nil, 200).Items()) }
	for _, tt := range []struct {
		key, query string
		want       int
	}{
		{w.nhaTrang, "", 1},
		{manager, "", 1},
		{w.province, "", 2},
		{w.province, "?limit=1", 1},
		{w.province, "?locality=569", 1},
		{w.nhaTrang, "?locality=569", 0},
		{w.province, "?state=submitted", 1},
		{w.province, "?campaign=CHO40&period=2026-10", 2},
		{w.province, "?period=2026-Q4", 0},
		{w.province, "?kind=quarter", 0},
	} {
		if got := count(tt.key, tt.query); got != tt.want {
			t.Errorf("%q lists %d, not %d", tt.query, got, tt.want)
		}
	}
	page := w.Call(w.province, "GET", all+"?limit=1", nil, 200)
	if next := w.Call(w.province, "GET", all+"?limit=1&after="+page.Text("next"), nil, 200); next["next"] != nil ||
		next.Items()[0].Text("id") == page.Items()[0].Text("id") {
		t.Errorf("the second page is %v", next)
	}
	w.Refuse(w.Key(roles.Team, ""), "GET", all, nil, 403, "not_allowed")
}

// After a district ended, the commune that its pilot is in submits its reports.
func TestTheHeirReports(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-03 09:00")
	w.Exec(`UPDATE market_places SET valid = '(,2025-07-01)'`)
	w.Exec(`INSERT INTO market_places (id, market_id, locality_id, valid) SELECT gen_random_uuid(), m.id, v.locality_id,
		'[2025-07-01,)'
		FROM markets m, locality_versions v WHERE v.level = 'commune' AND v.code = '22366' AND upper_inf(v.valid)`)
	heir, beside := w.Key(roles.LocalityOfficer, "locality:22366"), w.Key(roles.LocalityOfficer, "locality:22333")
	at := w.october(heir, "568")
	w.Call(heir, "POST", at+"/submit", nil, 200)
	content := w.Call(heir, "GET", at+"/versions/1", nil, 200).Member("content")
	if got := shortFigure(content.Member("report.total.I05")); got != "7/12" ||
		content.Text("locality.code") != "568" {
		t.Errorf("it says %s of %s", got, content.Text("locality.code"))
	}
	w.Refuse(beside, "GET", at, nil, 404, "not_found")
	if got := w.board(beside, ""); got != "; 0/0" {
		t.Errorf("a commune beside it sees %s", got)
	}
}

func TestFailureRevealsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-03 09:00")
	at := w.october(w.nhaTrang, "568")
	w.Send(w.nhaTrang, "GET", at, nil) // the API key is cached for two seconds
	w.DB.Pool.Close()
	if answer := w.Send(w.nhaTrang, "GET", at, nil); answer.Code != 500 ||
		strings.Contains(answer.Body.String(), "pool") {
		t.Errorf("it is answered with %d %s", answer.Code, answer.Body)
	}
}
