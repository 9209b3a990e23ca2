package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/merchants/access/trail"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
)

func secretsCommand(s *app.Settings) *cobra.Command {
	c := newGroup("secrets", "Change SECRET_KEY while servers run")
	var file string
	rotate := &cobra.Command{
		Use:     "rotate [--new-key-file FILE]",
		Example: "  market40 secrets rotate\n  openssl rand -base64 32 >new.key && market40 secrets rotate --new-key-file new.key",
		Short:   "Encrypt the stored keys with a new SECRET_KEY; no other row changes",
		Long: `Wrap the stored keys (one data key a month, the index key) by a new SECRET_KEY, in one transaction.

A key that lies in DATA_DIR is drawn anew and replaced: nothing is left to do. It may be killed at any moment; the next
command or start goes on from there.

A key that was given (SECRET_KEY, SECRET_KEY_FILE) is the old one here, and --new-key-file holds the new one. Then both
open the database: start every server again with the new key, and end with ` + "`market40 secrets finish`" +
			`, under the new key.
Servers with the old key in memory serve on, until the end of the month after next.

Backups made before are opened by the old key: keep it as long as those.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return rotateKeys(cmd, s, file) },
	}
	rotate.Flags().
		StringVar(&file, "new-key-file", "", "`FILE` with the new key: 32 bytes in base64 (openssl rand -base64 32)")
	c.AddCommand(rotate, &cobra.Command{
		Use: "finish", Short: "Delete what the old key encrypted, once every server runs with the new key",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			db, secret, closeDB, err := app.OpenSecret(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer closeDB()
			err = recordKeys(cmd, db, func(ctx context.Context) error { return seal.Finish(ctx, db.Pool, secret) })
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "the old key can no longer open anything here")
			return nil
		},
	})
	return c
}

// rotateKeys wraps the keys by the key of a file, or by one that is drawn for the data directory.
func rotateKeys(cmd *cobra.Command, s *app.Settings, file string) error {
	ctx := cmd.Context()
	if own := s.Secret == nil && s.DatabaseURL == ""; own == (file != "") {
		return app.WrongUse(errors.New(
			"--new-key-file is required if SECRET_KEY or SECRET_KEY_FILE gives the key, and not allowed otherwise: the key in DATA_DIR is generated",
		))
	}
	db, old, closeDB, err := app.OpenSecret(ctx, s)
	if err != nil {
		return err
	}
	defer closeDB()
	if file == "" {
		err := recordKeys(cmd, db, func(ctx context.Context) error { return s.RotateKey(ctx, db.Pool) })
		if err != nil {
			return err
		}
		fmt.Fprintf(
			cmd.OutOrStdout(),
			"%s contains a new key; the old one can no longer open anything here\n",
			s.KeyFile(),
		)
		return nil
	}
	next, err := app.ReadSecretFile(file)
	if err != nil {
		return app.WrongUse(err)
	}
	if next == old {
		return app.WrongUse(fmt.Errorf("%s contains the present key", file))
	}
	err = recordKeys(cmd, db, func(ctx context.Context) error {
		return seal.Rotate(ctx, db.Pool, old, next, time.Now())
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(),
		"both keys open the database: start every server again with that of %s, then `market40 secrets finish`\n", file)
	return nil
}

// recordKeys runs a change of keys as a line of the audit trail. It changes no row that the trail digests, so the
// trail needs no key.
func recordKeys(cmd *cobra.Command, db *database.DB, do func(context.Context) error) error {
	return trail.NewTrail(db, nil, time.Now).RecordCommand(cmd.Context(), trail.Command{Path: cmd.CommandPath()}, do)
}
