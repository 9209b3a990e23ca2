package vietqr

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"sync"

	"market40/migrations/reference"
)

// Bank is an institution that receives transfers under a number of its own. A few have two numbers
// (CIMB, MAFC): two rows with one Code.
type Bank struct {
	BIN       string // six digits, the key
	Code      string // "VCB"
	ShortName string // "Vietcombank"
	Name      string // in Vietnamese
	Kind      string // bank, digital-bank, foreign-branch, finance-company or wallet
	// Transfers reports whether its app scans transfer codes: "true", "false", "" for unknown. Its
	// accounts may receive all the same.
	Transfers string
	AppIDs    []string // of its apps at dl.vietqr.io; never the Code
	// MemoPrefix is what a memo must start with for the bank to report the transfer ("SEVQR"),
	// mostly "".
	MemoPrefix string
}

// Banks returns all banks, by BIN. The caller owns the slice.
func Banks() []Bank { return slices.Clone(bankTable()) }

// BankByBIN returns the bank of a six-digit number.
func BankByBIN(bin string) (Bank, bool) {
	table := bankTable()
	i, found := slices.BinarySearchFunc(table, bin, func(b Bank, bin string) int { return strings.Compare(b.BIN, bin) })
	if !found {
		return Bank{}, false
	}
	return table[i], true
}

// bankTable reads the embedded table once. It is part of the program: a test reads it, and a
// fault in it yields no banks at all.
var bankTable = sync.OnceValue(func() []Bank {
	table, err := readBanks(reference.Banks)
	if err != nil {
		return nil
	}
	return table
})

func readBanks(table []byte) ([]Bank, error) {
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("bank table: %w", err)
	}
	banks := make([]Bank, 0, len(rows))
	for _, row := range rows[1:] {
		banks = append(banks, Bank{
			BIN: row[0], Code: row[1], ShortName: row[2], Name: row[3], Kind: row[4], Transfers: row[5],
			AppIDs: strings.FieldsFunc(row[6], func(r rune) bool { return r == ';' }), MemoPrefix: row[7],
		})
	}
	slices.SortFunc(banks, func(a, b Bank) int { return strings.Compare(a.BIN, b.BIN) })
	return banks, nil
}
