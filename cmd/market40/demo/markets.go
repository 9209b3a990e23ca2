package demo

import (
	"slices"
	"time"
)

// market is one pilot market of the demo. The markets are real places; sizes, people, accounts and
// what happens there are invented.
type market struct {
	code, name, commune, district, operator string
	latitude, longitude                     float64
	stalls                                  int

	launched string         // when the pilot began; its first codes hung then
	checked  float64        // how many of its stickers the team gets round to
	verified float64        // how many accounts' holders were checked
	declared float64        // what merchants say of ten shoppers, beside what is seen: 1 is the truth
	story    []marketChange // how it went
}

// marketChange is the shares of a market on a day; between two days they change linearly.
type marketChange struct {
	day          string
	joined, used float64 // of the merchants: registered with an account, and paid within a month
}

// inventedMarkets gives each chart a story: growth, the merchants who took their codes down when
// the household tax changed, a board that reports far more than is (BANGOI), codes that hang unused
// (CHODINH), a late start (CHOTHANH), a market with too few observations (KHANHVINH) and a small
// one that its team carried (TOHAP).
var inventedMarkets = []market{
	{
		"CHODAM", "Chợ Đầm", "22366", "568", "ban_quan_ly", 12.2545, 109.1917, 1000, "2024-10-15", 0.85, 0.80, 1.1,
		[]marketChange{
			{"2025-05-31", 0.46, 0.31},
			{"2025-06-22", 0.46, 0.19},
			{"2025-09-01", 0.51, 0.25},
			{"2026-02-01", 0.62, 0.44},
			{"2026-11-30", 0.74, 0.56},
		},
	},
	{
		"BANGOI", "Chợ Ba Ngòi", "22423", "569", "ban_quan_ly", 11.9095, 109.1389, 350, "2024-11-20", 0.70, 0.45,
		3.2,
		[]marketChange{
			{"2025-05-31", 0.58, 0.26},
			{"2025-06-20", 0.58, 0.19},
			{"2025-10-01", 0.68, 0.23},
			{"2026-11-30", 0.78, 0.29},
		},
	},
	{
		"CAMDUC", "Chợ Cam Đức", "22453", "570", "to_quan_ly", 12.0735, 109.1400, 180, "2024-09-10", 0.92, 0.93,
		1.0,
		[]marketChange{
			{"2025-05-31", 0.55, 0.40},
			{"2025-06-18", 0.55, 0.33},
			{"2025-12-31", 0.70, 0.53},
			{"2026-06-30", 0.80, 0.62},
			{"2026-11-30", 0.84, 0.68},
		},
	},
	{
		"VANGIA", "Chợ Vạn Giã", "22489", "571", "ban_quan_ly", 12.6990, 109.2270, 260, "2024-12-05", 0.75, 0.70,
		1.1,
		[]marketChange{
			{"2025-05-31", 0.50, 0.34},
			{"2025-06-25", 0.50, 0.12},
			{"2025-10-01", 0.50, 0.15},
			{"2026-04-01", 0.56, 0.28},
			{"2026-11-30", 0.62, 0.39},
		},
	},
	{
		"CHODINH", "Chợ Dinh", "22528", "572", "ban_quan_ly", 12.4930, 109.1260, 420, "2024-10-01", 0.88, 0.75, 1.3,
		[]marketChange{
			{"2025-05-31", 0.70, 0.23},
			{"2025-06-20", 0.70, 0.17},
			{"2026-01-01", 0.80, 0.29},
			{"2026-11-30", 0.86, 0.36},
		},
	},
	{
		"KHANHVINH", "Chợ Khánh Vĩnh", "22609", "573", "to_quan_ly", 12.2750, 108.9020, 60, "2026-03-16", 0.40,
		0.50, 1.2,
		[]marketChange{{"2025-05-31", 0.08, 0.06}, {"2026-03-15", 0.12, 0.08}, {"2026-11-30", 0.26, 0.17}},
	},
	{
		"CHOTHANH", "Chợ Thành", "22651", "574", "hop_tac_xa", 12.2600, 109.0950, 300, "2025-10-06", 0.80, 0.85,
		1.1,
		[]marketChange{
			{"2025-10-01", 0, 0},
			{"2025-12-31", 0.34, 0.15},
			{"2026-05-31", 0.64, 0.40},
			{"2026-11-30", 0.76, 0.58},
		},
	},
	{
		"TOHAP", "Chợ Tô Hạp", "22714", "575", "to_quan_ly", 12.0030, 108.9440, 45, "2025-08-04", 0.80, 0.80, 1.0,
		[]marketChange{
			{"2025-05-31", 0.12, 0.06},
			{"2025-08-01", 0.15, 0.08},
			{"2026-03-01", 0.42, 0.27},
			{"2026-11-30", 0.62, 0.44},
		},
	},
}

// class of a market by its number of points (Decree 60/2024).
func (m market) class() int {
	switch {
	case m.stalls > 400:
		return 1
	case m.stalls >= 200:
		return 2
	}
	return 3
}

// at returns the market's shares on a day.
func (m market) at(day time.Time) (joined, used float64) {
	after, _ := slices.BinarySearchFunc(m.story, day, func(c marketChange, day time.Time) int {
		return parseDay(
			c.day).Compare(day)
	})
	switch after {
	case 0:
		return m.story[0].joined, m.story[0].used
	case len(m.story):
		last := m.story[len(m.story)-1]
		return last.joined, last.used
	}
	from, to := m.story[after-1], m.story[after]
	share := float64(daysBetween(parseDay(from.day), day)) / float64(daysBetween(parseDay(from.day), parseDay(to.day)))
	return from.joined + share*(to.joined-from.joined), from.used + share*(to.used-from.used)
}
