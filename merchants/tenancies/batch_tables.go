package tenancies

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"market40/merchants/platform/seal"
	"market40/merchants/roster"
	"market40/migrations/database"
)

// read reads everything that the batch names from the register, in one round trip.
func (b *Batch) read(ctx context.Context, tx pgx.Tx) error {
	var numbers, bins []string
	var phones, indexes [][]byte
	var ids []uuid.UUID
	for _, e := range b.Entries {
		if e.newStall {
			numbers = append(numbers, e.order.Number)
		}
		if e.person != nil && e.person.phoneIndex != nil {
			phones = append(phones, e.person.phoneIndex)
		}
		if e.person != nil && e.person.id != uuid.Nil {
			ids = append(ids, e.person.id)
		}
		if e.Account != nil {
			indexes, bins = append(indexes, e.Account.index), append(bins, e.Account.BankBIN)
		}
	}
	q := &pgx.Batch{}
	q.Queue(`SELECT number FROM stalls WHERE market_id = $1 AND number_key IN (SELECT stall_number_key(n)
		FROM unnest($2::text[]) n) ORDER BY number_twin DESC`,
		b.Market, numbers).Query(func(rows pgx.Rows) error {
		var number string
		_, err := pgx.ForEachRow(rows, []any{&number},
			func() error { b.numbers[roster.NumberKey(number)] = number; return nil })
		return err
	})
	q.Queue(`SELECT m.id, m.phone_index, m.full_name, m.phone_share, EXISTS (SELECT FROM tenancies t
		WHERE t.merchant_id = m.id AND t.market_id = $3)
		FROM merchants m WHERE (m.phone_index = ANY ($1) OR m.id = ANY ($2)) AND m.erased_at IS NULL
		ORDER BY m.phone_share`, phones, ids, b.Market).Query(func(rows pgx.Rows) error {
		var owner phoneOwner
		var phone []byte
		_, err := pgx.ForEachRow(rows, []any{&owner.id, &phone, &owner.fullName, &owner.share, &owner.here},
			func() error {
				b.byID[owner.id] = true
				if phone != nil {
					b.byPhone[string(phone)] = append(b.byPhone[string(phone)], owner)
				}
				return nil
			})
		return err
	})
	q.Queue(`SELECT bin FROM banks WHERE bin = ANY ($1)`, bins).Query(func(rows pgx.Rows) error {
		var bin string
		_, err := pgx.ForEachRow(rows, []any{&bin}, func() error { b.banks[bin] = true; return nil })
		return err
	})
	q.Queue(`SELECT a.id, a.merchant_id, m.full_name, a.kind, coalesce(a.bank_bin, ''), a.number_index
		FROM accounts a JOIN merchants m ON m.id = a.merchant_id WHERE a.number_index = ANY ($1)`, indexes).Query(
		func(rows pgx.Rows) error {
			var a existingAccount
			var kind, bin string
			var index []byte
			_, err := pgx.ForEachRow(rows, []any{&a.id, &a.merchant, &a.fullName, &kind, &bin, &index}, func() error {
				b.accounts[accountKey(kind, bin, index)] = a
				return nil
			})
			return err
		})
	if err := tx.SendBatch(ctx, q).Close(); err != nil {
		return fmt.Errorf("read what the orders name: %w", err)
	}
	return nil
}

// Write writes a batch without faults, with one COPY per table.
func (b *Batch) Write(ctx context.Context, tx pgx.Tx) error {
	codes, err := DrawCodes(ctx, tx, len(b.Entries))
	if err != nil {
		return err
	}
	var t tables
	for i, e := range b.Entries {
		if err := b.add(ctx, &t, e, codes[i]); err != nil {
			return err
		}
	}
	return t.copyInto(ctx, tx)
}

// tables are the rows of a batch.
type tables struct {
	stalls, states, merchants, tenancies, accounts, receives, codes [][]any
}

