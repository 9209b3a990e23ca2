package indicators

import (
	"fmt"
	"slices"
	"strings"
)

// Query returns the text of a .sql file.
func Query(name string) (string, error) {
	text, err := files.ReadFile(name + ".sql")
	return string(text), err
}

// Statement returns the named queries as one statement, so that they see one moment and read shared
// data once.
func Statement(queries []string) (string, error) {
	text, err := Query("head")
	if err != nil {
		return "", err
	}
	for i, name := range queries {
		query, err := Query(name)
		if err != nil {
			return "", err
		}
		if i > 0 {
			text += "UNION ALL\n"
		}
		text += "(\n" + query + ")\n"
	}
	return text, nil
}

// shownSQL returns the queries of a row, including their common beginning.
func (r Row) shownSQL() (string, error) {
	if len(r.Queries) == 0 {
		return "", fmt.Errorf("%s has no query", r.Code)
	}
	names := slices.Clone(r.Queries)
	if !r.ByLocality {
		names = slices.Insert(names, 0, "head")
	}
	var text strings.Builder
	for _, name := range names {
		query, err := Query(name)
		if err != nil {
			return "", err
		}
		text.WriteString(query)
		text.WriteString("\n")
	}
	return strings.TrimSpace(text.String()), nil
}
