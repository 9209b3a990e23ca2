package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"market40/migrations"
)

func migrateCommand(s *settings) *cobra.Command {
	c := group("migrate", "Bring the database up to this program's schema, or show how far it is")
	c.AddCommand(&cobra.Command{
		Use: "up", Short: "Apply the migrations that are missing and load the banks and localities", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := openStore(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer at.stop()
			if err := at.checkSessions(cmd.Context(), at.ownerURL); err != nil {
				return err
			}
			return migrations.Up(cmd.Context(), at.ownerURL)
		},
	}, &cobra.Command{
		Use: "status", Short: "List the migrations and when each was applied; changes nothing", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return migrateStatus(cmd, s) },
	})
	return c
}

func migrateStatus(cmd *cobra.Command, s *settings) error {
	at, err := openStore(cmd.Context(), s)
	if err != nil {
		return err
	}
	defer at.stop()
	known, err := migrations.Status(cmd.Context(), at.ownerURL)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, m := range known {
		when := "missing"
		if m.Applied {
			when = m.At.Format(time.RFC3339)
		}
		fmt.Fprintf(table, "%s\t%s\n", m.Name, when)
	}
	return table.Flush()
}
