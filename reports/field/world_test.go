package field_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/migrations/database/worldtest"
	"market40/reports"
	"market40/reports/field"
)

// noon is the time of tests that set no clock of their own.
var noon = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

type object = worldtest.Object

var must = worldtest.Must

// world is the field duties on a database of their own. The market CHODAM has the stalls A-1
// (tenant Hoa), A-2 (tenant Lan; Hoa until 10 November) and A-3 (vacant). The market BANGOI has the
// stall B-1.
type world struct {
	*worldtest.World
	dam, ngoi     uuid.UUID
	a1, a2, a3    uuid.UUID
	hoa, lan, nga uuid.UUID
	admin, team   string
	at            string // CHODAM's path
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{World: worldtest.New(t, noon)}
	w.Routes(field.New(w.DB, reports.New(w.DB, w.Now), w.Now))
	w.dam = w.AddMarket("CHODAM", worldtest.District("568"))
	w.ngoi = w.AddMarket("BANGOI", worldtest.District("569"))
	w.hoa, w.lan = w.AddMerchant("Nguyễn Thị Hoa"), w.AddMerchant("Trần Thị Lan")
	w.nga = w.AddMerchant("Lê Thị Nga")
	w.a1, w.a2, w.a3 = w.stall(w.dam, "A-1"), w.stall(w.dam, "A-2"), w.stall(w.dam, "A-3")
	w.AddTenancy(w.a1, w.hoa, "(,)")
	w.AddTenancy(w.a2, w.hoa, "(,2026-11-10 00:00+07)")
	w.AddTenancy(w.a2, w.lan, "[2026-11-10 00:00+07,)")
	w.AddTenancy(w.stall(w.ngoi, "B-1"), w.nga, "(,)")
	w.admin, w.team = w.Key("admin", ""), w.Key("team", "market:CHODAM")
	w.at = "/api/v1/markets/" + w.dam.String()
	return w
}

func (w *world) stall(market uuid.UUID, number string) uuid.UUID {
	w.T.Helper()
	return w.AddStall(worldtest.Stall{Market: market, Number: number, States: worldtest.Operating})
}
