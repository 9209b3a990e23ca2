package merchants

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/encodings"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/roster"
)

// batch is any number of merchants that join stalls, resolved and written together: it asks and
// writes once a table, however many entries it holds.
type batch struct {
	r       *Registry
	market  uuid.UUID
	now     time.Time
	entries []*entry

	numbers  map[string]string       // by its key, a stall number of the market, or earlier in the batch
	byPhone  map[string][]phoneOwner // merchants, registered or new, by phone index
	byID     map[uuid.UUID]bool      // merchants that stand
	accounts map[string]knownAccount // by accountKey
	banks    map[string]bool         // BINs of the bank table
}

// entry is one merchant at one stall, as far as it is known.
type entry struct {
	order    StallOrder
	newStall bool
	market   uuid.UUID
	stall    uuid.UUID
	since    *time.Time // nil: from before our records
	person   *person    // nil: vacant
	account  *receiving // nil: not joined

	tenancy, merchant, accountID        uuid.UUID
	newTenancy, newMerchant, newAccount bool
	phoneShare                          int16 // of a new merchant: 0, or more where others have the phone
	receivesAgain                       bool  // the tenancy received on the account before
	claims                              bool  // the merchant wants an account that is another's, or not registered yet
	faults                              []fault
	notes                               []problem.Field // what becomes otherwise than the order says
}

// fault is what is wrong with one field, as a refusal of its kind.
type fault struct {
	problem.Field
	kind problem.Kind // Invalid or Conflict
}

// phoneOwner is one of the merchants who have a phone.
type phoneOwner struct {
	id       uuid.UUID
	fullName string
	share    int16
	here     bool // has or had a stall of the market: its board may read the name
}

type knownAccount struct {
	id, merchant uuid.UUID
	fullName     string
}

func (r *Registry) newBatch(market uuid.UUID) *batch {
	return &batch{
		r: r, market: market, now: r.now(),
		numbers: map[string]string{}, byPhone: map[string][]phoneOwner{}, byID: map[uuid.UUID]bool{},
		accounts: map[string]knownAccount{}, banks: map[string]bool{},
	}
}

// register adds a new stall with whoever has it.
func (b *batch) register(o StallOrder) {
	oldText := encodings.Faults(map[string]string{"number": o.Number, "zone": o.Zone})
	o.Number, o.Zone = oneLine(o.Number), oneLine(o.Zone)
	o.Kind, o.GoodsGroup = orElse(o.Kind, "stall"), orElse(o.GoodsGroup, "khac")
	e := b.join(newID(), o)
	e.newStall = true
	e.invalid(oldText...)
	if o.Number == "" {
		e.invalid(required("number"))
	}
}

// join adds a merchant who joins a stall.
func (b *batch) join(stall uuid.UUID, o StallOrder) *entry {
	e := &entry{order: o, market: b.market, stall: stall, tenancy: newID(), newTenancy: true}
	b.entries = append(b.entries, e)
	if o.Merchant != nil {
		p, faults := b.r.person(*o.Merchant)
		e.person = p
		e.invalid(faults...)
	}
	if o.Account != nil {
		a, faults := b.r.receiving(*o.Account)
		e.account = a
		e.invalid(faults...)
		if o.Merchant == nil {
			e.invalid(required("merchant"))
		} else {
			e.invalid(encodings.FaultBeside("merchant.full_name", o.Merchant.FullName, o.Account.HolderName)...)
		}
	}
	since, fault := sinceOf(o.Since, b.now)
	e.since = since
	e.invalid(fault...)
	return e
}

// sinceOf reads from when a merchant has a stall, which is not in the future.
func sinceOf(text string, now time.Time) (*time.Time, []problem.Field) {
	since, err := bizday.Moment(text)
	if err != nil {
		return nil, []problem.Field{bizday.MomentFault("since")}
	}
	if since != nil && since.After(now) {
		return nil, []problem.Field{{
			Name: "since", Code: "since_in_future", Vi: "Ngày bắt đầu nằm trong tương lai.",
			En: "The tenancy begins in the future.",
		}}
	}
	return since, nil
}

