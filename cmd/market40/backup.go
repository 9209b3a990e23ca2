package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/migrations"
	"market40/migrations/database"
)

func backupCommand(s *app.Settings) *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write the whole database to FILE, readable by its owner only; SECRET_KEY is not in it",
		Long: `Write the whole database to FILE (pg_dump's custom format, mode 0600). It holds the data keys wrapped by
SECRET_KEY, never that key: keep a copy of the key (DATA_DIR/secret.key) in another place.
The file appears when it is complete, and nothing is overwritten. The server may run meanwhile.`,
		Example: "  market40 backup /backups/market40-2026-11-22.backup",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return writeBackup(cmd.Context(), s, args[0], showProgress(cmd))
		},
	}
}

// writeBackup dumps one consistent snapshot.
func writeBackup(ctx context.Context, s *app.Settings, path string, show func(string)) error {
	if path == "-" {
		return app.WrongUse(errors.New("a backup is written to a file, not to standard output: name the file"))
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return app.WrongUse(fmt.Errorf("%s already exists and is not overwritten", path))
	}
	at, err := app.OpenStore(ctx, s)
	if err != nil {
		return err
	}
	defer at.Stop()
	schema, err := backupSchema(ctx, at)
	if err != nil {
		return err
	}
	args := []string{"--format=custom", "--no-owner", "--no-privileges"}
	if schema != "public" {
		args = append(args, "--schema="+schema) // one province of several in this database
	}
	err = writeAtomically(path, func(out *os.File) error {
		defer showBytes(show, "backup", out, 0)()
		return runTool(ctx, at, tool{name: "pg_dump", args: args, out: out})
	})
	if err == nil {
		at.RecordBackup(ctx)
	}
	return err
}

// backupSchema returns the schema to back up: an older one is not migrated first. A newer
// one, which this program could not restore, and an empty one are refused.
func backupSchema(ctx context.Context, st *app.Store) (string, error) {
	db, err := database.Open(ctx, st.OwnerURL, database.Options{MaxConns: 1})
	if err != nil {
		return "", err
	}
	defer db.Close()
	if err := migrations.Check(ctx, db.Pool); err != nil && !errors.Is(err, migrations.ErrUnmigrated) {
		return "", err
	}
	table, err := anyTable(ctx, db)
	if err == nil && table != "" {
		err = migrations.CheckOwner(ctx, db.Pool)
	}
	if err == nil && table == "" {
		err = app.WrongUse(errors.New("the database is empty: there is nothing to back up"))
	}
	return db.Schema, err
}

// writeAtomically makes FILE.partial, 0600, and names it FILE once it is whole and on disk.
func writeAtomically(path string, write func(*os.File) error) error {
	partial := path + ".partial"
	f, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("making the backup: %w", err)
	}
	err = errors.Join(f.Chmod(0o600), write(f))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Link(partial, path) // fails where something is by now, as rename would not
	}
	err = errors.Join(err, os.Remove(partial))
	if err != nil {
		return fmt.Errorf("making the backup: %w", err)
	}
	return app.SyncFolder(filepath.Dir(path))
}
