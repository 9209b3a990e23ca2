package problem

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// awayRetry is how many seconds a caller should wait while the database cannot be reached.
	awayRetry = 10
	// awayLogPause is the least time between two log lines about it: an outage must not fill the
	// disk.
	awayLogPause = 5 * time.Second
)

// Away returns the refusal (503) while the database cannot be reached, or is too busy to answer in
// time.
func Away() *Error {
	e := New(Unavailable, "unavailable", "Hệ thống tạm gián đoạn, xin thử lại sau ít giây.",
		"The database cannot be reached, please try again in a few seconds.")
	e.RetryAfter = awayRetry
	return e
}

// awayStates are the SQLSTATE classes and codes of a server that is down, starting, full, locked or
// overloaded (PostgreSQL 15, appendix A): the same request may succeed later. A serialization
// failure arrives here only after repeated attempts.
var awayStates = []string{
	"08", "53", "58", "57014", "57P01", "57P02", "57P03", "57P05", "55P03", "25P03", "25P04",
	"40001", "40P01",
}

// away reports whether an error says that the database cannot be reached or did not answer in time.
func away(err error) bool {
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return true
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		for _, state := range awayStates {
			if strings.HasPrefix(refused.Code, state) {
				return true
			}
		}
		return false
	}
	var silent interface{ Away() bool } // database.ErrSilent
	if errors.As(err, &silent) {
		return silent.Away()
	}
	var network net.Error
	return errors.As(err, &network) || pgconn.SafeToRetry(err) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// lastAwayLog is when an outage was logged last, in Unix nanoseconds.
var lastAwayLog atomic.Int64

func logAway(ctx context.Context, err error) {
	now, last := time.Now().UnixNano(), lastAwayLog.Load()
	if now-last >= int64(awayLogPause) && lastAwayLog.CompareAndSwap(last, now) {
		slog.WarnContext(ctx, "the database cannot be reached", "error", err)
	}
}
