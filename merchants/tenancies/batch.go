package tenancies

import (
	"time"

	"github.com/google/uuid"

	"market40/merchants/encodings"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/migrations/database"
)

// Batch is any number of merchants that join stalls, resolved and written together. It reads and
// writes each table once, however many entries it has.
type Batch struct {
	w       *Writer
	Market  uuid.UUID
	Now     time.Time
	Entries []*Entry

	numbers  map[string]string          // by its key, a stall number of the market, or earlier in the batch
	byPhone  map[string][]phoneOwner    // merchants, registered or new, by phone index
	byID     map[uuid.UUID]bool         // registered merchants
	accounts map[string]existingAccount // by accountKey
	banks    map[string]bool            // BINs of the bank table
}

// Entry is one merchant at one stall, as far as it is known.
type Entry struct {
	order    StallOrder
	newStall bool
	Market   uuid.UUID
	Stall    uuid.UUID
	since    *time.Time     // nil: from before our records
	person   *merchantDraft // nil: vacant
	Account  *accountDraft  // nil: not joined

	Tenancy, merchant, AccountID        uuid.UUID
	newTenancy, newMerchant, newAccount bool
	phoneShare                          int16 // of a new merchant: 0, or more where others have the phone
	receivesAgain                       bool  // the tenancy received on the account before
	Claims                              bool  // the merchant claims an account that is another's, or not registered yet
	Faults                              []fault
	Notes                               []problem.Field // where the result differs from the order
}

// phoneOwner is one of the merchants who have a phone.
type phoneOwner struct {
	id       uuid.UUID
	fullName string
	share    int16
	here     bool // has or had a stall of the market: its board may read the name
}

type existingAccount struct {
	id, merchant uuid.UUID
	fullName     string
}

// NewBatch returns an empty batch for a market.
func (w *Writer) NewBatch(market uuid.UUID) *Batch {
	return &Batch{
		w: w, Market: market, Now: w.now(),
		numbers: map[string]string{}, byPhone: map[string][]phoneOwner{}, byID: map[uuid.UUID]bool{},
		accounts: map[string]existingAccount{}, banks: map[string]bool{},
	}
}

// Register adds a new stall with its merchant, if it has one.
func (b *Batch) Register(o StallOrder) {
	faults := o.normalize()
	e := b.addEntry(database.NewID(), o)
	e.newStall = true
	e.invalid(faults...)
}

// addEntry adds a merchant who joins a stall.
func (b *Batch) addEntry(stall uuid.UUID, o StallOrder) *Entry {
	e := &Entry{order: o, Market: b.Market, Stall: stall, Tenancy: database.NewID(), newTenancy: true}
	b.Entries = append(b.Entries, e)
	if o.Merchant != nil {
		p, faults := b.w.newMerchantDraft(*o.Merchant)
		e.person = p
		e.invalid(faults...)
	}
	if o.Account != nil {
		a, faults := b.w.newAccountDraft(*o.Account)
		e.Account = a
		e.invalid(faults...)
		if o.Merchant == nil {
			e.invalid(problem.Required("merchant"))
		} else {
			e.invalid(encodings.FaultBeside("merchant.full_name", o.Merchant.FullName, o.Account.HolderName)...)
		}
	}
	since, fault := SinceOf(o.Since, b.Now)
	e.since = since
	e.invalid(fault...)
	return e
}

// SinceOf reads from when a merchant has a stall. It refuses a time in the future.
func SinceOf(text string, now time.Time) (*time.Time, []problem.Field) {
	since, err := bizday.ParseTime(text)
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

// Refusal returns all faults of the batch as one error: a conflict (409) if all are conflicts, else
// invalid input (422). The function called names a field as the caller wrote it.
func (b *Batch) Refusal(called func(place int, field string) string) error {
	var fields []problem.Field
	conflict := 0
	for i, e := range b.Entries {
		for _, f := range e.Faults {
			f.Name = called(i, f.Name)
			if f.Kind == problem.Conflict {
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

// asWritten names the fields of a single order.
func asWritten(_ int, field string) string { return field }

func (b *Batch) stalls() []uuid.UUID {
	ids := make([]uuid.UUID, len(b.Entries))
	for i, e := range b.Entries {
		ids[i] = e.Stall
	}
	return ids
}

// JoinedBy counts the batch's merchants who would have a stall at a time and are not counted yet.
func (b *Batch) JoinedBy(at time.Time, counted map[uuid.UUID]bool) int {
	joined := map[uuid.UUID]bool{}
	for _, e := range b.Entries {
		if e.person != nil && len(e.Faults) == 0 && e.order.Kind != "mobile" &&
			(e.since == nil || !e.since.After(at)) && !counted[e.merchant] {
			joined[e.merchant] = true
		}
	}
	return len(joined)
}
