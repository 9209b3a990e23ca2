package reports_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"market40/merchants/access/roles"
	"market40/reports/indicators"
)

const (
	jsonPath = "/api/v1/reports/adoption"
	csvPath  = "/api/v1/reports/adoption.csv"
)

// The answer has the documented form, byte for byte.
func TestTheAnswer(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	dam := w.AddMarket("DAM", nhaTrang...)
	w.crowd(dam, crowd{merchants: 12, registered: 12, noticed: 7})
	w.crowd(w.AddMarket("BA-NGOI", camRanh...), crowd{merchants: 12, registered: 12, noticed: 2})
	w.crowd(w.AddMarket("DINH", communes[5]...), crowd{merchants: 9, registered: 9, noticed: 6})
	var answer struct {
		Rows  []json.RawMessage
		Total json.RawMessage
	}
	body := w.get(w.Key(roles.Admin, ""), jsonPath+"?basis=districts_2024").Body.Bytes()
	must(t, json.Unmarshal(body, &answer))
	var locality string
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT locality_id::text FROM locality_versions WHERE level = 'district'
		AND code = '568'`).Scan(&locality))
	want := `{"locality":{"id":"` + locality + `","level":"district","code":"568","name":"Thành phố Nha Trang"},` +
		`"markets":[{"id":"` + dam.String() + `","code":"DAM","name":"Chợ DAM","demo":false}],"indicators":{` +
		`"I01":{"numerator":12,"denominator":12,"value":"1.0000","evidence":{"A":0,"B":0,"C":12,"D":0},"suppressed":false,"definition":1},"I02":{"numerator":0,`
	if got := string(answer.Rows[0]); !strings.HasPrefix(got, want) {
		t.Errorf("the row is\n%s\nnot\n%s", got, want)
	}
	for _, want := range []string{
		`"I03":{"numerator":0,"denominator":12,"value":"0.0000","evidence":{"A":0,"B":0,"C":0,"D":0},"suppressed":false,"definition":2}`,
		`"I05":{"numerator":7,"denominator":12,"value":"0.5833","evidence":{"A":7,"B":0,"C":0,"D":0},"suppressed":false,"definition":1,` +
			`"coverage":{"numerator":0,"denominator":12,"value":"0.0000"},"fresh_at":"2026-11-21T17:00:00+07:00","parts":{"strict":{"numerator":0,`,
		`"I08":{"numerator":null,"denominator":null,"value":null,"evidence":null,"suppressed":false,"definition":2,`,
		`"coverage":{"numerator":0,"denominator":12,"value":"0.0000"},"funnel":{"registered":12,"verified":0,"printed":0,"first_payment":7,"active":7,"habitual":0},` +
			`"status":{"code":null,"reason":"Chọn một chiến dịch để xem tình trạng","reason_en":"Choose a campaign to see the status"},"status_reason":"no_campaign","rank":null}`,
	} {
		if got := string(answer.Rows[0]); !strings.Contains(got, want) {
			t.Errorf("the row is\n%s\nwithout\n%s", got, want)
		}
	}
	const hidden, total = `"I05":{"numerator":null,"denominator":12,"value":null,"evidence":null,"suppressed":true,"definition":1,`, `"I05":{"numerator":15,"denominator":33,`
	if !strings.Contains(string(answer.Rows[1]), hidden) || !strings.Contains(string(answer.Total), total) ||
		!strings.HasPrefix(string(body), `{"basis":"districts_2024","as_of":"2026-11-22","campaign":null,"rows":[`) {
		t.Errorf("the answer is %s", body)
	}
}

func TestTheExport(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	w.crowd(w.AddMarket("DAM", nhaTrang...), crowd{merchants: 12, registered: 12, noticed: 7})
	demo := w.AddMarket("BA-NGOI", camRanh...)
	w.Exec(`UPDATE markets SET demo = true WHERE id = $1`, demo)
	w.crowd(demo, crowd{merchants: 12, registered: 12, noticed: 2})
	w.crowd(w.AddMarket("DINH", communes[5]...), crowd{merchants: 9, registered: 9, noticed: 6})
	answer := w.get(w.Key(roles.ProvinceOfficer, ""), csvPath+"?basis=districts_2024")
	if got := answer.Header().Get("Content-Type") + " " +
		answer.Header().
			Get("Content-Disposition"); got != `text/csv; charset=utf-8 attachment; filename="adoption-districts_2024-2026-11-22.csv"` {
		t.Error(got)
	}
	body, marked := strings.CutPrefix(answer.Body.String(), "\uFEFF")
	lines, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	must(t, err)
	const heads = "basis,as_of,level,code,name,markets,indicator,definition,numerator,denominator,value," +
		"evidence_a,evidence_b,evidence_c,evidence_d,suppressed,note,part,interval_low,interval_high," +
		"coverage_numerator,coverage_denominator,coverage_value,fresh_at,period,status,status_reason,revised_after"
	if !marked || strings.Join(lines[0], ",") != heads {
		t.Fatalf("the heads are %q, with a byte order mark: %v", lines[0], marked)
	}
	whole := 0
	byKey := map[string]string{}
	for _, line := range lines[1:] {
		if line[17] == "" {
			whole++
		}
		byKey[strings.Join([]string{line[3], line[6], line[17]}, " ")] = strings.Join(line, ",")
	}
	if whole != (9+1)*len(indicators.Rows) {
		t.Errorf("%d lines of figures", whole)
	}
	for key, want := range map[string]string{
		"568 I01 ":       "districts_2024,2026-11-22,district,568,Thành phố Nha Trang,DAM,I01,1,12,12,1.0000,0,0,12,0,false,,,,,,,,,,,Chọn một chiến dịch để xem tình trạng,",
		"568 I05 ":       "districts_2024,2026-11-22,district,568,Thành phố Nha Trang,DAM,I05,1,7,12,0.5833,7,0,0,0,false,,,,,0,12,0.0000,2026-11-21T17:00:00+07:00,,,Chọn một chiến dịch để xem tình trạng,",
		"568 I05 strict": "districts_2024,2026-11-22,district,568,Thành phố Nha Trang,DAM,I05,1,0,12,0.0000,0,0,0,0,false,,strict,,,,,,,,,Chọn một chiến dịch để xem tình trạng,",
		"569 I05 ":       "districts_2024,2026-11-22,district,569,Thành phố Cam Ranh,BA-NGOI,I05,1,ẩn,12,ẩn,,,,,true,dữ liệu minh họa,,,,0,12,0.0000,,,,Chọn một chiến dịch để xem tình trạng,",
		" I05 ":          "districts_2024,2026-11-22,total,,Tổng,,I05,1,15,33,0.4545,15,0,0,0,false,dữ liệu minh họa,,,,0,33,0.0000,2026-11-21T17:00:00+07:00,,,,",
	} {
		if got := byKey[key]; got != want {
			t.Errorf("%s is\n%s\nnot\n%s", key, got, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	admin := w.Key(roles.Admin, "")
	for _, tt := range []struct {
		key, query string
		status     int
		code       string
	}{
		{"no key of ours", "", http.StatusUnauthorized, "key_unknown"},
		{w.Key(roles.Team, ""), "basis=nowhere", http.StatusForbidden, "not_allowed"},
		{w.Key(roles.Integration, ""), "", http.StatusForbidden, "not_allowed"},
		{admin, "campaign=CHO40", http.StatusNotFound, "not_found"},
		{admin, "basis=districts_1999", http.StatusUnprocessableEntity, "unknown_value"},
		{admin, "as_of=2026-11-24", http.StatusUnprocessableEntity, "as_of_in_future"},
		{admin, "as_of=22/11/2026", http.StatusUnprocessableEntity, "date_form"},
		{admin, "as_of=2026-02-30", http.StatusUnprocessableEntity, "date_form"},
		{admin, "as_of=2024-05-28", http.StatusOK, ""},
		{admin, "as_of=2024-05-27", http.StatusUnprocessableEntity, "before_data"},
		{admin, "as_of=0000-01-01", http.StatusUnprocessableEntity, "before_data"},
		{admin, "as_of=2026-11-23&campaign=&basis=", http.StatusOK, ""},
	} {
		for _, path := range []string{jsonPath, csvPath} {
			answer := w.get(tt.key, path+"?"+tt.query)
			var body struct {
				Code   string
				Errors []struct{ Field, Detail string }
			}
			if answer.Code != http.StatusOK {
				must(t, json.Unmarshal(answer.Body.Bytes(), &body))
			}
			if answer.Code != tt.status || body.Code != tt.code {
				t.Errorf("%s?%s is answered with %d %s", path, tt.query, answer.Code, answer.Body)
			}
			if tt.code == "unknown_value" && (body.Errors[0].Field != "basis" ||
				!strings.Contains(body.Errors[0].Detail,
					"districts_2024, districts_2024_merged, communes_2025, current")) {
				t.Errorf("the answer does not list the bases: %s", answer.Body)
			}
		}
	}
}

// A caller sees the units that contain a market in scope, and counts only those markets. A caller's
// own unit is always visible.
func TestScope(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	for i, at := range communes[:5] {
		w.crowd(w.AddMarket(fmt.Sprintf("M%d", i), at...), crowd{merchants: 10, registered: 10, noticed: 5 + i})
	}
	for _, tt := range []struct {
		role         roles.Role
		scope, basis string
		want         string
	}{
		{roles.LocalityOfficer, "locality:568", "districts_2024", "568 18/30, total 18/30"},
		{roles.LocalityOfficer, "locality:568", "current", "22333 6/10, 22366 5/10, 22390 7/10, total 18/30"},
		{roles.LocalityOfficer, "locality:22333", "current", "22333 6/10, total 6/10"},
		{roles.LocalityOfficer, "locality:22333", "districts_2024", "568 6/10, total 6/10"},
		{roles.LocalityOfficer, "locality:570", "districts_2024", "total 0/0"},
		{roles.Manager, "market:M3", "communes_2025", "22420 8/10, total 8/10"},
		{roles.Auditor, "", "districts_2024", "568 18/30, 569 17/20, total 35/50"},
	} {
		report := w.adoption(w.Key(tt.role, tt.scope), "basis="+tt.basis)
		if got := summarize(report); got != tt.want {
			t.Errorf("%s %s in %s: %s, not %s", tt.role, tt.scope, tt.basis, got, tt.want)
		}
		rows := len(report.Rows)
		if own := strings.TrimPrefix(tt.scope, "locality:"); own == "570" &&
			(rows != 1 || report.Rows[0].Locality.Code != own) {
			t.Errorf("%s sees %d rows and not only its own", tt.scope, rows)
		}
		if tt.scope != "" && rows > 3 {
			t.Errorf("%s sees %d rows", tt.scope, rows)
		}
	}
}

func TestFailureRevealsNothing(t *testing.T) {
	t.Parallel()
	for _, path := range []string{jsonPath, csvPath} {
		w := newNovember(t)
		key := w.Key(roles.Admin, "")
		// the API key is cached from here on
		w.get(key, "/api/v1/reports/adoption?as_of=2026-11-01")
		w.Exec(`ALTER TABLE stall_days RENAME TO gone`)
		answer := w.get(key, path)
		if answer.Code != http.StatusInternalServerError || strings.Contains(answer.Body.String(), "stall_days") {
			t.Errorf("%s is answered with %d %s", path, answer.Code, answer.Body)
		}
	}
}

func TestOpenAPIKnowsTheRoutes(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	var spec struct {
		Paths map[string]map[string]struct{ Parameters []struct{ Name string } }
	}
	must(t, json.Unmarshal(w.get("", "/openapi.json").Body.Bytes(), &spec))
	for _, path := range []string{jsonPath, csvPath} {
		if got := spec.Paths[path]["get"].Parameters; len(got) != 3 {
			t.Errorf("%s has the parameters %v", path, got)
		}
	}
}
