package staff

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
)

const (
	// deviceCookie identifies a merchant's device. It does not sign in by itself.
	deviceCookie = "__Host-m40-stall"
	// deviceLasts is how long browsers store it: the longest time that they grant a cookie (RFC
	// 6265bis, section 5.5).
	deviceLasts = 400 * 24 * time.Hour
)

// StallDevice is a device on which a stall's staff may sign in.
type StallDevice struct {
	ID        uuid.UUID `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

// Enrol makes the device of the merchant's own session one on which the stall's staff may sign in,
// and returns its token. A program has no device: refused (403).
func (f *Staff) Enrol(ctx context.Context, who roles.Principal, stall uuid.UUID,
	name string,
) (*StallDevice, string, error) {
	t, err := who.FindTenancy(ctx, f.db, stall, roles.ManageStaff)
	if err != nil {
		return nil, "", err
	}
	if who.SessionID == nil {
		return nil, "", problem.New(problem.Forbidden, "person_needed", "Việc này cần một người đăng nhập.",
			"Only a person who is signed in may do this.")
	}
	token := signin.NewToken()
	hash := sha256.Sum256([]byte(token))
	d := &StallDevice{ID: uuid.Must(uuid.NewV7()), Name: name, CreatedAt: f.now()}
	err = f.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := checkRoom(
			ctx,
			tx,
			t.ID,
			`SELECT count(*) FROM stall_devices WHERE tenancy_id = $1 AND revoked_at IS NULL`,
			maxDevices,
		); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO stall_devices (id, market_id, stall_id, tenancy_id, name, hash, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			d.ID, t.Market, t.Stall, t.ID, name, hash[:], d.CreatedAt)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("enrol a device of stall %s: %w", stall, err)
	}
	return d, token, nil
}

// Devices returns the stall's devices in the order they were added. They are few.
func (f *Staff) Devices(ctx context.Context, who roles.Principal, stall uuid.UUID) ([]StallDevice, error) {
	t, err := who.FindTenancy(ctx, f.db, stall, roles.ManageStaff)
	if err != nil {
		return nil, err
	}
	rows, err := f.db.Pool.Query(ctx, `SELECT id, name, created_at FROM stall_devices WHERE tenancy_id = $1
		AND revoked_at IS NULL ORDER BY id`, t.ID)
	if err != nil {
		return nil, fmt.Errorf("list devices of stall %s: %w", stall, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[StallDevice])
	if err != nil {
		return nil, fmt.Errorf("list devices of stall %s: %w", stall, err)
	}
	return list, nil
}

// RevokeDevice ends a device at once, with the shifts that run on it (shift_span).
func (f *Staff) RevokeDevice(ctx context.Context, who roles.Principal, stall, device uuid.UUID) error {
	t, err := who.FindTenancy(ctx, f.db, stall, roles.ManageStaff)
	if err != nil {
		return err
	}
	tag, err := f.db.Pool.Exec(ctx, `UPDATE stall_devices SET revoked_at = $3 WHERE id = $1 AND tenancy_id = $2
		AND revoked_at IS NULL`, device, t.ID, f.now())
	if err != nil {
		return fmt.Errorf("revoke device %s: %w", device, err)
	}
	if tag.RowsAffected() == 0 {
		return problem.Missing("device")
	}
	return nil
}

// enrolled is a valid device with the tenancy that it serves.
type enrolled struct {
	id      uuid.UUID
	tenancy roles.Tenancy
	number  string // of the stall
	market  string
}

// findDevice finds the device of a cookie. A revoked device, or one of an ended tenancy, is unknown
// (401).
func (f *Staff) findDevice(ctx context.Context, token string) (*enrolled, error) {
	hash := sha256.Sum256([]byte(token))
	d := &enrolled{}
	err := f.db.Pool.QueryRow(ctx, `SELECT d.id, t.id, t.market_id, t.stall_id, t.merchant_id, s.number, m.name
		FROM stall_devices d JOIN tenancies t ON t.id = d.tenancy_id AND upper_inf(t.valid)
		JOIN stalls s ON s.id = t.stall_id JOIN markets m ON m.id = t.market_id
		WHERE d.hash = $1 AND d.revoked_at IS NULL`, hash[:]).
		Scan(&d.id, &d.tenancy.ID, &d.tenancy.Market, &d.tenancy.Stall, &d.tenancy.Merchant, &d.number, &d.market)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, problem.New(problem.Unauthorized, "device_unknown", "Máy này chưa được chủ sạp cho phép.",
			"The stall's owner has not allowed this device.")
	}
	if err != nil {
		return nil, fmt.Errorf("find device: %w", err)
	}
	return d, nil
}

// Counter is what a device shows before a seller signs in on it.
type Counter struct {
	StallID uuid.UUID `json:"stall_id"`
	Stall   string    `json:"stall" doc:"the stall's number"`
	Market  string    `json:"market" doc:"the market's name"`
	Staff   []Seller  `json:"staff"`
}

// Counter returns the stall of a device and who may sign in on it.
func (f *Staff) Counter(ctx context.Context, device string) (*Counter, error) {
	d, err := f.findDevice(ctx, device)
	if err != nil {
		return nil, err
	}
	staff, err := f.sellersOf(ctx, d.tenancy.ID)
	return &Counter{d.tenancy.Stall, d.number, d.market, staff}, err
}
