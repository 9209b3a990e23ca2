package worldtest

import "github.com/google/uuid"

// MarketOrder returns the body that registers a market in a commune of 2025.
func MarketOrder(code, commune string) Object {
	return Object{
		"code": code, "name": "Chợ " + code, "class": 1, "kind": "dan_sinh", "latitude": 12.253, "longitude": 109.193,
		"commune_code": commune, "operator": Object{"kind": "ban_quan_ly", "name": "Ban quản lý"},
		"stall_capacity": 100,
	}
}

// RegisterMarket registers a market through the API and returns its id.
func (w *World) RegisterMarket(key, code, commune string) string {
	w.T.Helper()
	return w.Call(key, "POST", "/api/v1/markets", MarketOrder(code, commune), 201).Text("id")
}

// Place is a locality by its level, its code and a day on which it had the code, and the days on
// which a market is there.
type Place struct{ Level, Code, On, Valid string }

// District returns a district of 2024 as the only place of a market.
func District(code string) Place { return Place{"district", code, "2024-05-28", "(,)"} }

// DistrictThenCommune returns the places of a market on both sides of the reform of July 2025.
func DistrictThenCommune(district, commune string) []Place {
	return []Place{
		{"district", district, "2024-05-28", "(,2025-07-01)"},
		{"commune", commune, "2025-07-01", "[2025-07-01,)"},
	}
}

// AddMarket inserts a market with its places.
func (w *World) AddMarket(code string, places ...Place) uuid.UUID {
	w.T.Helper()
	id := uuid.New()
	w.Exec(`INSERT INTO markets (id, code, name, class, kind, created_at) VALUES ($1, $2, 'Chợ ' || $2, 1, 'dan_sinh',
		now())`, id, code)
	for _, p := range places {
		w.Exec(`INSERT INTO market_places (id, market_id, locality_id, valid) SELECT gen_random_uuid(), $1,
			(SELECT locality_id FROM locality_versions WHERE level = $2 AND code = $3 AND valid @> $4::text::date),
			$5::text::daterange`, id, p.Level, p.Code, p.On, p.Valid)
	}
	return id
}
