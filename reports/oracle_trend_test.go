package reports_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// The other endpoints return the same as the report and as the oracle.

// reading sends a request and decodes the answer.
func (a *drawnQuestion) reading(rt rapid.TB, key, path string, into any) {
	answer := a.get(key, "/api/v1/reports/"+path)
	if err := json.Unmarshal(answer.Body.Bytes(), into); err != nil || answer.Code != http.StatusOK {
		rt.Fatalf("%s is answered with %d: %s", path, answer.Code, answer.Body)
	}
}

// unread is a report with figures that stay encoded as they were received.
type unread struct {
	Basis string
	AsOf  string `json:"as_of"`
	Rows  []struct {
		Locality   struct{ Level, Code, Name string }
		Markets    []struct{ Code string }
		Indicators map[string]json.RawMessage
	}
	Total map[string]json.RawMessage
}

func (u *unread) figure(locality, code string) string {
	for _, row := range u.Rows {
		if row.Locality.Code == locality {
			return string(row.Indicators[code])
		}
	}
	return string(u.Total[code])
}

// counting are the indicators that the oracle counts.
var counting = strings.Fields("I01 I02 I03 I04 I05 I06 I07 I08 I09 I10 I11 I12 I14 I15 I16 I17 I18 I19 I20")

// trend compares the points of an indicator, of a unit or of all units, with the reports of those
// days and with the oracle.
func (a *drawnQuestion) trend(rt *rapid.T, w *factWorld) {
	q := question{
		"admin", a.admin, rapid.SampledFrom(bases).Draw(rt, "basis"), rapid.Bool().Draw(rt, "campaign"),
		w.markets,
		time.Time{},
	}
	code := rapid.SampledFrom(counting).Draw(rt, "indicator")
	locality := ""
	if unit := rapid.SampledFrom(w.markets).Draw(rt, "of").unit(q.basis); rapid.Bool().Draw(rt, "unit") {
		locality = unit
	}
	to := rapid.SampledFrom([]string{"2026-11", "2026-10"}).Draw(rt, "to")
	query := "trend?indicator=" + code + "&basis=" + q.basis + "&locality=" + locality + "&from=2026-10&to=" + to
	if q.campaign {
		query += "&campaign=CHO40"
	}
	var got struct {
		Points []struct {
			AsOf   string `json:"as_of"`
			Figure json.RawMessage
		}
		Target *struct{ Value string }
	}
	a.reading(rt, q.key, query, &got)
	days := map[string][]string{"2026-11": {"2026-11-01", asOf}, "2026-10": {"2026-11-01"}}[to]
	if len(got.Points) != len(days) {
		rt.Fatalf("%s has %d points", query, len(got.Points))
	}
	for i, point := range got.Points {
		q.moment = dayOf(days[i])
		c := &comparing{TB: rt, drawnQuestion: a, question: q, where: "trend of " + code + " " + locality}
		var of unread
		a.reading(rt, q.key, "adoption?"+q.query(), &of)
		if same := of.figure(locality, code); point.AsOf != days[i] || string(point.Figure) != same {
			c.wrong(code, "the trend says %s %s, the report %s", point.AsOf, point.Figure, same)
		}
		var figure served
		if err := json.Unmarshal(point.Figure, &figure); err != nil {
			rt.Fatal(err)
		}
		group := w.group(w.markets, q.basis, locality, q.campaign, q.moment)
		c.record("trend", !figure.Suppressed, figure.Numerator != nil && !figure.Numerator.IsZero())
		want := (&oracle{factWorld: w, group: group, moment: q.moment}).figures()[code]
		want.fresh = nil // compared with the report instead
		c.figure(code, figure, want)
	}
}
