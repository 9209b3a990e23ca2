package ledger_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/ledger"
	"market40/payments/money"
	"market40/payments/paymentstest"
)

// reference is a strong one: an FT number of T24.
const reference = "FT26324000000011"

// post posts transfers in one transaction, as the intake does, and returns the duplicates.
func (w *world) post(now time.Time, transfers ...ledger.Transfer) (duplicates map[uuid.UUID]ledger.Duplicate) {
	w.T.Helper()
	must(w.T, w.tryPost(now, &duplicates, transfers...))
	return duplicates
}

func (w *world) tryPost(now time.Time, found *map[uuid.UUID]ledger.Duplicate, transfers ...ledger.Transfer) error {
	var book ledger.Book
	return w.DB.InTx(w.T.Context(), func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		locked := book.Lock(batch, transfers, now)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		batch = &pgx.Batch{}
		_, duplicates, err := locked.Post(batch, now)
		if err != nil {
			return err
		}
		*found = duplicates
		return tx.SendBatch(ctx, batch).Close()
	})
}

// scene is a market with one stall and two registered accounts.
type scene struct {
	*world
	market, tenancy, account, other uuid.UUID
	now                             time.Time
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{world: newWorld(t), now: time.Now()}
	s.Stall(s.Market, "A1", "970422", "1111111")
	s.Stall(s.Market, "A2", "970422", "2222222")
	must(t, s.DB.Pool.QueryRow(t.Context(), `SELECT t.market_id, t.id, a.account_id, (SELECT o.account_id
		FROM tenancy_accounts o WHERE o.account_id <> a.account_id) FROM tenancies t JOIN tenancy_accounts a
		ON a.tenancy_id = t.id ORDER BY t.id LIMIT 1`).Scan(&s.market, &s.tenancy, &s.account, &s.other))
	return s
}

// transfer returns a new transfer of 45,000 đồng with a strong reference to the stall.
func (s *scene) transfer() ledger.Transfer {
	return ledger.Transfer{
		ID: uuid.Must(uuid.NewV7()), Debit: ledger.BankAccount(s.market, s.account),
		Credit: ledger.StallAccount(s.market, s.tenancy), Amount: money.FromDong(45000), OccurredAt: s.now,
		Reference: reference, Strong: true,
	}
}

// TestDuplicates compares transfers with a payment of another transaction and of their own group.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change    func(*scene, *ledger.Transfer)
		duplicate bool
		other     bool          // from another account
		later     time.Duration // than the first payment
	}{
		"equal":              {func(*scene, *ledger.Transfer) {}, true, false, 0},
		"44 days later":      {func(*scene, *ledger.Transfer) {}, true, false, 44 * 24 * time.Hour},
		"46 days later":      {func(*scene, *ledger.Transfer) {}, false, false, 46 * 24 * time.Hour},
		"another amount":     {func(_ *scene, t *ledger.Transfer) { t.Amount = money.FromDong(45001) }, false, false, 0},
		"another reference":  {func(_ *scene, t *ledger.Transfer) { t.Reference = "FT26324000000012" }, false, false, 0},
		"weak reference":     {func(_ *scene, t *ledger.Transfer) { t.Strong = false }, false, false, 0},
		"another account":    {func(s *scene, t *ledger.Transfer) { t.Debit.Owner = s.other }, true, true, 0},
		"unregistered":       {func(_ *scene, t *ledger.Transfer) { t.Debit.Owner = uuid.Nil }, true, false, 0},
		"distinct, other":    {func(s *scene, t *ledger.Transfer) { t.Debit.Owner, t.Distinct = s.other, true }, false, false, 0},
		"distinct, the same": {func(_ *scene, t *ledger.Transfer) { t.Distinct = true }, true, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			first := s.transfer()
			second := s.transfer()
			second.OccurredAt = second.OccurredAt.Add(c.later)
			c.change(s, &second)
			if c.later == 0 {
				s.wantDuplicate(s.post(s.now, first, second), first.ID, second.ID, c.duplicate, c.other)
				return
			}
			s.post(s.now, first)
			s.wantDuplicate(s.post(s.now.Add(c.later), second), first.ID, second.ID, c.duplicate, c.other)
		})
	}
}

