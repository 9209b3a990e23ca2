package main

import (
	"fmt"
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
			return migrations.UpShown(cmd.Context(), at.OwnerURL, showProgress(cmd))
		},
	}, migrateStatusCommand(s))
	return c
}

func migrateStatusCommand(s *app.Settings) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "status [--json]",
		Short:   "List the migrations and when each was applied; changes nothing",
		Args:    cobra.NoArgs,
		Long:    "List the migrations of this program and when the database got each. Nothing is changed.",
		Example: "  market40 migrate status\n  market40 migrate status --json | jq '.items[] | select(.applied_at == null)'",
		RunE:    func(cmd *cobra.Command, _ []string) error { return migrateStatus(cmd, s, asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	return c
}

// migration is a migration in JSON.
type migration struct {
	Version   int64      `json:"version"`
	Name      string     `json:"name"`
	AppliedAt *time.Time `json:"applied_at"`
}

func migrateStatus(cmd *cobra.Command, s *app.Settings, asJSON bool) error {
	at, err := app.OpenStore(cmd.Context(), s)
	if err != nil {
		return err
	}
	defer at.Stop()
	known, err := migrations.Status(cmd.Context(), at.OwnerURL)
	if err != nil {
		return err
	}
	list := make([]migration, len(known))
	for i, m := range known {
		list[i] = migration{Version: m.Version, Name: m.Name}
		if m.Applied {
			list[i].AppliedAt = &m.At
		}
	}
	if asJSON {
		return printList(cmd.OutOrStdout(), list, nil)
	}
	table := newTable(cmd.OutOrStdout())
	for _, m := range list {
		when := "missing"
		if m.AppliedAt != nil {
			when = m.AppliedAt.Format(time.RFC3339)
		}
		fmt.Fprintf(table, "%s\t%s\n", m.Name, when)
	}
	return table.Flush()
}
