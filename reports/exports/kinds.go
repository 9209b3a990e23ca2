// Package exports writes a report as a file for an office: CSV, XLSX, PDF, or a draft in DOCX.
package exports

import (
	"io"

	"market40/reports/exports/document"
)

// Kind is a kind of file in which a report is available.
type Kind struct {
	Media string
	Write func(io.Writer, *document.Document) error
}

// Kinds are all kinds by their file extension.
var Kinds = map[string]Kind{
	"csv":  {"text/csv; charset=utf-8", writeCSV},
	"xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", writeXLSX},
	"pdf":  {"application/pdf", writePDF},
	"docx": {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", writeDOCX},
}
