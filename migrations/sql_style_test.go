package migrations_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// lastUnstyled is the last migration from before there was one style of SQL. A migration that ran
// somewhere never changes.
const lastUnstyled = "00054"

var (
	sqlAside    = regexp.MustCompile(`'[^']*'|--.*`)
	lowKeywords = regexp.MustCompile(`\b(select|from|where|join|group by|order by|insert into|delete|union|exists|` +
		`returning|case|when|then|else|end|null|distinct|having|limit|values)\b`)
)

// TestSQLStyle checks the SQL files: at most 120 columns, keywords in capitals, indented by spaces.
func TestSQLStyle(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "bin"):
			return filepath.SkipDir
		case filepath.Ext(path) != ".sql" || d.Name() == "schema.sql":
			return nil
		case filepath.Dir(path) == filepath.Join("..", "migrations") && d.Name()[:len(lastUnstyled)] <= lastUnstyled:
			return nil
		}
		files++
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(raw), "\n") {
			checkSQLLine(t, path, i+1, line)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 30 {
		t.Errorf("only %d SQL files were found", files)
	}
}

func checkSQLLine(t *testing.T, path string, n int, line string) {
	t.Helper()
	if utf8.RuneCountInString(line) > 120 {
		t.Errorf("%s:%d has more than 120 columns", path, n)
	}
	if strings.Contains(line, "\t") || strings.TrimRight(line, " ") != line {
		t.Errorf("%s:%d has a tab, or spaces at its end", path, n)
	}
	if word := lowKeywords.FindString(sqlAside.ReplaceAllString(line, "")); word != "" {
		t.Errorf("%s:%d: write %s in capitals", path, n, strings.ToUpper(word))
	}
}
