package database

import (
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// quickUUIDs lets pgx write and read a uuid.UUID as the sixteen bytes that it is. Without it every
// id goes through driver.Valuer or sql.Scanner and a text, which took a fifth of the posting's
// time, and every array through reflection.
func quickUUIDs(conn *pgx.Conn) {
	types := conn.TypeMap()
	types.TryWrapEncodePlanFuncs = append([]pgtype.TryWrapEncodePlanFunc{wrapUUID}, types.TryWrapEncodePlanFuncs...)
	types.TryWrapScanPlanFuncs = append([]pgtype.TryWrapScanPlanFunc{wrapUUIDTarget}, types.TryWrapScanPlanFuncs...)
}

func wrapUUID(value any) (pgtype.WrappedEncodePlanNextSetter, any, bool) {
	wrapped := wrappedUUID(value)
	return &uuidPlan{}, wrapped, wrapped != nil
}

// wrappedUUID returns an id, or several, as a type that pgx writes without a look-up of its type;
// nil for anything else.
func wrappedUUID(value any) any {
	switch v := value.(type) {
	case uuid.UUID:
		return pgtype.UUID{Bytes: v, Valid: true}
	case []uuid.UUID:
		ids := make(pgtype.FlatArray[pgtype.UUID], len(v))
		for i, id := range v {
			ids[i] = pgtype.UUID{Bytes: id, Valid: true}
		}
		return ids
	case []*uuid.UUID:
		ids := make(pgtype.FlatArray[pgtype.UUID], len(v))
		for i, id := range v {
			if id != nil {
				ids[i] = pgtype.UUID{Bytes: *id, Valid: true}
			}
		}
		return ids
	}
	return nil
}

type uuidPlan struct{ next pgtype.EncodePlan }

// SetNext takes the plan that writes what wrappedUUID makes.
func (p *uuidPlan) SetNext(next pgtype.EncodePlan) { p.next = next }

// Encode appends the ids in the next plan's format.
func (p *uuidPlan) Encode(value any, buf []byte) ([]byte, error) {
	return p.next.Encode(wrappedUUID(value), buf)
}

func wrapUUIDTarget(target any) (pgtype.WrappedScanPlanNextSetter, any, bool) {
	id, ok := target.(*uuid.UUID)
	if !ok {
		return nil, nil, false
	}
	return &uuidTargetPlan{}, (*uuidTarget)(id), true
}

// uuidTarget is where pgx puts a pgtype.UUID.
type uuidTarget uuid.UUID

// ScanUUID takes an id; NULL is refused, as a uuid.UUID has no word for it.
func (t *uuidTarget) ScanUUID(v pgtype.UUID) error {
	if !v.Valid {
		return errNullUUID
	}
	*t = v.Bytes
	return nil
}

var errNullUUID = errors.New("cannot scan NULL into a uuid.UUID")

type uuidTargetPlan struct{ next pgtype.ScanPlan }

// SetNext takes the plan that reads into a uuidTarget.
func (p *uuidTargetPlan) SetNext(next pgtype.ScanPlan) { p.next = next }

// Scan reads an id in the next plan's format.
func (p *uuidTargetPlan) Scan(src []byte, target any) error {
	return p.next.Scan(src, (*uuidTarget)(
		target.(*uuid.UUID))) //nolint:forcetypeassert // wrapUUIDTarget made this plan for it
}
