package reports_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"market40/merchants/access/roles"
	"market40/reports"
	"market40/reports/figures"
)

// read requests an answer of the reports and decodes it.
func (w *world) read(key, path string, into any) {
	w.T.Helper()
	answer := w.get(key, "/api/v1/reports/"+path)
	if answer.Code != http.StatusOK {
		w.T.Fatalf("%s is answered with %d: %s", path, answer.Code, answer.Body)
	}
	must(w.T, json.Unmarshal(answer.Body.Bytes(), into))
}

func revisedText(r *figures.Revised) string {
	if r == nil {
		return "as it was"
	}
	return fmt.Sprint(r.Merchants, " after ", r.After.Format("2006-01-02 15:04"))
}

// An entry in the register that is backdated marks the figures of the days between, in every
// endpoint.
func TestPastFiguresThatChangedAreMarked(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	dam := w.AddMarket("DAM", nhaTrang...)
	w.crowd(dam, crowd{merchants: 12, registered: 12, noticed: 7})
	w.Exec(`UPDATE tenancies SET created_at = '2026-10-02 08:00+07'`)
	var known, other string
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT min(merchant_id::text) FROM tenancies`).Scan(&known))
	list := func(merchants int, valid, at string) {
		w.Exec(`WITH people AS MATERIALIZED (SELECT gen_random_uuid() AS id FROM generate_series(1, $2::int)),
			s AS (INSERT INTO stalls (id, market_id, number, kind, goods_group, created_at)
			SELECT id, $1, id, 'stall', 'khac', now() FROM people),
			m AS (INSERT INTO merchants (id, full_name, created_at) SELECT id, 'X', now() FROM people)
			INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid, created_at)
			SELECT id, $1, id, id, $3::text::tstzrange, $4::text::timestamptz FROM people`, dam, merchants, valid, at)
	}
	list(3, "(,)", "2026-11-15 09:30+07")
	list(2, "[2026-11-08,)", "2026-11-20 10:00+07")
	list(4, "[2026-11-20,)", "2026-11-20 10:00+07") // recorded on its first day
	list(1, "(,)", "2026-11-20 11:00+07")
	must(t, w.DB.Pool.QueryRow(t.Context(),
		`SELECT id::text FROM tenancies WHERE created_at = '2026-11-20 11:00+07'`).Scan(&other))
	// a second stall of an existing merchant
	w.Exec(`UPDATE tenancies SET merchant_id = $1 WHERE id = $2`, known, other)
	w.Exec(`UPDATE stalls SET zone = 'B' WHERE id = $1`, other)
	officer := w.Key(roles.ProvinceOfficer, "")
	for day, want := range map[string]string{
		"2026-10-01": "as it was", // before the market had a register
		"2026-11-05": "3 after 2026-11-15 09:30", "2026-11-10": "5 after 2026-11-20 10:00",
		"2026-11-18": "2 after 2026-11-20 10:00", "2026-11-22": "as it was",
	} {
		report := w.adoption(officer, "basis=districts_2024&as_of="+day)
		var page reports.MarketPage
		w.read(officer, "markets/"+dam.String()+"?as_of="+day, &page)
		var parts reports.DrillDown
		w.read(officer, "drill-down?indicator=I05&basis=districts_2024&locality=568&as_of="+day, &parts)
		for way, got := range map[string]*figures.Revised{
			"row": rowOf(t, report, "568").Revised, "total": report.Revised,
			"market": page.Revised, "drill-down": parts.Revised,
		} {
			if revisedText(got) != want {
				t.Errorf("%s of %s: %s, not %s", way, day, revisedText(got), want)
			}
		}
		lines, err := csv.NewReader(strings.NewReader(w.get(officer, csvPath+"?basis=districts_2024&as_of="+
			day).Body.String())).ReadAll()
		must(t, err)
		marked := 0
		for _, line := range lines[1:] {
			if after := line[len(line)-1]; after != "" && strings.Contains(want, strings.ReplaceAll(after[:16], "T",
				" ")) {
				marked++
			}
		}
		if (marked > 0) != (want != "as it was") {
			t.Errorf("the table of %s marks %d lines", day, marked)
		}
	}
	var trend reports.Trend
	w.read(officer, "trend?indicator=I05&basis=districts_2024&from=2026-09&to=2026-11", &trend)
	var reported []string
	for _, p := range trend.Points {
		reported = append(reported, p.AsOf+" "+revisedText(p.Revised))
	}
	if got := strings.Join(reported,
		", "); got != "2026-10-01 as it was, 2026-11-01 3 after 2026-11-15 09:30, 2026-11-22 as it was" {
		t.Errorf("the trend says %s", got)
	}
}

// A market that no unit of the basis contains is listed wherever all units are published together.
func TestMarketsOutsideAreNamedEverywhere(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	w.crowd(w.AddMarket("DAM", nhaTrang...), crowd{merchants: 12, registered: 12, noticed: 7})
	w.crowd(w.AddMarket("PHAN-RANG", phanRang...), crowd{merchants: 12, registered: 12, noticed: 8})
	officer := w.Key(roles.ProvinceOfficer, "")
	for query, want := range map[string]string{
		"basis=districts_2024":        "1 chợ, 12 tiểu thương ngoài danh sách này: Chợ PHAN-RANG",
		"basis=districts_2024_merged": "", "basis=districts_2024&locality=568": "",
	} {
		var parts reports.DrillDown
		w.read(officer, "drill-down?indicator=I05&"+query, &parts)
		var trend reports.Trend
		w.read(officer, "trend?indicator=I05&months=2&"+query, &trend)
		if parts.Outside.Named() != want || trend.Outside.Named() != want {
			t.Errorf("%s: the drill-down names %q, the trend %q, not %q", query, parts.Outside.Named(),
				trend.Outside.Named(), want)
		}
	}
}