func (e *entry) invalid(fields ...problem.Field) {
	for _, f := range fields {
		e.faults = append(e.faults, fault{f, problem.Invalid})
	}
}

func numberInUse(number, standing string) fault {
	f := problem.Field{
		Name: "number", Code: "number_in_use",
		Vi: fmt.Sprintf("Số sạp %q đã có trong chợ này.", number),
		En: fmt.Sprintf("Stall number %q is in use in this market.", number),
	}
	if standing != number && standing != "" {
		f.Vi = fmt.Sprintf("Số sạp %q đã có trong chợ này, viết là %q.", number, standing)
		f.En = fmt.Sprintf("Stall number %q is in use in this market, written %q.", number, standing)
	}
	return fault{f, problem.Conflict}
}

func accountInUse() fault {
	return fault{problem.Field{
		Name: "account.account_number", Code: "account_in_use",
		Vi: "Tài khoản này đã đăng ký cho tiểu thương khác.", En: "Another merchant receives on this account.",
	}, problem.Conflict}
}

// resolve reads what the orders name and finds each one's merchant and account, or what is wrong
// with it.
func (b *batch) resolve(ctx context.Context, tx pgx.Tx) error {
	if err := b.read(ctx, tx); err != nil {
		return err
	}
	for _, e := range b.entries {
		if e.newStall && e.order.Number != "" {
			key := roster.NumberKey(e.order.Number)
			if standing, used := b.numbers[key]; used {
				e.faults = append(e.faults, numberInUse(e.order.Number, standing))
			}
			b.numbers[key] = e.order.Number
		}
		if e.person != nil && e.merchant == uuid.Nil {
			b.resolveMerchant(e)
		}
		if e.account != nil && e.merchant != uuid.Nil {
			b.resolveAccount(e)
		}
	}
	return nil
}

// resolveMerchant finds the merchant by id, by phone, or for one without a phone by the account
// that stands under the same name.
func (b *batch) resolveMerchant(e *entry) {
	p := e.person
	if p.ID != "" {
		if p.id != uuid.Nil && !b.byID[p.id] {
			e.invalid(merchantUnknown())
		}
		e.merchant = p.id
		return
	}
	if p.phoneIndex != nil {
		b.resolvePhone(e)
		return
	}
	if e.account != nil {
		if standing, stands := b.accounts[e.account.key()]; stands && roster.SameName(standing.fullName, p.FullName) {
			e.merchant = standing.merchant
			return
		}
	}
	e.merchant, e.newMerchant = newID(), true
}

