package worldtest

import (
	"cmp"

	"github.com/google/uuid"
)

// Exec runs a statement outside the program.
func (w *World) Exec(sql string, args ...any) {
	w.T.Helper()
	_, err := w.DB.Pool.Exec(w.T.Context(), sql, args...)
	Must(w.T, err)
}

// Count returns the number that a query selects.
func (w *World) Count(sql string, args ...any) (n int) {
	w.T.Helper()
	Must(w.T, w.DB.Pool.QueryRow(w.T.Context(), sql, args...).Scan(&n))
	return n
}

// AddMerchant inserts a merchant.
func (w *World) AddMerchant(name string) uuid.UUID {
	w.T.Helper()
	id := uuid.New()
	w.Exec(`INSERT INTO merchants (id, full_name, created_at) VALUES ($1, $2, now())`, id, name)
	return id
}

// Stall is a stall of a market. States maps each state to one or more ranges of time.
type Stall struct {
	Market       uuid.UUID
	Number, Kind string // defaults: the id; "stall"
	States       map[string]string
}

// Operating are the states of a stall that always operates.
var Operating = map[string]string{"operating": "(,)"}

// AddStall inserts a stall with its states.
func (w *World) AddStall(s Stall) uuid.UUID {
	w.T.Helper()
	id := uuid.New()
	w.Exec(`INSERT INTO stalls (id, market_id, number, kind, goods_group, created_at)
		VALUES ($1, $2, $3, $4, 'khac', now())`, id, s.Market, cmp.Or(s.Number, id.String()), cmp.Or(s.Kind, "stall"))
	for state, valid := range s.States {
		w.Exec(`INSERT INTO stall_states (id, stall_id, state, valid)
			VALUES (gen_random_uuid(), $1, $2, $3::text::tstzrange)`, id, state, valid)
	}
	return id
}

// AddTenancy inserts the time in which a merchant has a stall.
func (w *World) AddTenancy(stall, merchant uuid.UUID, valid string) uuid.UUID {
	w.T.Helper()
	id := uuid.New()
	w.Exec(`INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid, approved_at, created_at)
		SELECT $1, market_id, id, $3, $4::text::tstzrange, '2024-01-01', now() FROM stalls WHERE id = $2`,
		id, stall, merchant, valid)
	return id
}

// AddTenants inserts n merchants of a market, each with a stall.
func (w *World) AddTenants(market uuid.UUID, n int) {
	w.T.Helper()
	w.Exec(`WITH people AS MATERIALIZED (
			SELECT gen_random_uuid() AS stall, gen_random_uuid() AS merchant FROM generate_series(1, $2::int)
		), s AS (
			INSERT INTO stalls (id, market_id, number, kind, goods_group, created_at) SELECT stall, $1, stall, 'stall',
			'khac', now() FROM people
		), m AS (
			INSERT INTO merchants (id, full_name, created_at) SELECT merchant, 'X', now() FROM people
		)
		INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid, approved_at, created_at)
		SELECT gen_random_uuid(), $1, stall, merchant, '(,)', '2024-01-01', now() FROM people`, market, n)
}

// AddPaidDay gives n merchants of a market, who had no payment yet, a payment on a day.
func (w *World) AddPaidDay(market uuid.UUID, n int, day string) {
	w.T.Helper()
	w.Exec(`INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount, last_at)
		SELECT id, $3::text::date, market_id, 1, 1000, ($3 || ' 17:00+07')::timestamptz FROM tenancies t
		WHERE market_id = $1 AND NOT EXISTS (SELECT FROM stall_days d WHERE d.tenancy_id = t.id) ORDER BY id LIMIT $2`,
		market, n, day)
}