// add makes an entry's rows.
func (b *Batch) add(ctx context.Context, t *tables, e *Entry, code string) error {
	state := "vacant"
	if e.person != nil {
		state = "operating"
	}
	if e.newStall {
		o := e.order
		t.stalls = append(t.stalls, []any{e.Stall, b.Market, o.Number, o.Kind, o.Zone, o.GoodsGroup, b.Now})
		t.states = append(t.states, []any{database.NewID(), e.Stall, state, openFrom(e.since)})
	}
	if e.newMerchant {
		row, err := b.merchantRow(ctx, e)
		if err != nil {
			return err
		}
		t.merchants = append(t.merchants, row)
	}
	if e.person != nil && e.newTenancy {
		t.tenancies = append(t.tenancies, []any{
			e.Tenancy, b.Market, e.Stall, e.merchant, openFrom(e.since), b.Now,
			b.Now,
		})
	}
	if e.Account == nil {
		return nil
	}
	if e.newAccount {
		number, err := b.w.keys.Seal(ctx, AccountPlace(e.AccountID), []byte(e.Account.AccountNumber))
		if err != nil {
			return err
		}
		var bin *string
		if e.Account.BankBIN != "" {
			bin = &e.Account.BankBIN
		}
		a := e.Account
		t.accounts = append(t.accounts, []any{
			e.AccountID, e.merchant, a.Kind, bin, number, a.index,
			seal.Last4(a.AccountNumber), a.HolderName, a.HolderKind, b.Now,
		})
	}
	if !e.receivesAgain {
		t.receives = append(t.receives, []any{e.Tenancy, e.AccountID, b.Now, e.Account.Virtual})
	}
	t.codes = append(t.codes, []any{code, "stall", b.Market, e.Stall, e.Tenancy, e.AccountID, "current", b.Now})
	return nil
}

func (b *Batch) merchantRow(ctx context.Context, e *Entry) ([]any, error) {
	p := e.person
	var phone, tax, taxIndex []byte
	var err error
	last3 := ""
	if p.phoneIndex != nil {
		last3 = p.Phone[len(p.Phone)-3:]
		if phone, err = b.w.keys.Seal(ctx, PhonePlace(e.merchant), []byte(p.Phone)); err != nil {
			return nil, err
		}
	}
	if p.TaxCode != "" {
		taxIndex = b.w.keys.Index("tax", p.TaxCode)
		if tax, err = b.w.keys.Seal(ctx, TaxPlace(e.merchant), []byte(p.TaxCode)); err != nil {
			return nil, err
		}
	}
	return []any{
		e.merchant, p.FullName, p.HouseholdName, phone, p.phoneIndex, last3, tax, taxIndex, b.Now,
		e.phoneShare,
	}, nil
}

// openFrom returns the range from a time, or from before our records, without an end.
func openFrom(since *time.Time) pgtype.Range[pgtype.Timestamptz] {
	open := pgtype.Range[pgtype.Timestamptz]{LowerType: pgtype.Unbounded, UpperType: pgtype.Unbounded, Valid: true}
	if since != nil {
		open.Lower, open.LowerType = pgtype.Timestamptz{Time: *since, Valid: true}, pgtype.Inclusive
	}
	return open
}

func (t *tables) copyInto(ctx context.Context, tx pgx.Tx) error {
	for _, c := range []struct {
		table   string
		columns []string
		rows    [][]any
	}{
		{"stalls", []string{"id", "market_id", "number", "kind", "zone", "goods_group", "created_at"}, t.stalls},
		{"stall_states", []string{"id", "stall_id", "state", "valid"}, t.states},
		{"merchants", []string{
			"id", "full_name", "household_name", "phone", "phone_index", "phone_last3", "tax_code",
			"tax_index", "created_at", "phone_share",
		}, t.merchants},
		{
			"tenancies",
			[]string{"id", "market_id", "stall_id", "merchant_id", "valid", "approved_at", "created_at"},
			t.tenancies,
		},
		{"accounts", []string{
			"id", "merchant_id", "kind", "bank_bin", "number", "number_index", "last4", "holder_name",
			"holder_kind", "created_at",
		}, t.accounts},
		{"tenancy_accounts", []string{"tenancy_id", "account_id", "since", "virtual_index"}, t.receives},
		{
			"codes",
			[]string{"code", "kind", "market_id", "stall_id", "tenancy_id", "account_id", "state", "issued_at"},
			t.codes,
		},
	} {
		if len(c.rows) == 0 {
			continue
		}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{c.table}, c.columns, pgx.CopyFromRows(c.rows)); err != nil {
			return fmt.Errorf("write %s: %w", c.table, err)
		}
	}
	return nil
}
