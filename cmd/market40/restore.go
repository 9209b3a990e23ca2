package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/merchants/platform/seal"
	"market40/migrations"
	"market40/migrations/database"
)

func restoreCommand(s *app.Settings) *cobra.Command {
	return &cobra.Command{
		Use:   "restore FILE",
		Short: "Load a backup into an empty database (an empty DATA_DIR)",
		Long: `Load a file that backup wrote into an empty database: a DATA_DIR that is empty, or a DATABASE_URL without our tables.
All of it or nothing is loaded. SECRET_KEY is not in a backup and no new one is made: put the original key at
DATA_DIR/secret.key, or set SECRET_KEY, before serve.`,
		Example: "  DATA_DIR=/var/lib/market40-new market40 restore /backups/market40-2026-11-22.backup",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return restoreBackup(cmd, s, args[0])
		},
	}
}

// restoreBackup loads a backup and says what is left to do.
func restoreBackup(cmd *cobra.Command, s *app.Settings, path string) error {
	ctx := cmd.Context()
	file, err := os.Open(path)
	if err != nil {
		return app.WrongUse(fmt.Errorf("reading the backup: %w", err))
	}
	defer file.Close()
	at, err := app.OpenStore(ctx, s)
	if err != nil {
		return err
	}
	defer at.Stop()
	db, err := database.Open(ctx, at.OwnerURL, database.Options{StatementTimeout: -1})
	if err != nil {
		return err
	}
	defer db.Close()
	table, err := anyTable(ctx, db)
	if err != nil {
		return err
	}
	if table != "" {
		return app.WrongUse(fmt.Errorf(
			"the database is not empty (it holds %s): restore goes into an empty one, such as an empty DATA_DIR",
			table))
	}
	if err := checkBackup(ctx, at, file); err != nil {
		return err
	}
	if err := loadBackup(ctx, at, db, file, showProgress(cmd)); err != nil {
		return err
	}
	return checkRestoredKey(ctx, s, db, cmd.ErrOrStderr())
}

// checkBackup refuses a file that is no backup of this program, such as that of another database.
func checkBackup(ctx context.Context, st *app.Store, file *os.File) error {
	var contents bytes.Buffer
	err := runTool(ctx, st, tool{name: "pg_restore", args: []string{"--list"}, in: file, out: &contents})
	if err != nil {
		return fmt.Errorf("%s cannot be read as a backup: %w", file.Name(), err)
	}
	for _, table := range []string{" goose_db_version ", " sealed_keys "} {
		if !strings.Contains(contents.String(), table) {
			return fmt.Errorf("%s is a backup of another program's database", file.Name())
		}
	}
	_, err = file.Seek(0, io.SeekStart)
	return err
}

// loadBackup fills the database, all or nothing, and brings an older backup up to this program's
// schema.
func loadBackup(ctx context.Context, st *app.Store, db *database.DB, file *os.File, show func(string)) error {
	args := []string{"--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"}
	if db.Schema != "public" {
		// A province's schema exists already, and extensions are outside of it.
		if _, err := db.Pool.Exec(ctx, `CREATE EXTENSION IF NOT EXISTS btree_gist`); err != nil {
			return fmt.Errorf("making the extension: %w", err)
		}
		args = append(args, "--schema="+db.Schema)
	}
	size, err := file.Stat()
	if err != nil {
		return err
	}
	end := showBytes(show, "restore", file, size.Size())
	err = runTool(ctx, st, tool{name: "pg_restore", args: args, in: file})
	end()
	if err != nil {
		return err
	}
	if _, err := db.Pool.Exec(ctx, `ANALYZE`); err != nil {
		return fmt.Errorf("gathering statistics: %w", err)
	}
	if err := migrations.UpShown(ctx, st.OwnerURL, show); err != nil {
		return fmt.Errorf("the backup is restored, but %w", err)
	}
	return nil
}

// anyTable returns a table of the schema, or "" if it has none.
func anyTable(ctx context.Context, db *database.DB) (string, error) {
	var table string
	err := db.Pool.QueryRow(ctx, `SELECT coalesce(min(relname), '') FROM pg_class
		WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')`).Scan(&table)
	if err != nil {
		return "", fmt.Errorf("looking for tables: %w", err)
	}
	return table, nil
}

// checkRestoredKey warns where the key is still missing, and refuses one that opens nothing.
func checkRestoredKey(ctx context.Context, s *app.Settings, db *database.DB, warnings io.Writer) error {
	var key [seal.KeySize]byte
	if s.Secret != nil {
		key = *s.Secret
	} else {
		stored, err := app.ReadSecretFile(s.KeyFile())
		if errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(
				warnings,
				"market40: restored. The key is not part of a backup: before serve, put the original key at %s, or set SECRET_KEY or SECRET_KEY_FILE\n",
				s.KeyFile(),
			)
			return nil
		}
		if err != nil {
			return err
		}
		key = stored
	}
	if _, err := seal.Open(ctx, db.Pool, key, time.Now); err != nil {
		return fmt.Errorf("the backup is restored, but %w", err)
	}
	return nil
}
