package notices

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"market40/merchants/memo"
	"market40/merchants/vietqr"
	"market40/payments/banks"
)

// PartLength is the length of a key's part in bytes, long enough to exclude collisions.
const PartLength = 16

// KeyPart returns the part of a notice's key beside its connection and external id, so that equal
// keys mean one transfer. A credit is identified by its id, and by its provider's Identity where the
// id is not enough. An ignored notice is no transfer. Its part is its content: it does not use up the
// identity of a credit, and a repeat of it is still a repeat.
func (s *Sealer) KeyPart(n banks.Notice, digest []byte) []byte {
	switch {
	case n.Ignore != "" || n.Direction == banks.Out:
		return digest[:PartLength]
	case n.Identity != "":
		return s.keys.Index("identity", n.Identity)[:PartLength]
	}
	return []byte{}
}

// Digest returns a keyed digest of a notice's content, which distinguishes a retry from a change. It
// is not of the bytes, because balances and the times of answers differ at a retry. It is keyed,
// because an account number behind a plain SHA-256 could be guessed. Only our codes in the memo
// count: they decide who receives the money.
func (s *Sealer) Digest(n banks.Notice) []byte {
	// the word "codes" distinguishes a memo without codes from the digests of earlier programs
	return s.digestOf(n, append([]string{"codes"}, FindCodes(n.Memo)...)...)
}

// PlainDigest returns the digest of earlier programs, without codes.
func (s *Sealer) PlainDigest(n banks.Notice) []byte { return s.digestOf(n) }

// digestOf returns the digest of account, amount, time, reference and further values. Earlier
// programs had no further values.
func (s *Sealer) digestOf(n banks.Notice, further ...string) []byte {
	occurred := strconv.FormatInt(n.OccurredAt.UnixMilli(), 10)
	if n.AnswerTime {
		occurred = ""
	}
	values := []string{
		vietqr.NormalAccount(n.Account), n.VirtualAccount, string(n.Direction), n.Amount.String(),
		n.Currency, occurred, n.Reference,
	}
	return s.keys.Index("notice", strings.Join(append(values, further...), "\n"))
}

// SameContent reports whether an earlier digest has the content of n. The time of an answer does not
// count. Earlier programs included that time (occurred, of the earlier notice) and no codes.
func (s *Sealer) SameContent(n banks.Notice, earlier []byte, occurred time.Time) bool {
	timeless, timed := n, n
	timeless.AnswerTime, timed.AnswerTime = true, false
	if n.AnswerTime {
		timed.OccurredAt = occurred
	}
	for _, same := range [][]byte{s.Digest(timeless), s.Digest(timed), s.digestOf(timeless), s.digestOf(timed)} {
		if bytes.Equal(same, earlier) {
			return true
		}
	}
	return false
}

// FindCodes returns our codes in a memo, in their order.
func FindCodes(text string) (codes []string) {
	for _, code := range memo.Find(text) {
		codes = append(codes, code.String())
	}
	return codes
}
