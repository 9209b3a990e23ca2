package periodic_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/migrations/database/worldtest"
	"market40/reports"
	"market40/reports/periodic"
	"market40/reports/programme"
)

type object = worldtest.Object

var must = worldtest.Must

// world is the reports on a database of their own. The test sets its clock.
type world struct {
	*worldtest.World

	// API keys; the last two belong to the offices of districts 568 and 569
	admin, province, nhaTrang, camRanh string
}

const (
	all      = "/api/v1/periodic-reports"
	campaign = "CHO40"
)

// newWorld returns a world with a campaign of the districts of 2024 and reports due on the 5th. The
// market Đầm is the pilot of 568.
func newWorld(t testing.TB, now string) *world {
	t.Helper()
	w := &world{World: worldtest.New(t, moment(t, now))}
	p := programme.New(w.DB, w.Now)
	w.Routes(p, periodic.New(periodic.Parts{
		DB: w.DB, Keys: w.Keys, Reports: reports.New(w.DB, w.Now), Programme: p, Now: w.Now,
	}))
	w.admin, w.province = w.Key(roles.Admin, ""), w.Key(roles.ProvinceOfficer, "")
	w.nhaTrang, w.camRanh = w.Key(roles.LocalityOfficer, "locality:568"), w.Key(roles.LocalityOfficer, "locality:569")
	w.Call(w.admin, "POST", "/api/v1/campaigns", object{
		"code": campaign, "name": "Chợ 4.0", "legal_ref": "05/UBCĐS",
		"starts_on": "2024-05-28",
	}, 201)
	w.market("DAM", "568", 12, 7)
	return w
}

// moment reads a time in Vietnam, such as "2026-11-05 08:00".
func moment(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, bizday.Vietnam)
	must(t, err)
	return at
}

// at sets the clock to a time in Vietnam.
func (w *world) at(now string) {
	w.T.Helper()
	w.Clock = moment(w.T, now)
}

// market adds the pilot of a district with some merchants; active of them were paid on 20 October
// 2026.
func (w *world) market(code, district string, merchants, active int) uuid.UUID {
	w.T.Helper()
	id := w.AddMarket(code, worldtest.District(district))
	w.AddTenants(id, merchants)
	w.AddPaidDay(id, active, "2026-10-20")
	w.Call(w.admin, "PUT", "/api/v1/campaigns/"+campaign+"/pilots/"+district, object{"market_id": id}, 200)
	return id
}

// october creates the report of October 2026 for a district and returns its path.
func (w *world) october(key, district string) string {
	w.T.Helper()
	return all + "/" + w.Call(key, "POST", all, object{
		"campaign": campaign, "locality": district, "kind": "month",
		"period": "2026-10",
	}, 201).Text("id")
}
