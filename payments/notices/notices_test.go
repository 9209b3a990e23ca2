package notices_test

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/seal"
	"market40/migrations/database/dbtest"
	"market40/payments/banks"
	"market40/payments/money"
	"market40/payments/notices"
)

var occurred = time.Date(2026, 11, 20, 10, 11, 12, 0, time.UTC)

func newSealer(t *testing.T) (*notices.Sealer, *seal.Keys) {
	t.Helper()
	keys, err := seal.Open(t.Context(), dbtest.New(t).Pool, [seal.KeySize]byte{1}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return notices.NewSealer(keys), keys
}

func creditNotice() banks.Notice {
	return banks.Notice{
		ExternalID: "7", Account: "1111111", VirtualAccount: "VQ1", Direction: banks.In, Amount: money.FromDong(45000),
		Currency: money.Currency, Memo: "mua ca", OrderRef: "OD1", Reference: "FT26324000000011", StrongReference: true,
		BankBIN: "970422", OccurredAt: occurred,
	}
}

// TestSeal seals what identifies people in a notice, and reads it back into its row.
func TestSeal(t *testing.T) {
	t.Parallel()
	s, _ := newSealer(t)
	id, n := uuid.New(), creditNotice()
	n.Reverses, n.Ignore = "6", banks.IgnoreTest
	sealed, err := s.Seal(t.Context(), id, n)
	if err != nil || bytes.Contains(sealed, []byte(n.Account)) || bytes.Contains(sealed, []byte(n.Memo)) {
		t.Fatalf("sealed as %q: %v", sealed, err)
	}
	row := banks.Notice{
		ExternalID: n.ExternalID, Direction: n.Direction, Amount: n.Amount, Currency: n.Currency,
		Reference: n.Reference, OccurredAt: n.OccurredAt,
	}
	if err := s.Open(t.Context(), id, sealed, &row); err != nil || fmt.Sprint(row) != fmt.Sprint(n) {
		t.Errorf("read back as %+v, %v", row, err)
	}
	if s.Open(t.Context(), uuid.New(), sealed, &row) == nil {
		t.Error("the particulars of one notice open as another's")
	}
	erased := creditNotice()
	if err := s.Open(t.Context(), id, nil, &erased); err != nil || erased.Account != "" || erased.Memo != "" {
		t.Errorf("an erased notice has %+v, %v", erased, err)
	}
	body, err := s.SealBody(t.Context(), id, []byte("body"))
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := s.OpenBody(t.Context(), id, body); err != nil || string(raw) != "body" {
		t.Errorf("the body is %q, %v", raw, err)
	}
}

// TestDigest pins what the content of a notice is: a repeat with other content has another digest.
func TestDigest(t *testing.T) {
	t.Parallel()
	s, _ := newSealer(t)
	first := s.Digest(creditNotice())
	for name, c := range map[string]struct {
		change func(*banks.Notice)
		same   bool
	}{
		"nothing":             {func(*banks.Notice) {}, true},
		"spaces in account":   {func(n *banks.Notice) { n.Account = "111 1111" }, true},
		"words of the memo":   {func(n *banks.Notice) { n.Memo = "mua tom" }, true},
		"order reference":     {func(n *banks.Notice) { n.OrderRef = "OD2" }, true},
		"bank":                {func(n *banks.Notice) { n.BankBIN = "" }, true},
		"account":             {func(n *banks.Notice) { n.Account = "2222222" }, false},
		"virtual account":     {func(n *banks.Notice) { n.VirtualAccount = "VQ2" }, false},
		"direction":           {func(n *banks.Notice) { n.Direction = banks.Out }, false},
		"amount":              {func(n *banks.Notice) { n.Amount = money.FromDong(45001) }, false},
		"currency":            {func(n *banks.Notice) { n.Currency = "USD" }, false},
		"reference":           {func(n *banks.Notice) { n.Reference = "3079" }, false},
		"time":                {func(n *banks.Notice) { n.OccurredAt = occurred.Add(time.Millisecond) }, false},
		"time is an answer's": {func(n *banks.Notice) { n.AnswerTime = true }, false},
	} {
		n := creditNotice()
		c.change(&n)
		if same := bytes.Equal(s.Digest(n), first); same != c.same {
			t.Errorf("%s: equal digests %v, want %v", name, same, c.same)
		}
	}
}

// TestSameContent compares with the digests of this program and of earlier ones, which included the
// time of an answer and no codes.
func TestSameContent(t *testing.T) {
	t.Parallel()
	s, keys := newSealer(t)
	n := creditNotice()
	earlier := keys.Index("notice", "1111111\nVQ1\nin\n45000\nVND\n"+strconv.FormatInt(occurred.UnixMilli(), 10)+
		"\nFT26324000000011")
	answered := n
	answered.AnswerTime, answered.OccurredAt = true, occurred.Add(time.Minute)
	for name, c := range map[string]struct {
		n      banks.Notice
		digest []byte
		same   bool
	}{
		"this program's":                {n, s.Digest(n), true},
		"an earlier program's":          {n, s.PlainDigest(n), true},
		"written by hand":               {n, earlier, true},
		"another answer's time":         {answered, s.Digest(answered), true},
		"another answer's time earlier": {answered, earlier, true},
		"another notice's":              {n, s.Digest(banks.Notice{}), false},
	} {
		if same := s.SameContent(c.n, c.digest, occurred); same != c.same {
			t.Errorf("%s: same content %v, want %v", name, same, c.same)
		}
	}
}

// TestKeyPart pins what distinguishes notices with one external id.
func TestKeyPart(t *testing.T) {
	t.Parallel()
	s, _ := newSealer(t)
	digest := s.Digest(creditNotice())
	ignored, identified, sent := creditNotice(), creditNotice(), creditNotice()
	ignored.Ignore, ignored.Identity = banks.IgnoreFailed, "x"
	identified.Identity = "1111111\n2026-11-20 10:11:12"
	sent.Direction = banks.Out
	for name, c := range map[string]struct {
		n    banks.Notice
		part []byte
	}{
		"a credit":      {creditNotice(), []byte{}},
		"ignored":       {ignored, digest[:notices.PartLength]},
		"money sent":    {sent, digest[:notices.PartLength]},
		"with identity": {identified, s.KeyPart(identified, nil)},
	} {
		if part := s.KeyPart(c.n, digest); !bytes.Equal(part, c.part) {
			t.Errorf("%s: the part is %x, want %x", name, part, c.part)
		}
	}
	other := identified
	other.Identity += "3"
	if part := s.KeyPart(identified, digest); len(part) != notices.PartLength ||
		bytes.Equal(part, s.KeyPart(other, digest)) {
		t.Errorf("the part of an identity is %x", part)
	}
}
