package main

import (
	"context"
	"encoding/json"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/merchants/access/trail"
	"market40/merchants/platform/web"
)

// jsonList is the help of --json where a command lists what the API lists too.
const jsonList = "print the list as the API answers it"

// pageSize is how many rows of a list are read at once.
const pageSize = 500

// readPages reads a whole list. It calls next with the last row so far, nil at first.
func readPages[T any](next func(last *T) ([]T, error)) ([]T, error) {
	all := []T{}
	for {
		var last *T
		if len(all) > 0 {
			last = &all[len(all)-1]
		}
		page, err := next(last)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < pageSize {
			return all, nil
		}
	}
}

// printList prints a whole list as the API answers one, or returns the error of reading it.
func printList[T any](out io.Writer, list []T, err error) error {
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(web.List[T]{Items: list})
}

// newTable aligns columns that are separated by tabs.
func newTable(out io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) }

// recordCommand runs what changes rights as a line of the audit trail.
func recordCommand(cmd *cobra.Command, p *app.Program, object string, do func(context.Context) error) error {
	return p.RecordCommand(cmd.Context(), trail.Command{Path: cmd.CommandPath(), Object: object}, do)
}
