package figures

import (
	"fmt"
	"time"

	"market40/merchants/platform/bizday"
)

// Revised says that figures of a past day have changed since that day, because merchants were later
// added to the register with dates before it. Frozen reports do not change.
type Revised struct {
	After     time.Time `json:"after" doc:"when the last of them was written into the register: figures that were read before it may differ"`
	Merchants int       `json:"merchants" doc:"how many of those counted were written into the register after the as-of day's 00:00"`
}

// Text returns the revision in Vietnamese words; empty if nothing changed.
func (r *Revised) Text() string {
	if r == nil {
		return ""
	}
	return fmt.Sprintf("đã thay đổi sau %s: %d tiểu thương được ghi bổ sung với ngày trong quá khứ",
		bizday.ShowTime(r.After), r.Merchants)
}

// Revised returns how many of the counted merchants were added to the register after the day; nil if
// there are none.
func (v View) Revised() *Revised {
	var last int64
	n := 0
	for _, p := range v.Tally.Facts.People {
		if p.Operates && p.EnteredLate != 0 {
			n++
			last = max(last, p.EnteredLate)
		}
	}
	if n == 0 {
		return nil
	}
	return &Revised{After: time.Unix(last, 0).In(bizday.Vietnam), Merchants: n}
}
