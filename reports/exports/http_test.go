package exports_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web/webtest"
	"market40/migrations/database/worldtest"
	"market40/reports"
	"market40/reports/exports"
	"market40/reports/exports/document"
	"market40/reports/exports/verify"
	"market40/reports/periodic"
	"market40/reports/programme"
)

type object = worldtest.Object

// newWorld returns the reports on a database of their own, on 5 November 2026.
func newWorld(t *testing.T) *worldtest.World {
	t.Helper()
	w := worldtest.New(t, time.Date(2026, 11, 5, 3, 0, 0, 0, time.UTC))
	r, p := reports.New(w.DB, w.Now), programme.New(w.DB, w.Now)
	frozen := periodic.New(periodic.Parts{DB: w.DB, Keys: w.Keys, Reports: r, Programme: p, Now: w.Now})
	w.Routes(r, p, exports.New(r, frozen), frozen)
	market := w.AddMarket("DAM", worldtest.District("568"))
	w.Exec(`UPDATE markets SET name = 'Chợ Đầm', demo = true`)
	w.AddTenants(market, 12)
	w.AddPaidDay(market, 7, "2026-10-20")
	admin := w.Key(roles.Admin, "")
	w.Call(admin, "POST", "/api/v1/campaigns", object{
		"code": "CHO40", "name": "Mô hình chợ 4.0",
		"legal_ref": "Công văn 05/UBCĐS", "starts_on": "2024-05-28",
	}, 201)
	w.Call(admin, "PUT", "/api/v1/campaigns/CHO40/pilots/568", object{"market_id": market}, 200)
	return w
}

// TestFilesOfAFrozenReport freezes October, downloads it in every kind and verifies each file with
// the public key alone.
func TestFilesOfAFrozenReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	office := w.Key(roles.LocalityOfficer, "locality:568")
	one := "/api/v1/periodic-reports/" + w.Call(office, "POST", "/api/v1/periodic-reports", object{
		"campaign": "CHO40",
		"locality": "568", "kind": "month", "period": "2026-10",
	}, 201).Text("id")
	w.Call(office, "POST", one+"/submit", object{}, 200)
	var key struct {
		PublicKey []byte `json:"public_key"`
	}
	must(t, json.Unmarshal(w.Fetch(w.Key(roles.Team, ""), "/api/v1/reports/key", 200), &key))
	version := w.Fetch(office, one+"/versions/1", 200)
	if proof, err := verify.Check(version, key.PublicKey, nil); err != nil || !proof.Proven() {
		t.Errorf("the API's own answer: %v %+v", err, proof)
	}
	seal, err := document.ReadSeal(version)
	must(t, err)
	for kind, k := range exports.Kinds {
		res := w.Send(office, "GET", one+"/versions/1."+kind, nil)
		if got := res.Header().Get("Content-Type") + " " + res.Header().Get("Content-Disposition"); got != k.Media+
			` attachment; filename="bao-cao-CHO40-2026-10-568-v1.`+kind+`"` {
			t.Error(got)
		}
		proof, err := verify.Check(res.Body.Bytes(), key.PublicKey, lookupOf(seal))
		if err != nil || !proof.Proven() || proof.Kind != kind || res.Code != http.StatusOK {
			t.Errorf("%s: %v %+v", kind, err, proof)
		}
		w.Fetch(w.Key(roles.LocalityOfficer, "locality:569"), one+"/versions/1."+kind, 404)
		w.Fetch(w.Key(roles.Team, ""), one+"/versions/1."+kind, 403)
		w.Fetch("", one+"/versions/1."+kind, 401)
	}
	for _, missing := range []string{"2.pdf", "0.pdf", "x.pdf", "1.exe", "1.", ".pdf", "99999999999999999999.pdf"} {
		w.Fetch(office, one+"/versions/"+missing, 404)
	}
	if base64.StdEncoding.EncodeToString(key.PublicKey) == "" {
		t.Error("no key")
	}
}

func TestTheLiveWorkbook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	province := w.Key(roles.ProvinceOfficer, "")
	res := w.Send(province, "GET", "/api/v1/reports/adoption.xlsx?basis=districts_2024&as_of=2026-11-01", nil)
	if got := res.Header().Get(
		"Content-Disposition"); got != `attachment; filename="adoption-districts_2024-2026-11-01.xlsx"` {
		t.Error(got)
	}
	report := &document.Content{}
	must(
		t,
		json.Unmarshal(
			w.Fetch(province, "/api/v1/reports/adoption?basis=districts_2024&as_of=2026-11-01", 200),
			&report.Report,
		),
	)
	file, err := excelize.OpenReader(res.Body)
	must(t, err)
	rows, err := file.GetRows("Số liệu", excelize.Options{RawCellValue: true})
	must(t, err)
	sameRows(t, figuresCells(rows), expectedRows(t, report))
	if got := rows[1][22]; got != "dữ liệu minh họa" {
		t.Errorf("the note is %q", got)
	}
	webtest.CheckIndependentReaders(
		t,
		w.Edge.Engine,
		"/api/v1/reports/adoption.xlsx",
		province,
		w.Key(roles.ProvinceOfficer, ""),
	)
	w.Fetch(province, "/api/v1/reports/adoption.xlsx?basis=nowhere", 422)
	w.Fetch(w.Key(roles.Team, ""), "/api/v1/reports/adoption.xlsx", 403)
}
