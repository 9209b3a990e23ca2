// Package staff lets the sellers of a stall sign in: by a PIN, on devices that their merchant
// enrolled, for a shift.
package staff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/passwords"
	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/encodings"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
)

// Limits of staff and devices, each for one tenancy.
const (
	maxStaff   = 50
	maxDevices = 50
	// freePINs is how many PINs may be tried for one seller on one device before each must wait.
	freePINs = 5
)

// Staff adds and removes the sellers and devices of stalls, and starts shifts.
type Staff struct {
	db     *database.DB
	keys   *seal.Keys
	now    func() time.Time
	people *signin.People
}

// New returns the staff of stalls.
func New(db *database.DB, keys *seal.Keys, now func() time.Time, people *signin.People) *Staff {
	return &Staff{db, keys, now, people}
}

// Seller is one of a stall's staff as the merchant sees them.
type Seller struct {
	ID        uuid.UUID `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

// checkPIN refuses a text that is not a PIN, and PINs that are tried first: one digit, two that
// repeat, a count up or down, a year.
func checkPIN(pin string) error {
	if len(pin) < 4 || len(pin) > 6 {
		return pinForm()
	}
	same, up, down, pairs := true, true, true, true
	for i, c := range []byte(pin) {
		if c < '0' || c > '9' {
			return pinForm()
		}
		if i > 0 {
			step := (c - pin[i-1] + 10) % 10
			same, up, down = same && step == 0, up && step == 1, down && step == 9
		}
		pairs = pairs && (i < 2 || c == pin[i-2])
	}
	year := len(pin) == 4 && (pin[:2] == "19" || pin[:2] == "20")
	if same || up || down || pairs || year {
		return problem.Of("pin", "pin_trivial", "Mã PIN này dễ đoán, hãy chọn mã khác.",
			"This PIN is easy to guess: choose another.")
	}
	return nil
}

func pinForm() error {
	return problem.Of("pin", "pin_form", "Mã PIN gồm 4 đến 6 chữ số.", "A PIN has 4 to 6 digits.")
}

// pinText returns the text of a PIN that is hashed: the hash fits no other seller.
func pinText(seller uuid.UUID, pin string) string { return seller.String() + ":" + pin }

// AddSeller adds a seller to the merchant's stall, who signs in by a PIN on the merchant's devices.
func (f *Staff) AddSeller(ctx context.Context, who roles.Principal, stall uuid.UUID, name,
	pin string,
) (*Seller, error) {
	t, err := who.FindTenancy(ctx, f.db, stall, roles.ManageStaff)
	if err != nil {
		return nil, err
	}
	if err := checkPIN(pin); err != nil {
		return nil, err
	}
	if err := encodings.Check(map[string]string{"name": name}); err != nil {
		return nil, err
	}
	s := &Seller{ID: uuid.Must(uuid.NewV7()), Name: name, CreatedAt: f.now()}
	hash, err := passwords.Hash(ctx, pinText(s.ID, pin))
	if err != nil {
		return nil, err
	}
	err = f.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := checkRoom(
			ctx,
			tx,
			t.ID,
			`SELECT count(*) FROM staff f JOIN users u ON u.id = f.id WHERE f.tenancy_id = $1
			AND u.disabled_at IS NULL`,
			maxStaff,
		); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`INSERT INTO actors (id, role) VALUES ($1, $2)`, s.ID, roles.Staff)
		batch.Queue(`INSERT INTO users (id, login, full_name, role, scope_kind, scope_id, merchant_id, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			s.ID, signin.ShortLogin("s", s.ID), name, roles.Staff, roles.ScopeStall, t.Stall, t.Merchant, s.CreatedAt)
		batch.Queue(`INSERT INTO staff (id, market_id, stall_id, tenancy_id, pin, created_at)
			VALUES ($1, $2, $3, $4, $5, $6)`, s.ID, t.Market, t.Stall, t.ID, hash, s.CreatedAt)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return nil, fmt.Errorf("add staff to stall %s: %w", stall, err)
	}
	return s, nil
}

// checkRoom refuses one more row of a kind than a tenancy may have. It locks the tenancy, so that
// two requests at once cannot both pass.
func checkRoom(ctx context.Context, tx pgx.Tx, tenancy uuid.UUID, count string, most int) error {
	var n int
	if _, err := tx.Exec(ctx, `SELECT FROM tenancies WHERE id = $1 FOR NO KEY UPDATE`, tenancy); err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, count, tenancy).Scan(&n); err != nil {
		return err
	}
	if n >= most {
		return problem.New(problem.Conflict, "too_many", fmt.Sprintf("Mỗi sạp có tối đa %d. Hãy xóa bớt trước.", most),
			fmt.Sprintf("A stall can have at most %d. Remove one first.", most))
	}
	return nil
}

// Sellers returns the stall's staff in the order they were added. They are few.
func (f *Staff) Sellers(ctx context.Context, who roles.Principal, stall uuid.UUID) ([]Seller, error) {
	t, err := who.FindTenancy(ctx, f.db, stall, roles.ManageStaff)
	if err != nil {
		return nil, err
	}
	return f.sellersOf(ctx, t.ID)
}

