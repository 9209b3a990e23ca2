package merchants

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/encodings"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/merchants/scope"
	"market40/merchants/tenancies"
)

// correction is what may be corrected of a merchant; absent fields stay as they are. The phone is
// not among them, because it identifies the merchant: a board that could change it could act as the
// merchant.
type correction struct {
	FullName      *string `json:"full_name,omitempty" minLength:"1" maxLength:"100"`
	HouseholdName *string `json:"household_name,omitempty" maxLength:"200" doc:"empty: a person"`
	TaxCode       *string `json:"tax_code,omitempty" maxLength:"20" doc:"empty: none"`
}

// givenTexts returns the texts of a change by field, without the absent ones.
func givenTexts(fields map[string]*string) map[string]string {
	texts := map[string]string{}
	for field, text := range fields {
		if text != nil {
			texts[field] = *text
		}
	}
	return texts
}

// normal converts a correction to normal form and returns its faults.
func (c *correction) normal() error {
	if err := encodings.Check(givenTexts(map[string]*string{
		"full_name":      c.FullName,
		"household_name": c.HouseholdName,
	})); err != nil {
		return err
	}
	for _, name := range []*string{c.FullName, c.HouseholdName, c.TaxCode} {
		if name != nil {
			*name = encodings.OneLine(*name)
		}
	}
	switch {
	case c.FullName != nil && *c.FullName == "":
		return problem.InFields(problem.Required("full_name"))
	case c.TaxCode != nil && *c.TaxCode != "" && !tenancies.TaxForm.MatchString(*c.TaxCode):
		return problem.Of("tax_code", "tax_code_form", "Mã số thuế gồm 10, 12 hoặc 13 chữ số.",
			"A tax code has 10, 12 or 13 digits.")
	}
	return nil
}

// correct corrects a merchant, and alerts the boards to another name. It refuses an erased merchant
// (409).
func (ss *Stalls) correct(ctx context.Context, id uuid.UUID, c correction) error {
	if err := c.normal(); err != nil {
		return err
	}
	var tax, index []byte
	if c.TaxCode != nil && *c.TaxCode != "" {
		var err error
		if tax, err = ss.keys.Seal(ctx, tenancies.TaxPlace(id), []byte(*c.TaxCode)); err != nil {
			return err
		}
		index = ss.keys.Index("tax", *c.TaxCode)
	}
	return ss.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var name, household string
		err := tx.QueryRow(ctx, `SELECT full_name, household_name FROM merchants WHERE id = $1
			AND erased_at IS NULL FOR UPDATE`, id).Scan(&name, &household)
		if errors.Is(err, pgx.ErrNoRows) {
			return problem.New(problem.Conflict, "merchant_erased", "Dữ liệu của người này đã được xóa.",
				"This person's data is erased.")
		}
		if err != nil {
			return fmt.Errorf("find merchant %s: %w", id, err)
		}
		_, err = tx.Exec(ctx, `UPDATE merchants SET full_name = coalesce($2, full_name), household_name = coalesce($3,
			household_name),
			tax_code = CASE WHEN $4 THEN $5 ELSE tax_code END, tax_index = CASE WHEN $4 THEN $6 ELSE tax_index END
			WHERE id = $1`,
			id, c.FullName, c.HouseholdName, c.TaxCode != nil, tax, index)
		if err != nil {
			return fmt.Errorf("correct merchant %s: %w", id, err)
		}
		if (c.FullName == nil || sameName(name, *c.FullName)) && (c.HouseholdName == nil ||
			sameName(household, *c.HouseholdName)) {
			return nil
		}
		return ss.warnOfName(ctx, tx, id)
	})
}

// patchMerchant corrects a merchant who has a stall in the caller's scope. It checks the scope
// first (404), then the role (403).
func (ss *Stalls) patchMerchant(ctx context.Context, in *struct {
	web.Named
	Body correction
},
) (*web.Body[Merchant], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("merchant")
	if err != nil {
		return nil, err
	}
	if _, err := ss.readMerchant(ctx, who, id); err != nil {
		return nil, err
	}
	if err := who.Allow(roles.WriteStalls); err != nil {
		return nil, err
	}
	if err := ss.correct(ctx, id, in.Body); err != nil {
		return nil, err
	}
	return web.Answer(ss.readMerchant(ctx, who, id))
}

// readMerchant returns a merchant who has a stall in the caller's scope, as the caller may see it;
// callers of the whole platform get any.
func (ss *Stalls) readMerchant(ctx context.Context, who roles.Principal, id uuid.UUID) (m Merchant, err error) {
	var phone []byte
	var last3 string
	err = ss.db.Pool.QueryRow(ctx, `SELECT id, full_name, household_name, phone, phone_last3 FROM merchants m
		WHERE id = $1 AND ($2 = 'all' OR EXISTS (
		SELECT FROM tenancies t WHERE t.merchant_id = m.id AND upper_inf(t.valid)
		AND t.market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, t.stall_id)))`,
		id, who.ScopeKind, who.ScopeID).Scan(&m.ID, &m.FullName, &m.HouseholdName, &phone, &last3)
	sees := scope.SightOf(who, id)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && sees == scope.Hidden {
		return m, problem.Missing("merchant")
	}
	if err != nil {
		return m, fmt.Errorf("find merchant %s: %w", id, err)
	}
	if m.Phone = seal.Mask(last3); sees == scope.Whole && phone != nil {
		plain, err := ss.keys.Open(ctx, tenancies.PhonePlace(id), phone)
		m.Phone = string(plain)
		return m, err
	}
	return m, nil
}
