package programme_test

import (
	"testing"
	"time"

	"market40/merchants/access/roles"
	"market40/migrations/database/worldtest"
	"market40/reports/programme"
)

// today is the day of every test here, at noon.
const today = "2026-11-22"

type object = worldtest.Object

var must = worldtest.Must

// world is the programme on a database of its own.
type world struct {
	*worldtest.World
	admin string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{World: worldtest.New(t, time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC))}
	w.Routes(programme.New(w.DB, w.Now))
	w.admin = w.Key(roles.Admin, "")
	return w
}

// market adds a market in a commune of today that was in a district before.
func (w *world) market(code, district, commune string) string {
	w.T.Helper()
	return w.AddMarket(code, worldtest.DistrictThenCommune(district, commune)...).String()
}

const campaigns = "/api/v1/campaigns"

// campaign creates a campaign in the districts of 2024.
func (w *world) campaign() string {
	w.T.Helper()
	w.Call(w.admin, "POST", campaigns, object{
		"code": "CHO40", "name": "Chợ 4.0", "legal_ref": "05/UBCĐS",
		"starts_on": "2024-05-28",
	}, 201)
	return campaigns + "/CHO40"
}
