package record

import (
	"fmt"
	"time"
	"unicode/utf8"

	"market40/merchants/encodings"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/payments/money"
)

// Faults are the faults of what a caller submitted. The zero value has none.
type Faults struct {
	list     []problem.Field
	conflict bool // it conflicts with a recorded fact
}

// Fail records a fault. Only the first fault of a field counts.
func (e *Faults) Fail(field, code, vi, en string) {
	for _, known := range e.list {
		if known.Name == field {
			return
		}
	}
	e.list = append(e.list, problem.Field{Name: field, Code: code, Vi: vi, En: en})
}

// Conflict records a conflict with a recorded fact.
func (e *Faults) Conflict(field, code, vi, en string) {
	e.conflict = true
	e.Fail(field, code, vi, en)
}

// Sound reports whether there is no fault.
func (e *Faults) Sound() bool { return len(e.list) == 0 }

// Refusal returns the error for what was sent alone, or nil.
func (e *Faults) Refusal() error {
	if e.Sound() {
		return nil
	}
	refused := problem.InFields(e.list...)
	if e.conflict {
		refused.Kind = problem.Conflict
	}
	return refused
}

// The limits of submitted facts.
const (
	MaxNote   = 500              // characters
	ClockRuns = 10 * time.Minute // how far a phone's clock may be ahead
)

// Earliest is the first possible day of a fact in the field. An older date is a typing error.
var Earliest = time.Date(2015, time.January, 1, 0, 0, 0, 0, bizday.Vietnam)

// Moment reads a time in RFC 3339. It may not be in the future.
func (e *Faults) Moment(field, text string, now time.Time) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	switch {
	case text == "":
		e.Fail(field, "required", "Thiếu thời điểm.", "The time is missing.")
	case err != nil:
		e.Fail(field, "time_form", "Cần thời điểm RFC 3339, thí dụ 2026-11-20T08:30:00+07:00.",
			"The time is not valid: expected RFC 3339, such as 2026-11-20T08:30:00+07:00.")
	case at.After(now.Add(ClockRuns)):
		e.Fail(field, "in_future", "Thời điểm nằm trong tương lai.", "The time is in the future.")
	case at.Before(Earliest):
		e.Fail(field, "too_old", "Thời điểm trước năm 2015: hãy xem lại.", "The time is before 2015: check it.")
	}
	return at
}

// Day reads a date such as 2026-11-20. It may not be in the future.
func (e *Faults) Day(field, text string, now time.Time) time.Time {
	day, err := time.ParseInLocation(time.DateOnly, text, bizday.Vietnam)
	switch {
	case text == "":
		e.Fail(field, "required", "Thiếu ngày.", "The day is missing.")
	case err != nil:
		e.Fail(field, "date_form", "Ngày có dạng 2026-11-20.", "Expected a day such as 2026-11-20.")
	case day.After(now.Add(ClockRuns)):
		e.Fail(field, "in_future", "Ngày nằm trong tương lai.", "The day is in the future.")
	case day.Before(Earliest):
		e.Fail(field, "too_old", "Ngày trước năm 2015: hãy xem lại.", "The day is before 2015: check it.")
	}
	return day
}

// Short checks that a text is valid Unicode with at most so many characters.
func (e *Faults) Short(field, text string, most int) {
	if f := encodings.TextFault(field, text); f != nil {
		e.Fail(f.Name, f.Code, f.Vi, f.En)
	}
	if utf8.RuneCountInString(text) > most {
		e.Fail(field, "too_long",
			fmt.Sprintf("Dài quá %d ký tự.", most), fmt.Sprintf("Longer than %d characters.", most))
	}
}

// Dong reads a whole amount of đồng that is not negative.
func (e *Faults) Dong(field, text string) money.Amount {
	if text == "" {
		e.Fail(field, "required", "Thiếu số tiền.", "The amount is missing.")
		return money.Amount{}
	}
	amount, err := money.Parse(text)
	if err != nil {
		f := problem.AmountForm(field)
		e.Fail(f.Name, f.Code, f.Vi, f.En)
	}
	return amount
}

// Word requires a word. The schema, or the vocabulary of a list, checks which words are valid.
func (e *Faults) Word(field, text string) {
	if text == "" {
		e.Fail(field, "required", "Thiếu mục này.", "This entry is missing.")
	}
}

// MomentOf parses a time of an entry without faults, so it ignores errors.
func MomentOf(text string) time.Time {
	at, _ := time.Parse(time.RFC3339, text)
	return at
}

// DayOf parses a day of an entry without faults, so it ignores errors.
func DayOf(text string) time.Time {
	day, _ := time.ParseInLocation(time.DateOnly, text, bizday.Vietnam)
	return day
}
