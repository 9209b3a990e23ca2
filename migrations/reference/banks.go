// Package reference embeds the tables that the project ships: banks and administrative units.
// It has only their bytes; the reader of a table parses them.
package reference

import _ "embed"

// Banks is the bank table as CSV, one row a BIN, sorted by BIN, first row the column names: bin (6
// digits), code, short_name, name_vi, kind (bank, digital-bank, foreign-branch, finance-company,
// wallet), transfer_supported (may its app scan a transfer code: true, false, empty for unknown),
// deeplink_app_ids (joined by ;), memo_prefix (what a memo must start with for the bank to report
// the transfer) and notes.
//
// Sources: the bank list of api.vietqr.io and its changelog, and the State Bank of Vietnam's list
// of issuer numbers (BIN), both as of November 2026.
//
//go:embed banks.csv
var Banks []byte
