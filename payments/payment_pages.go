package payments

import (
	"math"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// accountPayment is a payment with its ledger account.
type accountPayment struct {
	Payment
	Account uuid.UUID
}

// positions are how far a list of a stall's payments has been read: the lowest version so far of each
// ledger account.
type positions map[uuid.UUID]int64

// The separators of a cursor: between an account and its version, and between accounts.
const (
	versionMark = ":"
	accountMark = ","
)

// readPositions reads a page's cursor.
func readPositions(page web.Page) (positions, error) {
	mark, err := page.Mark()
	if err != nil {
		return nil, err
	}
	read := positions{}
	if page.After == "" {
		return read, nil
	}
	for word := range strings.SplitSeq(mark.Text, accountMark) {
		account, version, _ := strings.Cut(word, versionMark)
		id, idErr := uuid.Parse(account)
		n, err := strconv.ParseInt(version, 36, 64)
		if idErr != nil || err != nil || n < 0 {
			return nil, problem.Of("after", "cursor_form", "Vị trí trang không hợp lệ.", "The cursor is not valid.")
		}
		read[id] = n
	}
	return read, nil
}

// below returns the version below which an account has not been read yet.
func (p positions) below(account uuid.UUID) int64 {
	if version, begun := p[account]; begun {
		return version
	}
	return math.MaxInt64
}

// mark returns the cursor behind what was read.
func (p positions) mark() *string {
	words := make([]string, 0, len(p))
	for account, version := range p {
		words = append(words, account.String()+versionMark+strconv.FormatInt(version, 36))
	}
	cursor := web.Mark{Text: strings.Join(words, accountMark)}.String()
	return &cursor
}

// merge returns the newest payments of all accounts and moves the positions behind them. The input is
// ordered by account and version. The next payment is the one recorded last among the first of each
// account, so the order within an account never changes.
func (p positions) merge(read []accountPayment, size int) (items []Payment, next *string) {
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
