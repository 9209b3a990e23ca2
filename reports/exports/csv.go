package exports

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"

	"market40/reports/exports/document"
)

// ByteOrderMark makes spreadsheets read UTF-8.
const ByteOrderMark = "\uFEFF"

// SealHeads are the columns that identify the frozen version. They are on every line, so that a
// copied line still shows its origin.
var SealHeads = []string{"report", "version", "sha256", "signature"}

// writeCSV writes the report's table. The lines of a frozen report carry the hash and the
// signature, but not the signed content.
func writeCSV(w io.Writer, d *document.Document) error {
	var b bytes.Buffer
	b.WriteString(ByteOrderMark)
	if err := csv.NewWriter(&b).WriteAll(CSVLines(d)); err != nil {
		return fmt.Errorf("write a report as CSV: %w", err)
	}
	_, err := b.WriteTo(w)
	return err
}

// CSVLines returns the cells of the report's table, with those of its seal.
func CSVLines(d *document.Document) [][]string {
	lines := d.Report.Table()
	if d.Seal == nil {
		return lines
	}
	seal := []string{d.Frozen.Report, strconv.Itoa(d.Frozen.Version), d.Seal.SHA256, d.Seal.Signature}
	for i := range lines {
		if i == 0 {
			lines[i] = slices.Concat(lines[i], SealHeads)
		} else {
			lines[i] = slices.Concat(lines[i], seal)
		}
	}
	return lines
}
