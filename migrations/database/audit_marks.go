package database

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Mark is what a session knows of the request that it works for; triggers read it
// (migrations/00012_trail.sql).
type Mark struct {
	Event string // id of the request's line in the audit trail
	Key   string // what digests are keyed with: hex of HMAC's inner and outer padded key
}

type markKey struct{}

// Marked returns a context in which every connection that is taken from the pool bears the mark.
func Marked(ctx context.Context, m Mark) context.Context {
	return context.WithValue(ctx, markKey{}, m)
}

// setMark sets a connection's mark to that of ctx. It costs a round trip if the connection has another
// one: for a request that is marked, and for the first one after it that is not.
func setMark(ctx context.Context, conn *pgx.Conn) (bool, error) {
	const markField = "market40.mark"
	wanted, _ := ctx.Value(markKey{}).(Mark)
	data := conn.PgConn().CustomData()
	if bears, _ := data[markField].(Mark); bears == wanted {
		return true, nil
	}
	_, err := conn.Exec(ctx, `SELECT set_config('market40.event', $1, false), set_config('market40.digest_key', $2,
		false)`, wanted.Event, wanted.Key)
	if err != nil && conn.IsClosed() && ctx.Err() == nil {
		return false, nil // it died in the pool: the pool uses another
	}
	if err != nil {
		return false, fmt.Errorf("marking a session: %w", err)
	}
	data[markField] = wanted
	return true, nil
}
