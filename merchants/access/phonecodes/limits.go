package phonecodes

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
)

const (
	// browserCookie marks a browser on which a merchant signed in by phone. It does not sign in by
	// itself.
	browserCookie = "__Host-m40-phone"
	// cookieLasts is how long browsers store it.
	cookieLasts = 400 * 24 * time.Hour
)

// codeLimit bounds how many codes are sent in an hour and in a day.
type codeLimit struct{ hour, day int }

// The limits of codes. Each origin of a phone has its own, so a stranger cannot use up the owner's.
var (
	originCodes  = codeLimit{5, 10}    // for one phone, to one address or one known browser
	unknownCodes = codeLimit{10, 20}   // for one phone, to all addresses together
	addressCodes = codeLimit{120, 600} // to one address, for all phones: a market shares one
)

// unknownGuesses bounds the guesses of a day at one phone's codes by addresses that did not
// request the code.
const unknownGuesses = 20

// Rows of phone_codes that hold no code but count: of all strangers at one phone, and of one
// address. An unregistered phone has only these two rows, from any origin.
var (
	unknownRow = []byte{0}
	decoyRow   = []byte{1}
	addressRow = []byte{2}
)

// codeOrigin is where a code is requested or typed: a known browser, or an address.
type codeOrigin struct {
	key     []byte // of the origin's row
	address []byte // of the address's row; nil for a known browser, which has limits of its own only
}

// originOf returns the origin of a visit as it counts for one phone.
func (c *Codes) originOf(phone string, v Visit) codeOrigin {
	if id, _, _ := strings.Cut(v.Cookie, "."); v.Cookie != "" && hmac.Equal([]byte(v.Cookie),
		[]byte(c.signCookie(phone, id))) {
		return codeOrigin{key: c.Keys.Index("code-browser", id)}
	}
	network := v.Address
	if at, err := netip.ParseAddr(v.Address); err == nil && at.Is6() {
		whole, _ := at.Prefix(64) // anyone has all addresses of a /64
		network = whole.String()
	}
	return codeOrigin{key: c.Keys.Index("code-origin", network), address: c.Keys.Index("code-address", network)}
}

// KnownPhone returns a cookie that identifies this browser when it requests the phone's code again.
func (c *Codes) KnownPhone(phone string) string {
	return c.signCookie(phone, strings.ReplaceAll(uuid.NewString(), "-", ""))
}

func (c *Codes) signCookie(phone, id string) string {
	return id + "." + base64.RawURLEncoding.EncodeToString(c.Keys.Index("known-phone", phone+"\n"+id))
}

// addCode counts one code in a row and puts it there. It returns false where the row's limit is
// reached, or its last code is younger than resend.
func (c *Codes) addCode(ctx context.Context, tx pgx.Tx, row codeRow, limit codeLimit,
	resend time.Duration,
) (bool, error) {
	now := c.Now()
	tag, err := tx.Exec(ctx, `INSERT INTO phone_codes AS c (phone_index, origin, merchant_id, hash, sent_at, expires_at,
		guesses, hour_began, hour_codes, day_began, day_codes)
		VALUES ($1, $2, $3, $4, $5, $6, 0, $5, 1, $5, 1)
		ON CONFLICT (phone_index, origin) DO UPDATE SET merchant_id = excluded.merchant_id, hash = excluded.hash,
		sent_at = $5, expires_at = $6,
			guesses = CASE WHEN $12 OR c.day_began <= $8 THEN 0 ELSE c.guesses END,
			hour_began = CASE WHEN c.hour_began <= $7 THEN $5 ELSE c.hour_began END, hour_codes = CASE
			WHEN c.hour_began <= $7 THEN 1 ELSE c.hour_codes + 1 END,
			day_began = CASE WHEN c.day_began <= $8 THEN $5 ELSE c.day_began END, day_codes = CASE
			WHEN c.day_began <= $8 THEN 1 ELSE c.day_codes + 1 END
		WHERE ($9::timestamptz IS NULL OR c.sent_at <= $9) AND (c.hour_began <= $7 OR c.hour_codes < $10)
		AND (c.day_began <= $8 OR c.day_codes < $11)`,
		row.phone, row.origin, row.merchant, row.hash, now, row.expires, now.Add(-time.Hour), now.Add(-24*time.Hour),
		timeBefore(now, resend),
		limit.hour, limit.day, resend > 0)
	return err == nil && tag.RowsAffected() == 1, err
}

// timeBefore returns the moment that lies d before now; nil for no d.
func timeBefore(now time.Time, d time.Duration) *time.Time {
	if d == 0 {
		return nil
	}
	at := now.Add(-d)
	return &at
}

// codeRow names a row of phone_codes and what is written to it.
type codeRow struct {
	phone, origin []byte
	merchant      *uuid.UUID
	hash          []byte
	expires       time.Time
}

// addressSpent refuses an address that requested too many codes, for any phones.
func addressSpent() error {
	e := problem.New(
		problem.TooMany,
		"too_many_requests",
		"Quá nhiều yêu cầu gửi mã từ địa chỉ này. Hãy thử lại sau, hoặc xin mã mời của ban quản lý chợ.",
		"Too many codes were requested from this address. Try again later, or ask the market's management for an invitation.",
	)
	e.RetryAfter = int((10 * time.Minute).Seconds())
	return e
}
