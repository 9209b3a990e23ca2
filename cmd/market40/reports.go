package main

import "github.com/spf13/cobra"

func reportsCommand(s *settings) *cobra.Command {
	c := group("reports", "Freeze the reports of months and quarters, and prove their files")
	c.AddCommand(verifyReportCommand(s))
	return c
}
