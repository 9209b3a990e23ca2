package exports_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"market40/reports"
	"market40/reports/exports"
	"market40/reports/exports/document"
	"market40/reports/exports/verify"
	"market40/reports/figures"
	"market40/reports/scope"
)

// drawFigure returns any figure that a report may contain, including ones that no indicator
// produces today.
func drawFigure(t *rapid.T, depth int) figures.Figure {
	f := figures.Figure{Definition: rapid.IntRange(1, 9).Draw(t, "definition"), Suppressed: rapid.Bool().Draw(t,
		"hidden")}
	maybe := rapid.Bool()
	quantity := func(name string) *figures.Quantity {
		q := figures.Count(rapid.IntRange(-5, 9_000_000_000_000).Draw(t, name))
		q.Money = maybe.Draw(t, name+" is money")
		return q
	}
	value := rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf("%d.%04d", rapid.IntRange(0, 99999).Draw(t, "whole"), rapid.IntRange(0, 9999).Draw(t,
			"fraction"))
	})
	if maybe.Draw(t, "has denominator") {
		f.Denominator = quantity("denominator")
	}
	if f.Suppressed {
		return f
	}
	if maybe.Draw(t, "has numerator") {
		f.Numerator = quantity("numerator")
	}
	if maybe.Draw(t, "has value") {
		f.Value = text(value.Draw(t, "value"))
	}
	if maybe.Draw(t, "is a quotient") && f.Numerator != nil && f.Denominator != nil && f.Denominator.IsPositive() {
		f.Value = text(new(big.Rat).Quo(f.Numerator.Rat(), f.Denominator.Rat()).FloatString(4))
	}
	if maybe.Draw(t, "has evidence") {
		n := rapid.IntRange(0, 100_000)
		f.Evidence = &figures.Evidence{A: n.Draw(t, "A"), B: n.Draw(t, "B"), C: n.Draw(t, "C"), D: n.Draw(t, "D")}
	}
	if maybe.Draw(t, "has interval") {
		f.Interval = &figures.Interval{Low: value.Draw(t, "low"), High: value.Draw(t, "high")}
	}
	if maybe.Draw(t, "has coverage") {
		f.Coverage = &figures.Share{Denominator: rapid.IntRange(0, 999).Draw(t, "covered of")}
		if maybe.Draw(t, "shown") {
			n := rapid.IntRange(0, 999).Draw(t, "covered")
			f.Coverage.Numerator, f.Coverage.Value = &n, text(value.Draw(t, "coverage"))
		}
	}
	if maybe.Draw(t, "has a time") {
		at := time.Unix(rapid.Int64Range(1_700_000_000, 1_800_000_000).Draw(t, "fresh"), 0).UTC()
		f.FreshAt = &at
	}
	if depth > 0 {
		for range rapid.IntRange(0, 2).Draw(t, "parts") {
			if f.Parts == nil {
				f.Parts = map[string]figures.Figure{}
			}
			f.Parts[rapid.StringMatching(`[a-z_0-9]{1,12}`).Draw(t, "part")] = drawFigure(t, 0)
		}
	}
	return f
}

func drawFigures(t *rapid.T) figures.Figures {
	all := figures.Figures{}
	for n := range 24 {
		if rapid.Bool().Draw(t, "has it") {
			all[fmt.Sprintf("I%02d", n+1)] = drawFigure(t, 1)
		}
	}
	return all
}

// word generates text that a user may have typed.
var word = rapid.OneOf(rapid.StringMatching(`[A-ZĐa-zàáạảãđơưếệ =+@<&"',;0-9-]{1,40}`), rapid.String())

func drawContent(t *rapid.T) *document.Content {
	c := &document.Content{
		Campaign: &document.Campaign{Code: "C", Name: word.Draw(t, "campaign"), LegalRef: word.Draw(t, "legal")},
		Kind:     "quarter", Period: "2026-Q3", Basis: "current", AsOf: "2026-10-01",
		Frozen: &document.Frozen{
			Report: uuid.NewString(), Version: rapid.IntRange(1, 99).Draw(t, "version"),
			At: time.Unix(1_790_000_000, 123_000).UTC(), Reason: word.Draw(t, "reason"),
		},
	}
	for range rapid.IntRange(0, 6).Draw(t, "units") {
		row := reports.Row{
			Locality: scope.Locality{
				ID: uuid.New(), Level: "commune",
				Code: rapid.StringMatching(`[0-9]{5}`).Draw(t, "code"), Name: word.Draw(t, "unit"),
			},
			Indicators: drawFigures(t),
		}
		for range rapid.IntRange(0, 2).Draw(t, "markets") {
			m := scope.Market{ID: uuid.New(), Code: "M", Name: word.Draw(t, "market"), Demo: rapid.Bool().Draw(t,
				"demo")}
			row.Markets = append(row.Markets, m)
			c.Demo = c.Demo || m.Demo
		}
		c.Report.Rows = append(c.Report.Rows, row)
	}
	c.Report.Total = drawFigures(t)
	c.Report.Basis, c.Report.AsOf = c.Basis, c.AsOf
	return c
}

var drawnReports = flag.Int("drawn.reports", 20, "how many drawn reports are written as every kind")

// TestAnyReport checks that any report can be written as every kind of file, is verified there, and
// has the same figures in the workbook.
func TestAnyReport(t *testing.T) {
	t.Parallel()
	rounds, failed := 0, false
	rapid.Check(t, func(r *rapid.T) {
		if !failed && rounds == *drawnReports {
			return
		}
		rounds++
		defer func() { failed = failed || r.Failed() }()
		c := drawContent(r)
		seal := sealContent(t, c)
		d, err := document.Open(seal)
		must(t, err)
		for kind, k := range exports.Kinds {
			var out bytes.Buffer
			if err := k.Write(&out, d); err != nil {
				r.Fatalf("%s: %v", kind, err)
			}
			proof, err := verify.Check(out.Bytes(), publicKey(), lookupOf(seal))
			if err != nil || !proof.Proven() {
				r.Fatalf("%s: %v %+v", kind, err, proof)
			}
			if kind != "xlsx" {
				continue
			}
			file, err := excelize.OpenReader(&out)
			must(t, err)
			rows, err := file.GetRows("Số liệu", excelize.Options{RawCellValue: true})
			must(t, err)
			for i, want := range expectedRows(t, &d.Content) {
				if got := figuresCells(rows)[i]; fmt.Sprint(got[1:]) != fmt.Sprint(want[1:]) {
					r.Fatalf("row %d is %q, not %q", i, got, want)
				}
			}
		}
	})
}
