package notices

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"market40/merchants"
	"market40/merchants/memo"
	"market40/payments/banks"
)

// PartLength is the length of a key's part in bytes: enough that two never meet by chance.
const PartLength = 16

// KeyPart returns what a notice's key has beside its connection and external id, so that equal keys
// name one transfer. A credit is known by its id, and by its provider's Identity where the id alone
// is not enough. What is ignored is no transfer: its part is its content, so that it takes no
// identity from a credit and a repeat is still a repeat.
func (s *Sealer) KeyPart(n banks.Notice, digest []byte) []byte {
	switch {
	case n.Ignore != "" || n.Direction == banks.Out:
		return digest[:PartLength]
	case n.Identity != "":
		return s.keys.Index("identity", n.Identity)[:PartLength]
	}
	return []byte{}
}

// Digest returns the content of a notice by which a retry is told from a change: never the bytes,
// for balances and the times of answers differ at a retry. It is keyed, because an account number
// behind a plain SHA-256 could be tried out. Of the memo only our codes in it count: they say whose
// the money is.
func (s *Sealer) Digest(n banks.Notice) []byte {
	// none is something else than what nobody looked for
	return s.digestOf(n, append([]string{"codes"}, FindCodes(n.Memo)...)...)
}

// PlainDigest returns the digest that earlier programs made: no codes count.
func (s *Sealer) PlainDigest(n banks.Notice) []byte { return s.digestOf(n) }

// digestOf is Digest with what is to count beside account, amount, time and reference: nothing in
// earlier programs.
func (s *Sealer) digestOf(n banks.Notice, beside ...string) []byte {
	occurred := strconv.FormatInt(n.OccurredAt.UnixMilli(), 10)
	if n.AnswerTime {
		occurred = ""
	}
	said := []string{
		merchants.NormalAccount(n.Account), n.VirtualAccount, string(n.Direction), n.Amount.String(),
		n.Currency, occurred, n.Reference,
	}
	return s.keys.Index("notice", strings.Join(append(said, beside...), "\n"))
}

// SameContent reports whether an earlier digest is of what n says, apart from a time that is only
// an answer's. Earlier programs digested that time too, and no codes: it is occurred then, as the
// earlier notice has it.
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
