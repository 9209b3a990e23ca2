package reports_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"pgregory.net/rapid"
)

// table compares the report as a table with the JSON report, cell by cell.
func (a *drawnQuestion) table(rt *rapid.T, q question) {
	var report unread
	a.reading(rt, q.key, "adoption?"+q.query(), &report)
	answer := a.get(q.key, "/api/v1/reports/adoption.csv?"+q.query())
	lines, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(answer.Body.Bytes(), []byte("\uFEFF")))).ReadAll()
	if err != nil || answer.Code != http.StatusOK {
		rt.Fatalf("the table is answered with %d: %v", answer.Code, err)
	}
	c := &comparing{TB: rt, drawnQuestion: a, question: q, where: "table"}
	want := map[string]string{}
	for _, row := range report.Rows {
		codes := []string{}
		for _, m := range row.Markets {
			codes = append(codes, m.Code)
		}
		c.cells(want, []string{
			report.Basis, report.AsOf, row.Locality.Level, row.Locality.Code, row.Locality.Name,
			strings.Join(codes, " "),
		}, row.Indicators)
	}
	left := outsideOf(rt, report)
	c.cells(want, []string{report.Basis, report.AsOf, "total", "", "Tổng", ""}, report.Total)
	for _, line := range lines[1:] {
		of := map[string]string{}
		for i, head := range lines[0] {
			of[head] = line[i]
		}
		if of["level"] == "outside" {
			if !strings.HasPrefix(of["name"], fmt.Sprintf("%d chợ, %d tiểu thương ngoài danh sách này", left.Markets,
				left.Merchants)) || len(strings.Fields(of["markets"])) != left.Markets {
				c.wrong("outside", "the table says %v, the report %+v", line, left)
			}
			left = servedOutside{}
			continue
		}
		key := strings.Join([]string{
			of["basis"], of["as_of"], of["level"], of["code"], of["name"], of["markets"],
			of["indicator"], of["part"],
		}, "|")
		reported := ""
		for _, head := range []string{
			"numerator", "denominator", "value", "evidence_a", "evidence_b", "evidence_c", "evidence_d", "suppressed",
			"definition",
			"interval_low", "interval_high", "coverage_numerator", "coverage_denominator", "coverage_value", "fresh_at",
			"period",
		} {
			reported += "|" + of[head]
		}
		if reported != want[key] {
			c.wrong(of["indicator"], "the table's line %s says %s, the report %s", key, reported, want[key])
		}
		c.record("table", true, of["numerator"] != "" && of["numerator"] != "0")
		delete(want, key)
	}
	if len(want) > 0 || left.Markets > 0 {
		c.wrong("lines", "the table lacks %d, outside %+v", len(want), left)
	}
}

// cells writes the lines that a table should have for some figures into a map, by the columns that
// identify them.
func (c *comparing) cells(into map[string]string, of []string, figures map[string]json.RawMessage) {
	type share struct{ Numerator, Denominator, Value any }
	type figure struct {
		Numerator, Denominator, Value any
		Evidence                      map[string]any
		Suppressed                    bool
		Definition                    int
		Interval                      map[string]any
		Coverage                      share
		FreshAt                       any `json:"fresh_at"`
		Period                        any
		Parts                         map[string]json.RawMessage
	}
	var add func(code, part string, raw json.RawMessage)
	add = func(code, part string, raw json.RawMessage) {
		var f figure
		if err := json.Unmarshal(raw, &f); err != nil {
			c.Fatal(err)
		}
		text := func(values ...any) (line string) {
			for _, v := range values {
				switch v := v.(type) {
				case nil:
					line += "|"
				case float64:
					line += fmt.Sprintf("|%.0f", v)
				default:
					line += fmt.Sprint("|", v)
				}
			}
			return line
		}
		if f.Suppressed {
			f.Numerator, f.Value = "ẩn", "ẩn"
			if f.Denominator == nil {
				f.Denominator = "ẩn"
			}
		}
		into[strings.Join(of, "|")+"|"+code+"|"+part] = text(f.Numerator, f.Denominator, f.Value, f.Evidence["A"],
			f.Evidence["B"], f.Evidence["C"], f.Evidence["D"], f.Suppressed, f.Definition,
			f.Interval["low"], f.Interval["high"], f.Coverage.Numerator, f.Coverage.Denominator, f.Coverage.Value,
			f.FreshAt, f.Period)
		for name, raw := range f.Parts {
			add(code, name, raw)
		}
	}
	for code, raw := range figures {
		add(code, "", raw)
	}
}

// outsideOf extracts what the total leaves out, which the JSON stores between the figures.
func outsideOf(rt *rapid.T, report unread) (left servedOutside) {
	if err := json.Unmarshal(report.Total["outside"], &left); err != nil {
		rt.Fatal(err)
	}
	delete(report.Total, "outside")
	return left
}
