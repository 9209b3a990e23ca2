package tenancies

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/encodings"
	"market40/merchants/platform/problem"
	"market40/merchants/roster"
	"market40/migrations/database"
)

// Resolve reads what the orders name, and finds the merchant and the account of each, or its
// faults.
func (b *Batch) Resolve(ctx context.Context, tx pgx.Tx) error {
	if err := b.read(ctx, tx); err != nil {
		return err
	}
	for _, e := range b.Entries {
		if e.newStall && e.order.Number != "" {
			key := roster.NumberKey(e.order.Number)
			if registered, used := b.numbers[key]; used {
				e.Faults = append(e.Faults, NumberInUse(e.order.Number, registered))
			}
			b.numbers[key] = e.order.Number
		}
		if e.person != nil && e.merchant == uuid.Nil {
			b.resolveMerchant(e)
		}
		if e.Account != nil && e.merchant != uuid.Nil {
			b.resolveAccount(e)
		}
	}
	return nil
}

// resolveMerchant finds the merchant by id or by phone; without a phone, an account that is
// registered under the same name.
func (b *Batch) resolveMerchant(e *Entry) {
	p := e.person
	if p.ID != "" {
		if p.id != uuid.Nil && !b.byID[p.id] {
			e.invalid(MerchantUnknown())
		}
		e.merchant = p.id
		return
	}
	if p.phoneIndex != nil {
		b.resolvePhone(e)
		return
	}
	if e.Account != nil {
		if registered, found := b.accounts[e.Account.key()]; found &&
			roster.SameName(registered.fullName, p.FullName) {
			e.merchant = registered.merchant
			return
		}
	}
	e.merchant, e.newMerchant = database.NewID(), true
}

// resolvePhone finds the merchant among those with the phone: the one with the same name, or the
// one that the order says. A known phone under another name is a fault, because people share
// phones.
func (b *Batch) resolvePhone(e *Entry) {
	p := e.person
	owners := b.byPhone[string(p.phoneIndex)]
	next, fitting := int16(0), []phoneOwner{}
	for _, owner := range owners {
		if encodings.SameText(owner.fullName, p.FullName) {
			e.merchant = owner.id
			return
		}
		if roster.SameName(owner.fullName, p.FullName) {
			fitting = append(fitting, owner)
		}
		next = max(next, owner.share+1)
	}
	if len(fitting) == 1 { // a name without diacritics that fits two people is refused below
		e.merchant = fitting[0].id
		return
	}
	switch {
	case len(owners) == 1 && p.KnownPhone == SamePersonAs:
		e.merchant = owners[0].id
		e.Notes = append(e.Notes, nameDropped(owners[0], p.FullName))
	case len(owners) == 0, p.KnownPhone == AnotherPerson:
		e.merchant, e.newMerchant, e.phoneShare = database.NewID(), true, next
		b.byPhone[string(p.phoneIndex)] = append(owners, phoneOwner{
			id: e.merchant, fullName: p.FullName, share: next,
			here: true,
		})
	case len(fitting) > 1 || p.KnownPhone == SamePersonAs:
		e.Faults = append(e.Faults, phoneOfSeveral(owners))
	default:
		e.Faults = append(e.Faults, phoneOfAnother(owners))
	}
}

func (b *Batch) resolveAccount(e *Entry) {
	a := e.Account
	if a.Kind == BankAccount && a.BankBIN != "" && !b.banks[a.BankBIN] {
		e.invalid(problem.Field{
			Name: "account.bank_bin", Code: "unknown_bank",
			Vi: "Mã BIN ngân hàng không có trong danh sách.", En: "No bank has this BIN.",
		})
		return
	}
	registered, found := b.accounts[a.key()]
	switch {
	case !found:
		e.AccountID, e.newAccount = database.NewID(), true
		b.accounts[a.key()] = existingAccount{e.AccountID, e.merchant, e.order.Merchant.FullName}
	case registered.merchant != e.merchant:
		e.Faults = append(e.Faults, accountInUse())
		e.Claims = true
	default:
		e.AccountID = registered.id
	}
}
