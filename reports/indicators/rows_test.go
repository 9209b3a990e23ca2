package indicators_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"market40/reports/indicators"
)

// An indicator is one definition in words, the queries from which it is counted, and one row. No
// other list of indicators exists.
func TestEveryDefinitionHasOneRow(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("i*.md")
	must(t, err)
	var written, codes []string
	for _, file := range files {
		if code := strings.ToUpper(strings.TrimSuffix(file, ".md")); len(code) == 3 {
			written = append(written, code)
		}
	}
	for _, row := range indicators.Rows {
		codes = append(codes, row.Code)
	}
	if !slices.Equal(codes, written) {
		t.Errorf("the rows are %v, the files %v", codes, written)
	}
	definitions, err := indicators.Definitions()
	must(t, err)
	if len(definitions) != len(codes) {
		t.Fatalf("%d definitions of %d rows", len(definitions), len(codes))
	}
	for i, d := range definitions {
		row, known := indicators.Find(d.Code)
		if !known || row.Code != codes[i] || d.Unit != string(row.Unit) || d.Version < 1 || d.SQL == "" {
			t.Errorf("%s is not what its row says: %+v", codes[i], d)
		}
	}
}

// Every query is used, every row is counted from existing queries, and every measure has a query
// that gives its freshness.
func TestRowsAndQueriesAgree(t *testing.T) {
	t.Parallel()
	// turnover is read together with the samples
	used := map[string]bool{"head": true, "turnover": true}
	for _, row := range indicators.Rows {
		for _, name := range slices.Concat(row.Queries, row.Needs) {
			used[name] = true
			if text, err := indicators.Query(name); err != nil || !strings.Contains(text, "SELECT") {
				t.Errorf("%s: no query %s", row.Code, name)
			}
		}
		if row.Measure != "" && !slices.Contains(row.Queries, row.FreshBy) {
			t.Errorf("%s is as fresh as %q, which it is not counted from", row.Code, row.FreshBy)
		}
		if row.Measure != "" && !row.Register && !slices.Contains(row.Families(), row.Measure.Family()) {
			t.Errorf("%s is not hidden with its measure", row.Code)
		}
		if row.Divisible && row.ByLocality || row.Unit == "" {
			t.Errorf("%+v", row)
		}
	}
	files, err := os.ReadDir(".")
	must(t, err)
	for _, file := range files {
		if name, is := strings.CutSuffix(file.Name(), ".sql"); is && !used[name] {
			t.Errorf("no row uses %s.sql", name)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