func (f *Staff) sellersOf(ctx context.Context, tenancy uuid.UUID) ([]Seller, error) {
	rows, err := f.db.Pool.Query(ctx, `SELECT f.id, u.full_name, f.created_at FROM staff f JOIN users u ON u.id = f.id
		WHERE f.tenancy_id = $1 AND u.disabled_at IS NULL ORDER BY f.id`, tenancy)
	if err != nil {
		return nil, fmt.Errorf("list staff of tenancy %s: %w", tenancy, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Seller])
	if err != nil {
		return nil, fmt.Errorf("list staff of tenancy %s: %w", tenancy, err)
	}
	return list, nil
}

// requireSeller refuses a seller of another stall, or a removed one, as missing (404).
func (f *Staff) requireSeller(ctx context.Context, who roles.Principal, stall, seller uuid.UUID) error {
	t, err := who.FindTenancy(ctx, f.db, stall, roles.ManageStaff)
	if err != nil {
		return err
	}
	var found bool
	err = f.db.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM staff f JOIN users u ON u.id = f.id
		WHERE f.id = $1 AND f.tenancy_id = $2 AND u.disabled_at IS NULL)`, seller, t.ID).Scan(&found)
	if err != nil {
		return fmt.Errorf("find staff %s: %w", seller, err)
	}
	if !found {
		return problem.Missing("seller")
	}
	return nil
}

// endSessions ends a user's sessions, and with them its shifts.
const endSessions = `UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL`

// ChangePIN gives a seller who forgot the PIN another one, and ends the seller's shift.
func (f *Staff) ChangePIN(ctx context.Context, who roles.Principal, stall, seller uuid.UUID, pin string) error {
	if err := f.requireSeller(ctx, who, stall, seller); err != nil {
		return err
	}
	if err := checkPIN(pin); err != nil {
		return err
	}
	hash, err := passwords.Hash(ctx, pinText(seller, pin))
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE staff SET pin = $2 WHERE id = $1`, seller, hash)
	batch.Queue(endSessions, seller, f.now())
	if err := f.db.SendBatch(ctx, batch); err != nil {
		return fmt.Errorf("change PIN of %s: %w", seller, err)
	}
	return nil
}

// RemoveSeller ends a seller's access at once; past shifts stay.
func (f *Staff) RemoveSeller(ctx context.Context, who roles.Principal, stall, seller uuid.UUID) error {
	if err := f.requireSeller(ctx, who, stall, seller); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE users SET disabled_at = $2 WHERE id = $1`, seller, f.now())
	batch.Queue(endSessions, seller, f.now())
	if err := f.db.SendBatch(ctx, batch); err != nil {
		return fmt.Errorf("remove staff %s: %w", seller, err)
	}
	return nil
}

func pinWrong() error {
	return problem.New(problem.Unauthorized, "pin_wrong", "Mã PIN không đúng.", "The PIN is wrong.")
}

// StartShift opens a session for a seller on a device that the merchant enrolled, and with it a
// shift. The seller's earlier shift ends. A seller of another stall, a removed one and a wrong PIN
// are refused alike (401). After 5 wrong PINs for one seller on one device each further try must
// wait, twice as long every time (429).
func (f *Staff) StartShift(ctx context.Context, device string, seller uuid.UUID, pin string,
	v signin.Visit,
) (string, *signin.Session, error) {
	d, err := f.findDevice(ctx, device)
	if err != nil {
		return "", nil, err
	}
	subject := f.keys.Index("pin", d.id.String()+"\n"+seller.String())
	if err := f.people.CountGuess(ctx, subject, freePINs); err != nil {
		return "", nil, err
	}
	stored := passwords.Unknown
	err = f.db.Pool.QueryRow(ctx, `SELECT f.pin FROM staff f JOIN users u ON u.id = f.id WHERE f.id = $1
		AND f.tenancy_id = $2 AND u.disabled_at IS NULL`, seller, d.tenancy.ID).Scan(&stored)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", nil, fmt.Errorf("find staff %s: %w", seller, err)
	}
	known := err == nil
	counted := [][]byte{subject}
	right, err := f.people.Compare(ctx, counted, stored, pinText(seller, pin))
	if err != nil {
		return "", nil, err
	}
	if !known || !right {
		return "", nil, pinWrong()
	}
	if _, err := f.db.Pool.Exec(ctx, endSessions, seller, f.now()); err != nil {
		return "", nil, fmt.Errorf("end the shift before: %w", err)
	}
	token, s, err := f.people.OpenSession(ctx, signin.Opening{
		User: seller, Method: signin.ByPIN, Visit: v, Counted: counted,
	})
	if err != nil {
		return "", nil, err
	}
	_, err = f.db.Pool.Exec(
		ctx,
		`INSERT INTO shifts (id, staff_id, market_id, stall_id, tenancy_id, device_id,
		started_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		s.ID,
		seller,
		d.tenancy.Market,
		d.tenancy.Stall,
		d.tenancy.ID,
		d.id,
		s.CreatedAt,
		s.CreatedAt.Add(signin.MaxShift),
	)
	if err != nil {
		return "", nil, fmt.Errorf("start shift: %w", err)
	}
	return token, s, nil
}
