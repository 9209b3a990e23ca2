package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/migrations"
)

func migrateCommand(s *app.Settings) *cobra.Command {
	c := newGroup("migrate", "Update the database to this program's schema, or show its state")
	c.AddCommand(&cobra.Command{
		Use: "up", Short: "Apply the migrations that are missing and load the banks and localities", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := app.OpenStore(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer at.Stop()
			if err := at.CheckSessions(cmd.Context(), at.OwnerURL); err != nil {
				return err
			}
			return migrations.Up(cmd.Context(), at.OwnerURL)
		},
	}, &cobra.Command{
		Use: "status", Short: "List the migrations and when each was applied; changes nothing", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return migrateStatus(cmd, s) },
	})
	return c
}

func migrateStatus(cmd *cobra.Command, s *app.Settings) error {
	at, err := app.OpenStore(cmd.Context(), s)
	if err != nil {
		return err
	}
	defer at.Stop()
	known, err := migrations.Status(cmd.Context(), at.OwnerURL)
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
