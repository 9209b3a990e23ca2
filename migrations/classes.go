package migrations

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
)

// ClassesCSV says for every column which personal data it holds, how it is stored and whether it is
// exported to its person. A test compares it with the schema: a new column needs a row here.
//
//go:embed classes.csv
var ClassesCSV []byte

// How a column is stored.
const (
	Clear      = "clear"
	Sealed     = "sealed"      // encrypted, merchants/platform/seal
	KeyedIndex = "keyed index" // HMAC-SHA-256: found, never read
	Hashed     = "hashed"
	Masked     = "masked" // the last characters alone
)

// Exported marks a column that is exported to its person; any other text is the reason why it is
// not.
const Exported = "yes"

// Class is the personal data in a column (Law 91/2025/QH15: basic or sensitive; public is about no
// person).
type Class struct {
	Table, Column string
	Class         string // public, basic, sensitive
	Storage       string
	Subject       string // merchant, user, shopper, none
	Export        string // Exported, or the reason why not
	Note          string
}

// Classes returns all columns, by table and position.
func Classes() ([]Class, error) {
	rows, err := csv.NewReader(bytes.NewReader(ClassesCSV)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading classes.csv: %w", err)
	}
	classes := make([]Class, 0, len(rows))
	for _, r := range rows[1:] {
		classes = append(classes, Class{r[0], r[1], r[2], r[3], r[4], r[5], r[6]})
	}
	return classes, nil
}
