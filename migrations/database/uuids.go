package database

import (
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// quickUUIDs lets pgx write a uuid.UUID as the sixteen bytes that it is. Without it every id goes through
// driver.Valuer and a text, which took a fifth of the posting's time.
func quickUUIDs(conn *pgx.Conn) {
	types := conn.TypeMap()
	types.TryWrapEncodePlanFuncs = append([]pgtype.TryWrapEncodePlanFunc{wrapUUID}, types.TryWrapEncodePlanFuncs...)
}

func wrapUUID(value any) (pgtype.WrappedEncodePlanNextSetter, any, bool) {
	id, ok := value.(uuid.UUID)
	if !ok {
		return nil, nil, false
	}
	return &uuidPlan{}, pgtype.UUID{Bytes: id, Valid: true}, true
}

type uuidPlan struct{ next pgtype.EncodePlan }

// SetNext takes the plan that writes a pgtype.UUID.
func (p *uuidPlan) SetNext(next pgtype.EncodePlan) { p.next = next }

// Encode appends the id in the next plan's format.
func (p *uuidPlan) Encode(value any, buf []byte) ([]byte, error) {
	return p.next.Encode(pgtype.UUID{Bytes: value.(uuid.UUID), Valid: true}, buf) //nolint:forcetypeassert // wrapUUID made this plan for it
}
