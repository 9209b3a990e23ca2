package database

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Querier is a pool or an open transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// ViolatedConstraint returns the name of the constraint that an error violates; empty: none.
func ViolatedConstraint(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.ConstraintName
	}
	return ""
}

// TextOrNull returns a text as a parameter of SQL: NULL for the empty one.
func TextOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// ViolatedUnique returns the name of the unique constraint that an error violates; empty: none.
func ViolatedUnique(err error) string {
	const uniqueViolation = "23505" // PostgreSQL, appendix A
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == uniqueViolation {
		return refused.ConstraintName
	}
	return ""
}
