package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"market40/cmd/market40/app"
)

// manCommand writes a man page for each command, for packages.
func manCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write a man page for each command into a folder",
		Args:    cobra.ExactArgs(1),
		Hidden:  true,
		Long:    "Write a man page for each command into a folder: market40.1, market40-serve.1 and so on.",
		Example: "  market40 man /usr/share/man/man1",
		RunE: func(_ *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil { //nolint:gosec // everyone reads man pages
				return fmt.Errorf("making the folder of the man pages: %w", err)
			}
			root.DisableAutoGenTag = true // the same pages each time
			header := &doc.GenManHeader{
				Title:   "MARKET40",
				Section: "1",
				Source:  "market40 " + app.Version(),
				Manual:  "Chợ 4.0",
			}
			return doc.GenManTree(root, header, args[0])
		},
	}
}
