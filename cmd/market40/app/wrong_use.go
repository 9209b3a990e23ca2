package app

import (
	"errors"

	"market40/merchants/platform/seal"
	"market40/migrations"
	"market40/migrations/database"
	"market40/migrations/database/private"
)

// wrongUse is the error of a command with wrong arguments or settings, found after it had begun.
type wrongUse struct{ error }

// Unwrap returns the cause.
func (w wrongUse) Unwrap() error { return w.error }

// WrongUse marks an error as wrong use, with which the program ends in exit 2.
func WrongUse(err error) error { return wrongUse{err} }

// IsWrongUse reports whether the cause is wrong arguments or settings, rather than a failure.
func IsWrongUse(err error) bool {
	for _, cause := range []error{
		migrations.ErrUnmigrated, migrations.ErrNewer, migrations.ErrNotOwner,
		seal.ErrWrongKey, seal.ErrUnfinished, errNoKey,
		database.ErrTransactionPool,
		private.ErrUnreachableDir, private.ErrVersion, private.ErrForeignFolder,
	} {
		if errors.Is(err, cause) {
			return true
		}
	}
	var w wrongUse
	var s wrongSettings
	return errors.As(err, &w) || errors.As(err, &s)
}