// resolvePhone finds the merchant among those who have the phone: the one of the same name, or who
// the order says. A known phone under another name is a fault, since one phone does not make one
// person.
func (b *batch) resolvePhone(e *entry) {
	p := e.person
	owners := b.byPhone[string(p.phoneIndex)]
	next, fitting := int16(0), []phoneOwner{}
	for _, owner := range owners {
		if sameText(owner.fullName, p.FullName) {
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
	case len(owners) == 1 && p.KnownPhone == samePersonAs:
		e.merchant = owners[0].id
		e.notes = append(e.notes, nameDropped(owners[0], p.FullName))
	case len(owners) == 0, p.KnownPhone == anotherPerson:
		e.merchant, e.newMerchant, e.phoneShare = newID(), true, next
		b.byPhone[string(p.phoneIndex)] = append(owners, phoneOwner{
			id: e.merchant, fullName: p.FullName, share: next,
			here: true,
		})
	case len(fitting) > 1 || p.KnownPhone == samePersonAs:
		e.faults = append(e.faults, phoneOfSeveral(owners))
	default:
		e.faults = append(e.faults, phoneOfAnother(owners))
	}
}

// phoneOfAnother is the fault of a phone that is known under another name. The name is told where
// the market's register holds it.
func phoneOfAnother(owners []phoneOwner) fault {
	names := namesHere(owners)
	return fault{problem.Field{
		Name: "merchant.phone", Code: "phone_of_another",
		Vi: "Số điện thoại này đã đăng ký dưới tên khác" + names +
			": hãy chọn là cùng một người, hay là người khác dùng chung số.",
		En: "This phone is registered under another name" + names +
			": say whether it is the same person, or another who shares it.",
	}, problem.Conflict}
}

// nameDropped tells whose the stall becomes where the order's name is said to be that of who has
// the phone.
func nameDropped(owner phoneOwner, name string) problem.Field {
	vi, en := "người đã đăng ký số điện thoại này", "who registered this phone"
	if owner.here {
		vi, en = owner.fullName, owner.fullName
	}
	return problem.Field{
		Name: "merchant.full_name", Code: "name_dropped",
		Vi: fmt.Sprintf("Sạp ghi cho %s, vì đã chọn là cùng một người; tên %s không được ghi.", vi, name),
		En: fmt.Sprintf("The stall is that of %s, said to be the same person; the name %s is not kept.", en, name),
	}
}

// phoneOfSeveral is the same fault where the order means one of several people who share the phone,
// and does not say whom.
func phoneOfSeveral(owners []phoneOwner) fault {
	names := namesHere(owners)
	return fault{problem.Field{
		Name: "merchant.phone", Code: "phone_of_another",
		Vi: "Nhiều người dùng chung số điện thoại này" + names +
			", chưa rõ là ai: hãy ghi tên người đó đúng như đã đăng ký (hoặc gửi merchant.id), hay chọn là người khác.",
		En: "Several people share this phone" + names +
			": write the name of the one who is meant as it is registered (or send merchant.id), or say that it is another.",
	}, problem.Conflict}
}

// namesHere are the names, in brackets, of those whom the market's register holds.
func namesHere(owners []phoneOwner) string {
	var names []string
	for _, owner := range owners {
		if owner.here {
			names = append(names, owner.fullName)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + strings.Join(names, ", ") + ")"
}

func (b *batch) resolveAccount(e *entry) {
	a := e.account
	if a.Kind == bankAccount && a.BankBIN != "" && !b.banks[a.BankBIN] {
		e.invalid(problem.Field{
			Name: "account.bank_bin", Code: "unknown_bank",
			Vi: "Mã BIN ngân hàng không có trong danh sách.", En: "No bank has this BIN.",
		})
		return
	}
	standing, stands := b.accounts[a.key()]
	switch {
	case !stands:
		e.accountID, e.newAccount = newID(), true
		b.accounts[a.key()] = knownAccount{e.accountID, e.merchant, e.order.Merchant.FullName}
	case standing.merchant != e.merchant:
		e.faults = append(e.faults, accountInUse())
		e.claims = true
	default:
		e.accountID = standing.id
	}
}

// refusal is everything that is wrong with the batch: invalid input first, else the conflict.
// Fields are called as the caller wrote them.
func (b *batch) refusal(called func(place int, field string) string) error {
	var fields []problem.Field
	conflict := 0
	for i, e := range b.entries {
		for _, f := range e.faults {
			f.Name = called(i, f.Name)
			if f.kind == problem.Conflict {
				conflict++
			}
			fields = append(fields, f.Field)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	refused := problem.InFields(fields...)
	if conflict == len(fields) {
		refused = problem.New(problem.Conflict, fields[0].Code, fields[0].Vi, fields[0].En)
		refused.Fields = fields
	}
	return refused
}

// asWritten is for orders whose fields are called as here.
func asWritten(_ int, field string) string { return field }

func (b *batch) stalls() []uuid.UUID {
	ids := make([]uuid.UUID, len(b.entries))
	for i, e := range b.entries {
		ids[i] = e.stall
	}
	return ids
}
