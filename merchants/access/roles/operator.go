package roles

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"market40/migrations/database"
)

// operator is the actor of commands at the server.
var operator = uuid.NewSHA1(uuid.NameSpaceOID, []byte("market40 reports"))

// Operator returns the person who runs commands at the server. It is one person, different from the
// people of the province.
func Operator(ctx context.Context, db *database.DB) (Principal, error) {
	_, err := db.Pool.Exec(ctx, `INSERT INTO actors (id, role) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, operator,
		Admin)
	if err != nil {
		return Principal{}, fmt.Errorf("name the operator: %w", err)
	}
	return Principal{ActorID: operator, Role: Admin, ScopeKind: ScopeAll}, nil
}
