package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"market40/merchants/phones"
	"market40/merchants/platform/seal"
	"market40/merchants/tenancies"
	"market40/merchants/vietqr"
)

// tableRows collects rows and copies them in the order in which their tables were first named.
type tableRows struct {
	order   []string
	columns map[string][]string
	rows    map[string][][]any
}

func (t *tableRows) add(table string, columns []string, row ...any) {
	if t.rows == nil {
		t.columns, t.rows = map[string][]string{}, map[string][][]any{}
	}
	if t.columns[table] == nil {
		t.order, t.columns[table] = append(t.order, table), columns
	}
	t.rows[table] = append(t.rows[table], row)
}

func (t *tableRows) copyInto(ctx context.Context, tx pgx.Tx) error {
	for _, table := range t.order {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{table}, t.columns[table],
			pgx.CopyFromRows(t.rows[table])); err != nil {
			return fmt.Errorf("write %s: %w", table, err)
		}
	}
	return nil
}

// registerColumns are the columns that the demo writes itself: the register's, as the register
// writes them.
var registerColumns = map[string][]string{
	"stalls":       {"id", "market_id", "number", "kind", "zone", "goods_group", "created_at"},
	"stall_states": {"id", "stall_id", "state", "reason", "valid"},
	"merchants":    {"id", "full_name", "household_name", "phone", "phone_index", "phone_last3", "created_at"},
	"tenancies":    {"id", "market_id", "stall_id", "merchant_id", "valid", "approved_at", "created_at"},
	"accounts": {
		"id", "merchant_id", "kind", "bank_bin", "number", "number_index", "last4", "holder_name",
		"holder_kind", "name_checked_at", "name_checked_by", "name_checked_how", "created_at",
	},
	"tenancy_accounts": {"tenancy_id", "account_id", "since"},
	"codes": {
		"code", "kind", "market_id", "stall_id", "tenancy_id", "account_id", "state", "issued_at",
		"ended_at",
	},
}

// register writes the stalls of all markets with all their tenants, unless they exist.
func (d *inventedProvince) register(ctx context.Context) error {
	var written bool
	if err := d.DB.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM stalls)`).Scan(&written); err != nil || written {
		return err
	}
	var t tableRows
	for _, l := range d.lives {
		if err := l.addRegister(ctx, &t); err != nil {
			return err
		}
	}
	began := d.lives[0].from
	err := pgx.BeginFunc(ctx, d.DB.Pool, func(tx pgx.Tx) error {
		if err := t.copyInto(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE markets SET created_at = $1`, parseDay("2024-08-01"))
		if err == nil {
			_, err = tx.Exec(ctx, `UPDATE bank_connections SET created_at = $2 WHERE id = $1`, d.connection, began)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("write the demo's register: %w", err)
	}
	return nil
}

func (m *marketHistory) addRegister(ctx context.Context, t *tableRows) error {
	add := func(table string, row ...any) { t.add(table, registerColumns[table], row...) }
	m.redraw(drawingRegister)
	created := parseDay("2024-08-05")
	for _, s := range m.all {
		add("stalls", s.id, m.id, s.number, s.kind, s.zone, s.goods, created)
		for i, state := range s.states {
			var until time.Time
			if i+1 < len(s.states) {
				until = s.states[i+1].since
			}
			add("stall_states", m.newID(m.from), s.id, state.state, state.reason, span(state.since, until))
		}
	}
	for _, p := range m.merchants {
		phone, _ := phones.Normalize(p.phone)
		sealed, err := m.Keys.Seal(ctx, tenancies.PhonePlace(p.id), []byte(phone))
		if err != nil {
			return err
		}
		add("merchants", p.id, p.name, p.household, sealed, m.Keys.Index("phone", phone), phone[len(phone)-3:], p.since)
	}
	for _, n := range m.tenancies {
		add("tenancies", n.id, m.id, n.stall.id, n.merchant.id, span(n.since, n.ends), n.approved, n.approved)
	}
	for _, a := range m.accounts {
		sealed, err := m.Keys.Seal(ctx, tenancies.AccountPlace(a.id), []byte(a.number))
		if err != nil {
			return err
		}
		var checked *time.Time
		var by *uuid.UUID
		if a.how != "" {
			checked, by = &a.checked, &m.team
		}
		add("accounts", a.id, a.merchant.id, "bank", a.bin, sealed, m.Keys.Index("account",
			vietqr.NormalAccount(a.number)), seal.Last4(a.number),
			a.holder, a.holderKind, checked, by, a.how, a.since)
	}
	for _, n := range m.tenancies {
		received := map[*account]bool{}
		for _, c := range n.codes {
			if !received[c.account] {
				received[c.account] = true
				add("tenancy_accounts", n.id, c.account.id, c.issued)
			}
			state, ended := c.state, c.ended
			if !n.ends.IsZero() { // its tenancy ended, and revoked it
				state = "revoked"
				if ended.IsZero() {
					ended = n.ends
				}
			}
			add("codes", c.code, "stall", m.id, n.stall.id, n.id, c.account.id, state, c.issued, orNever(ended))
		}
	}
	return nil
}

// span returns the time from a moment to another. Without a first moment it begins before our
// records; without a second it has no end.
func span(from, to time.Time) pgtype.Range[pgtype.Timestamptz] {
	r := pgtype.Range[pgtype.Timestamptz]{LowerType: pgtype.Unbounded, UpperType: pgtype.Unbounded, Valid: true}
	if !from.IsZero() {
		r.Lower, r.LowerType = pgtype.Timestamptz{Time: from, Valid: true}, pgtype.Inclusive
	}
	if !to.IsZero() {
		r.Upper, r.UpperType = pgtype.Timestamptz{Time: to, Valid: true}, pgtype.Exclusive
	}
	return r
}

func orNever(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
