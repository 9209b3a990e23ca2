//go:build !linux

package database

import (
	"context"
	"syscall"
)

// limitUnacked does nothing: keepalives and the limit of each read remain.
func limitUnacked(context.Context, string, string, syscall.RawConn) error { return nil }
