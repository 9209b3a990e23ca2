package merchants

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// Limits of when a sticker was scanned, by the phone's clock.
const (
	lateCheck = 7 * 24 * time.Hour // how long a scan may wait on a phone without a network
	clockRuns = 10 * time.Minute   // how far the phone's clock may be ahead
)

// checkBody is what was scanned at a stall, and where, if whoever scans allows that to be kept.
type checkBody struct {
	Payload   string     `json:"payload" doc:"the text of the QR code"`
	CheckedAt *time.Time `json:"checked_at,omitempty" doc:"the phone's time, when it was scanned without a network: at most 7 days ago; absent: now"`
	Latitude  *float64   `json:"latitude,omitempty" minimum:"-90" maximum:"90" doc:"degrees; with longitude or not at all"`
	Longitude *float64   `json:"longitude,omitempty" minimum:"-180" maximum:"180"`
}

// at is when the sticker was scanned.
func (b checkBody) at(now time.Time) (time.Time, error) {
	switch {
	case b.CheckedAt == nil:
		return now, nil
	case b.CheckedAt.After(now.Add(clockRuns)):
		return now, problem.Of("checked_at", "in_future", "Thời điểm nằm trong tương lai.",
			"The time lies in the future.")
	case b.CheckedAt.Before(now.Add(-lateCheck)):
		return now, problem.Of("checked_at", "too_old", "Lần quét đã quá 7 ngày: hãy quét lại.",
			"The scan is older than 7 days: scan the sticker again.")
	case b.CheckedAt.After(now):
		return now, nil
	}
	return b.CheckedAt.Truncate(time.Microsecond), nil
}

// StickerCheck is a recorded look at the sticker that hangs at a stall.
type StickerCheck struct {
	ID        uuid.UUID `json:"id"`
	CheckedAt time.Time `json:"checked_at"`
	Verdict   string    `json:"verdict" enum:"official,superseded,swapped,own_account,foreign,invalid" doc:"of the sticker at this stall when it was scanned: another stall's code is swapped, one that was replaced or revoked before superseded"`
	Found     *Verdict  `json:"found" doc:"what the payload is by itself, now"`
}

// atStall is what a payload was as the sticker of one stall at a time.
func (v *Verdict) atStall(stall uuid.UUID, at time.Time) string {
	here := slices.Contains(v.stalls, stall)
	switch {
	case v.Verdict == official && !here:
		return swapped
	case v.Verdict == official && v.endedAt != nil && !v.endedAt.After(at):
		return superseded
	case v.Verdict == ownAccount && !here:
		return foreign
	}
	return v.Verdict
}

func (r *Registry) postCheck(ctx context.Context, in *struct {
	web.Named
	Body checkBody
},
) (*web.Body[StickerCheck], error) {
	who, stall, err := r.stallFor(ctx, in.ID, roles.CheckStickers)
	if err != nil {
		return nil, err
	}
	if err := r.present(ctx, who, stall); err != nil {
		return nil, err
	}
	if (in.Body.Latitude == nil) != (in.Body.Longitude == nil) {
		return nil, problem.Of("longitude", "place_whole", "Cần cả vĩ độ và kinh độ.",
			"A place is latitude and longitude.")
	}
	now := r.now().Truncate(time.Microsecond) // as it is kept
	checkedAt, err := in.Body.at(now)
	if err != nil {
		return nil, err
	}
	found, err := r.Verify(ctx, in.Body.Payload)
	if err != nil {
		return nil, err
	}
	if found.issuedAt != nil && checkedAt.Before(*found.issuedAt) {
		if checkedAt.Before(found.issuedAt.Add(-clockRuns)) {
			return nil, problem.Of("checked_at", "before_code",
				"Lúc quét, mã này chưa được cấp: hãy xem lại đồng hồ của máy.",
				"The code was not yet issued when it was scanned: look at the phone's clock.")
		}
		checkedAt = *found.issuedAt
	}
	check := StickerCheck{ID: newID(), CheckedAt: checkedAt, Verdict: found.atStall(stall, checkedAt), Found: found}
	err = r.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var at warned
		var scannedSince bool
		err := tx.QueryRow(ctx, `INSERT INTO code_checks (id, market_id, stall_id, code, verdict, checked_at, actor_id,
			latitude, longitude, recorded_at)
			SELECT $1, market_id, id, nullif($3, ''), $4, $5, $6, $7::float8::numeric(9, 6), $8::float8::numeric(9, 6),
			$9 FROM stalls WHERE id = $2
			RETURNING market_id, (SELECT number FROM stalls WHERE id = $2), EXISTS (SELECT FROM code_checks
			WHERE stall_id = $2 AND checked_at > $5)`,
			check.ID, stall, found.memoCode, check.Verdict, check.CheckedAt, who.ActorID, in.Body.Latitude,
			in.Body.Longitude, now).Scan(&at.market, &at.number, &scannedSince)
		if err != nil || check.Verdict != swapped && check.Verdict != foreign || scannedSince {
			return err
		}
		at.stall = stall
		return r.warnSwapped(ctx, tx, at, "người kiểm tra thấy tem không trả tiền cho sạp.")
	})
	if err != nil {
		return nil, fmt.Errorf("record check of stall %s: %w", stall, err)
	}
	return web.Answer(check, nil)
}

