// Package checks records what hangs at stalls: checks of stickers by officers and merchants, and
// complaints of shoppers.
package checks

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/alerts"
	"market40/merchants/codes"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/merchants/scope"
	"market40/migrations/database"
)

// Checks records what hangs at stalls, and what shoppers report.
type Checks struct {
	db    *database.DB
	keys  *seal.Keys
	now   func() time.Time
	codes *codes.Codes
}

// New returns the checks in db of the codes of the register.
func New(db *database.DB, keys *seal.Keys, now func() time.Time, codes *codes.Codes) *Checks {
	return &Checks{db: db, keys: keys, now: now, codes: codes}
}

// Limits of when a sticker was scanned, by the phone's clock.
const (
	lateCheck = 7 * 24 * time.Hour // how old a scan from a phone without a network may be
	clockRuns = 10 * time.Minute   // how far the phone's clock may be wrong
)

// checkBody is what was scanned at a stall, and the place, if the person who scans agrees to store
// it.
type checkBody struct {
	Payload   string     `json:"payload" doc:"the text of the QR code"`
	CheckedAt *time.Time `json:"checked_at,omitempty" doc:"the phone's time, when it was scanned without a network: at most 7 days ago; absent: now"`
	Latitude  *float64   `json:"latitude,omitempty" minimum:"-90" maximum:"90" doc:"degrees; with longitude or not at all"`
	Longitude *float64   `json:"longitude,omitempty" minimum:"-180" maximum:"180"`
}

// at returns when the sticker was scanned.
func (b checkBody) at(now time.Time) (time.Time, error) {
	switch {
	case b.CheckedAt == nil:
		return now, nil
	case b.CheckedAt.After(now.Add(clockRuns)):
		return now, problem.Of("checked_at", "in_future", "Thời điểm nằm trong tương lai.",
			"The time is in the future.")
	case b.CheckedAt.Before(now.Add(-lateCheck)):
		return now, problem.Of("checked_at", "too_old", "Lần quét đã quá 7 ngày: hãy quét lại.",
			"The scan is older than 7 days: scan the sticker again.")
	case b.CheckedAt.After(now):
		return now, nil
	}
	return b.CheckedAt.Truncate(time.Microsecond), nil
}

// StickerCheck is a recorded check of the sticker at a stall.
type StickerCheck struct {
	ID        uuid.UUID      `json:"id"`
	CheckedAt time.Time      `json:"checked_at"`
	Verdict   string         `json:"verdict" enum:"official,superseded,swapped,own_account,foreign,invalid" doc:"about the sticker at this stall at the time of the scan; swapped: another stall's code; superseded: a code that was replaced or revoked before"`
	Found     *codes.Verdict `json:"found" doc:"about the payload alone, as of now"`
}

func (cs *Checks) postCheck(ctx context.Context, in *struct {
	web.Named
	Body checkBody
},
) (*web.Body[StickerCheck], error) {
	who, stall, err := scope.RequireStall(ctx, cs.db, in.ID, roles.CheckStickers)
	if err != nil {
		return nil, err
	}
	if err := cs.requirePresentTenant(ctx, who, stall); err != nil {
		return nil, err
	}
	if (in.Body.Latitude == nil) != (in.Body.Longitude == nil) {
		return nil, problem.Of("longitude", "place_whole", "Cần cả vĩ độ và kinh độ.",
			"Send both the latitude and the longitude.")
	}
	now := cs.now().Truncate(time.Microsecond) // the precision of the database
	checkedAt, err := in.Body.at(now)
	if err != nil {
		return nil, err
	}
	found, err := cs.codes.Verify(ctx, in.Body.Payload)
	if err != nil {
		return nil, err
	}
	if found.IssuedAt != nil && checkedAt.Before(*found.IssuedAt) {
		if checkedAt.Before(found.IssuedAt.Add(-clockRuns)) {
			return nil, problem.Of("checked_at", "before_code",
				"Lúc quét, mã này chưa được cấp: hãy xem lại đồng hồ của máy.",
				"The code was not yet issued when it was scanned: check the phone's clock.")
		}
		checkedAt = *found.IssuedAt
	}
	check := StickerCheck{
		ID:        database.NewID(),
		CheckedAt: checkedAt,
		Verdict:   found.AtStall(stall, checkedAt),
		Found:     found,
	}
	err = cs.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var at warned
		var scannedSince bool
		err := tx.QueryRow(ctx, `INSERT INTO code_checks (id, market_id, stall_id, code, verdict, checked_at, actor_id,
			latitude, longitude, recorded_at)
			SELECT $1, market_id, id, nullif($3, ''), $4, $5, $6, $7::float8::numeric(9, 6), $8::float8::numeric(9, 6),
			$9 FROM stalls WHERE id = $2
			RETURNING market_id, (SELECT number FROM stalls WHERE id = $2), EXISTS (SELECT FROM code_checks
			WHERE stall_id = $2 AND checked_at > $5)`,
			check.ID, stall, found.MemoCode, check.Verdict, check.CheckedAt, who.ActorID, in.Body.Latitude,
			in.Body.Longitude, now).Scan(&at.market, &at.number, &scannedSince)
		if err != nil || check.Verdict != codes.Swapped && check.Verdict != codes.Foreign || scannedSince {
			return err
		}
		at.stall = stall
		return cs.warnSwapped(ctx, tx, at, "người kiểm tra thấy tem không trả tiền cho sạp.")
	})
	if err != nil {
		return nil, fmt.Errorf("record check of stall %s: %w", stall, err)
	}
	return web.Answer(check, nil)
}

// requirePresentTenant refuses a merchant, and its staff, that no longer has the stall (404). A
// former tenant may still read its own data.
func (cs *Checks) requirePresentTenant(ctx context.Context, who roles.Principal, stall uuid.UUID) error {
	if who.MerchantID == nil {
		return nil
	}
	var mine bool
	err := cs.db.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenancies WHERE stall_id = $1 AND merchant_id = $2
		AND upper_inf(valid))`, stall, who.MerchantID).Scan(&mine)
	if err != nil {
		return fmt.Errorf("find tenant of stall %s: %w", stall, err)
	}
	if !mine {
		return problem.Missing("stall")
	}
	return nil
}

// warned is a stall that a board is warned about.
type warned struct {
	market, stall uuid.UUID
	number        string
}

// warnSwapped alerts the board that the sticker at a stall may pay someone else. While such an
// alert is open, it opens no other.
func (cs *Checks) warnSwapped(ctx context.Context, tx pgx.Tx, at warned, why string) error {
	return alerts.Open(ctx, tx, cs.now(), alerts.Warning{
		Kind: alerts.SwappedCode, Key: alerts.SwappedCode + ":" + at.stall.String(), Market: at.market,
		Stall: &at.stall, Detail: "Sạp " + at.number + ": " + why,
	})
}
