package migrations

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
)

// ClassesCSV says of every column what it tells of whom, how it is kept and whether its person
// takes it away. A test holds it against the schema: a new column is written here too.
//
//go:embed classes.csv
var ClassesCSV []byte

// How a column is kept.
const (
	Clear      = "clear"
	Sealed     = "sealed"      // encrypted, merchants/platform/seal
	KeyedIndex = "keyed index" // HMAC-SHA-256: found, never read
	Hashed     = "hashed"
	Masked     = "masked" // the last characters alone
)

// Exported is the word for a column that its person takes away; any other word is the reason why
// not.
const Exported = "yes"

// Class is what a column is to personal data (Law 91/2025/QH15: basic or sensitive; public tells of
// nobody).
type Class struct {
	Table, Column string
	Class         string // public, basic, sensitive
	Kept          string
	Whose         string // merchant, user, shopper, none
	Export        string // Exported, or the reason why not
	Note          string
}

// Classes are all columns, by table and place.
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