func (s *scene) wantDuplicate(
	found map[uuid.UUID]ledger.Duplicate, first, second uuid.UUID, duplicate, otherAccount bool,
) {
	s.T.Helper()
	want := ledger.Duplicate{}
	if duplicate {
		want = ledger.Duplicate{Payment: first, OtherAccount: otherAccount}
	}
	if found[second] != want {
		s.T.Errorf("the duplicate is %+v, want %+v", found[second], want)
	}
	var payments int
	must(s.T, s.DB.Pool.QueryRow(s.T.Context(), `SELECT count(*) FROM payments`).Scan(&payments))
	if posted := payments == 2; posted == duplicate {
		s.T.Errorf("%d payments were posted", payments)
	}
}

// TestDuplicatesOfEarlierTransactions repeats a payment of an earlier transaction. The same account
// counts before another one.
func TestDuplicatesOfEarlierTransactions(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	other, same := s.transfer(), s.transfer()
	other.Debit.Owner = s.other
	same.Distinct = true
	s.post(s.now, other)
	s.post(s.now, same)
	again := s.transfer()
	want := ledger.Duplicate{Payment: same.ID}
	if found := s.post(s.now, again); found[again.ID] != want {
		t.Errorf("the duplicate is %+v, want %+v", found[again.ID], want)
	}
}

// TestReversedOnce reverses a payment twice: in one group, and in two transactions.
func TestReversedOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	first := s.transfer()
	s.post(s.now, first)
	back := func() ledger.Transfer {
		return ledger.Transfer{
			ID: uuid.Must(uuid.NewV7()), Debit: first.Credit, Credit: first.Debit, Amount: first.Amount,
			OccurredAt: s.now.Add(time.Hour), Reverses: &first.ID,
		}
	}
	var found map[uuid.UUID]ledger.Duplicate
	if err := s.tryPost(s.now, &found, back(), back()); !errors.Is(err, ledger.ErrAlreadyReversed) {
		t.Errorf("two reversals in one group: %v", err)
	}
	s.post(s.now, back())
	if err := s.tryPost(s.now, &found, back()); !errors.Is(err, ledger.ErrAlreadyReversed) {
		t.Errorf("a second reversal: %v", err)
	}
	var times int
	must(t, s.DB.Pool.QueryRow(t.Context(), `SELECT count(DISTINCT occurred_at) FROM payments`).Scan(&times))
	if times != 1 {
		t.Error("the reversal does not have the time of its payment")
	}
}

// TestStrongReferenceOnTwoAccounts registers a virtual account and its bank account for two stalls.
// One transfer is reported for each of them, with another memo or by one connection. One report is
// posted; the other waits for people, who may decide that it is another transfer.
func TestStrongReferenceOnTwoAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	main, _ := w.Stall(w.Market, "A1", "970422", "3333333")
	virtual, _ := w.Stall(w.Market, "A2", "970422", "VQRQAFMGQ4306")
	c, casso := w.SePay(nil), w.NewFeed("casso_v1")
	w.Accept(c, transfer{
		ID: 1, Account: "3333333", Sub: "VQRQAFMGQ4306", Memo: "Qafmgq4306 mua ca", Amount: 50000,
		Reference: "FT26324000030654",
	})
	n := paymentstest.Credit("2", "3333333", 50000)
	n.BankBIN, n.Memo, n.Reference, n.OccurredAt = "970422", "mua ca", "FT26324000030654", paymentstest.BankTime
	casso.Play(n)
	w.Accept(c, transfer{ID: 3, Account: "3333333", Memo: "mua ca", Amount: 60000, Reference: "FT26324000030655"})
	w.Accept(c, transfer{
		ID: 4, Account: "3333333", Sub: "VQRQAFMGQ4306", Memo: "mua ca", Amount: 60000,
		Reference: "FT26324000030655",
	})
	w.WantPaid(virtual, "50000")
	w.WantPaid(main, "60000")
	cases := w.WantCases("told_twice", 2)
	path := "/api/v1/cases/" + cases[0].Text("id") + "/resolve"
	w.Call(w.Admin, "POST", path, paymentstest.AssignTo(main), 200)
	w.Call(w.Key("admin", ""), "POST", path, paymentstest.AssignTo(main), 200)
	w.WantCases("told_twice", 1)
	// another amount
	w.Accept(c, transfer{
		ID: 5, Account: "3333333", Sub: "VQRQAFMGQ4306", Memo: "mua", Amount: 70000,
		Reference: "FT26324000030655",
	})
	w.WantPaid(virtual, "70000", "50000")
	w.VerifyBooks()
}
