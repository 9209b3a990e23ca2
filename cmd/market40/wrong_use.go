package main

import (
	"errors"

	"market40/merchants/seal"
	"market40/migrations"
	"market40/migrations/database"
	"market40/migrations/database/private"
)

// wrongUse is a command that was called wrongly, found only once it had begun.
type wrongUse struct{ error }

// Unwrap is the cause.
func (w wrongUse) Unwrap() error { return w.error }

// usage marks an error as wrong use: exit 2.
func usage(err error) error { return wrongUse{err} }

// isWrongUse says whether someone at the keyboard has to change what was given, rather than mend what broke.
func isWrongUse(err error) bool {
	for _, cause := range []error{
		migrations.ErrUnmigrated, migrations.ErrNewer, seal.ErrWrongKey, seal.ErrUnfinished, errNoKey, database.ErrTransactionPool,
		private.ErrUnreachableDir, private.ErrVersion, private.ErrNotOurs,
	} {
		if errors.Is(err, cause) {
			return true
		}
	}
	var w wrongUse
	var s wrongSettings
	return errors.As(err, &w) || errors.As(err, &s)
}
