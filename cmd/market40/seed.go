package main

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/cmd/market40/demo"
	"market40/migrations"
)

// errHasMarkets is the refusal of invented data in a register that is in use.
var errHasMarkets = errors.New("the database already contains markets: load demo data into an empty one")

func seedCommand(s *app.Settings) *cobra.Command {
	c := newGroup("seed", "Load data: the shipped banks or localities again, or an invented demo province")
	c.AddCommand(
		&cobra.Command{
			Use:   "demo",
			Short: "Load an invented province with markets, stalls and payments into a database without markets",
			Args:  cobra.NoArgs,
			RunE:  func(cmd *cobra.Command, _ []string) error { return seedDemoOnce(cmd, s) },
		},
		referenceCommand(s, "banks", "Update the table of banks to the shipped one", migrations.LoadBanks),
		referenceCommand(s, "localities", "Update the administrative units to the shipped ones",
			migrations.LoadLocalities),
	)
	return c
}

// referenceCommand loads one of the shipped tables, as the owner of the tables.
func referenceCommand(s *app.Settings, use, short string, load func(context.Context, pgx.Tx) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			owner := *s
			owner.DatabaseURL = s.MigrateURL
			db, closeDB, err := app.OpenDatabase(cmd.Context(), &owner)
			if err != nil {
				return err
			}
			defer closeDB()
			if err := migrations.CheckOwner(cmd.Context(), db.Pool); err != nil {
				return err
			}
			return db.InTx(cmd.Context(), load)
		},
	}
}

func seedDemoOnce(cmd *cobra.Command, s *app.Settings) error {
	ctx := cmd.Context()
	p, closeProgram, err := app.OpenProgram(ctx, s)
	if err != nil {
		return err
	}
	defer closeProgram()
	needed, err := demo.Needed(ctx, p)
	if err != nil {
		return err
	}
	if !needed {
		return errHasMarkets
	}
	tuneMemory()
	if err := demo.Seed(ctx, p, showProgress(cmd)); err != nil {
		return err
	}
	return demo.Report(ctx, p)
}
