package payments

import (
	"math"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// accountPayment is a payment with the ledger account that it is of.
type accountPayment struct {
	Payment
	Account uuid.UUID
}

// places are how far a list of a stall's payments has been read: of each ledger account the lowest
// version so far.
type places map[uuid.UUID]int64

// What separates an account from its version, and one account from the next, in a cursor.
const (
	versionMark = ":"
	accountMark = ","
)

// placesOf reads a page's cursor.
func placesOf(page web.Page) (places, error) {
	mark, err := page.Mark()
	if err != nil {
		return nil, err
	}
	read := places{}
	if page.After == "" {
		return read, nil
	}
	for word := range strings.SplitSeq(mark.Text, accountMark) {
		account, version, _ := strings.Cut(word, versionMark)
		id, idErr := uuid.Parse(account)
		n, err := strconv.ParseInt(version, 36, 64)
		if idErr != nil || err != nil || n < 0 {
			return nil, problem.Of("after", "cursor_form", "Vị trí trang không hợp lệ.", "The cursor is none of ours.")
		}
		read[id] = n
	}
	return read, nil
}

// below is the version under which an account has not been read yet.
func (p places) below(account uuid.UUID) int64 {
	if version, begun := p[account]; begun {
		return version
	}
	return math.MaxInt64
}

// mark is the cursor of what was read.
func (p places) mark() *string {
	words := make([]string, 0, len(p))
	for account, version := range p {
		words = append(words, account.String()+versionMark+strconv.FormatInt(version, 36))
	}
	cursor := web.Mark{Text: strings.Join(words, accountMark)}.String()
	return &cursor
}

// merge takes the newest payments out of what was read of each account, in the order of account and
// version, and moves the places past them. The accounts of a stall follow each other in time: the
// head that was recorded last is taken, and no account's own order is ever left.
func (p places) merge(read []accountPayment, size int) (items []Payment, next *string) {
	var heads [][]accountPayment
	for len(read) > 0 {
		n := 1
		for n < len(read) && read[n].Account == read[0].Account {
			n++
		}
		heads, read = append(heads, read[:n]), read[n:]
	}
	items = []Payment{}
	for {
		newest := -1
		for i, head := range heads {
			if len(head) > 0 && (newest < 0 || head[0].RecordedAt.After(heads[newest][0].RecordedAt)) {
				newest = i
			}
		}
		if newest < 0 {
			return items, nil
		}
		if len(items) == size {
			return items, p.mark()
		}
		taken := heads[newest][0]
		items, heads[newest] = append(items, taken.Payment), heads[newest][1:]
		p[taken.Account] = taken.Version
	}
}
