package app

import (
	"errors"
	"fmt"
	"os"
)

// SyncFolder makes a new name in a folder survive a crash.
func SyncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("syncing %s: %w", dir, err)
	}
	return errors.Join(f.Sync(), f.Close())
}