// warned is a stall that a board is warned about.
type warned struct {
	market, stall uuid.UUID
	number        string
}

// warnSwapped warns the board that what hangs at a stall may pay somebody else; an open warning
// stands for the new one too.
func (r *Registry) warnSwapped(ctx context.Context, tx pgx.Tx, at warned, why string) error {
	return r.warn(ctx, tx, warning{
		kind: swappedCode, key: swappedCode + ":" + at.stall.String(), market: at.market,
		stall: &at.stall, detail: "Sạp " + at.number + ": " + why,
	})
}

// ListedCheck is a check as it was recorded.
type ListedCheck struct {
	ID         uuid.UUID `json:"id"`
	CheckedAt  time.Time `json:"checked_at"`
	Verdict    string    `json:"verdict" enum:"official,superseded,swapped,own_account,foreign,invalid"`
	Code       *string   `json:"code" doc:"the code of ours that was found"`
	By         string    `json:"by" doc:"the role of who checked"`
	Latitude   *float64  `json:"latitude"`
	Longitude  *float64  `json:"longitude"`
	RecordedAt time.Time `json:"recorded_at" doc:"when we were told; later than checked_at where the phone had no network"`
}

func (r *Registry) listChecks(ctx context.Context, in *struct {
	web.Named
	web.Page
},
) (*web.Body[*web.List[ListedCheck]], error) {
	who, stall, err := r.stallFor(ctx, in.ID, roles.ReadChecks)
	if err != nil {
		return nil, err
	}
	after, err := in.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := r.db.Pool.Query(ctx, `SELECT k.id, k.checked_at, k.verdict, k.code, a.role, k.latitude::float8,
		k.longitude::float8, k.recorded_at
		FROM code_checks k JOIN actors a ON a.id = k.actor_id
		WHERE k.stall_id = $1 AND ($2::timestamptz IS NULL OR (k.checked_at, k.id) < ($2, $3))
		AND ($4::uuid IS NULL OR EXISTS (SELECT FROM tenancies t WHERE t.stall_id = k.stall_id AND t.merchant_id = $4
		AND t.valid @> k.checked_at))
		ORDER BY k.checked_at DESC, k.id DESC LIMIT $5`, stall, after.At, after.ID, who.MerchantID, in.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list checks of stall %s: %w", stall, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ListedCheck])
	if err != nil {
		return nil, fmt.Errorf("list checks of stall %s: %w", stall, err)
	}
	items, next := web.Cut(found, in.Page, func(c ListedCheck) web.Mark { return web.Mark{At: &c.CheckedAt, ID: c.ID} })
	return web.Answer(&web.List[ListedCheck]{Items: items, Next: next}, nil)
}

// UncheckedStall is a stall whose code hangs and was not checked lately.
type UncheckedStall struct {
	StallID   uuid.UUID  `json:"stall_id"`
	Number    string     `json:"number"`
	Zone      string     `json:"zone"`
	CheckedAt *time.Time `json:"checked_at" doc:"when it was last checked; null: never"`
	Verdict   *string    `json:"verdict" enum:"official,superseded,swapped,own_account,foreign,invalid" doc:"of that check"`
}

// listUnchecked are the operating stalls of a market that have a current code and were not found in
// order within some days.
func (r *Registry) listUnchecked(ctx context.Context, in *struct {
	web.Named
	Days int `query:"days" minimum:"1" maximum:"365" default:"7" doc:"not found official for so many days"`
	web.Page
},
) (*web.Body[*web.List[UncheckedStall]], error) {
	who, err := roles.Require(ctx, roles.ReadChecks)
	if err != nil {
		return nil, err
	}
	market, err := r.market(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	after, err := in.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := r.db.Pool.Query(ctx, `SELECT s.id, s.number, s.zone, k.checked_at, k.verdict
		FROM stalls s JOIN stall_states st ON st.stall_id = s.id AND upper_inf(st.valid) AND st.state = 'operating'
		LEFT JOIN LATERAL (SELECT checked_at, verdict FROM code_checks WHERE stall_id = s.id ORDER BY checked_at DESC
		LIMIT 1) k ON true
		WHERE s.market_id = $1 AND sees_stall($2, $3, s.id) AND EXISTS (SELECT FROM codes c
		WHERE c.stall_id = s.id AND c.kind = 'stall' AND c.state = 'current')
		AND (k.checked_at IS NULL OR k.checked_at < $4 OR k.verdict <> 'official') AND ($5 = '' OR s.number > $5)
		ORDER BY s.number LIMIT $6`, market, who.ScopeKind, who.ScopeID, r.now().AddDate(0, 0, -in.Days), after.Text,
		in.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list unchecked stalls of market %s: %w", market, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[UncheckedStall])
	if err != nil {
		return nil, fmt.Errorf("list unchecked stalls of market %s: %w", market, err)
	}
	items, next := web.Cut(found, in.Page, func(s UncheckedStall) web.Mark { return web.Mark{Text: s.Number} })
	return web.Answer(&web.List[UncheckedStall]{Items: items, Next: next}, nil)
}
