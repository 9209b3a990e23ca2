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
	// outageRetry is how many seconds a caller should wait while the database cannot be reached.
	outageRetry = 10
	// outageLogPause is the least time between two log lines about it: an outage must not fill the
	// disk.
	outageLogPause = time.Minute
)

// Outage returns the refusal (503) while the database cannot be reached, or is too busy to answer in
// time.
func Outage() *Error {
	e := New(Unavailable, "unavailable", "Hệ thống tạm gián đoạn, xin thử lại sau ít giây.",
		"The database cannot be reached, please try again in a few seconds.")
	e.RetryAfter = outageRetry
	return e
}

// outageStates are the SQLSTATE classes and codes of a server that is down, starting, full, locked or
// overloaded (PostgreSQL 15, appendix A): the same request may succeed later. A serialization
// failure arrives here only after repeated attempts.
var outageStates = []string{
	"08", "53", "58", "57014", "57P01", "57P02", "57P03", "57P05", "55P03", "25P03", "25P04",
	"40001", "40P01",
}

// isOutage reports whether an error says that the database cannot be reached or did not answer in time.
func isOutage(err error) bool {
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return true
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		for _, state := range outageStates {
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

// lastOutageLog is when an outage was logged last, in Unix nanoseconds.
var lastOutageLog atomic.Int64

func logOutage(ctx context.Context, err error) {
	now, last := time.Now().UnixNano(), lastOutageLog.Load()
	if now-last >= int64(outageLogPause) && lastOutageLog.CompareAndSwap(last, now) {
		slog.WarnContext(ctx, "the database cannot be reached", "error", err)
	}
}
