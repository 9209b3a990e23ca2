// Package bizday defines the business day: a day from 00:00 to 24:00 in Vietnam. It reads and
// writes days, months and times within bounds that every table and every sum of days can hold.
package bizday

import (
	"errors"
	"time"

	"market40/merchants/platform/problem"
)

// A year before FirstYear or after LastYear is a slip, or an attempt to break something.
const (
	FirstYear = 1900
	LastYear  = 2100
)

// errForm reports a text that is not a date, or a date outside the bounds.
var errForm = errors.New("not a date between 1900 and 2100")

// Vietnam is Indochina Time: UTC+7 without daylight saving since 1975 (IANA tz database,
// Asia/Ho_Chi_Minh). A fixed zone needs no time zone database on the server.
var Vietnam = time.FixedZone("+07", 7*60*60)

// Within reports whether a time lies within the bounds.
func Within(at time.Time) bool {
	year := at.In(Vietnam).Year()
	return year >= FirstYear && year <= LastYear
}

// DayOf returns the business day of a time as "2026-11-22".
func DayOf(at time.Time) string { return at.In(Vietnam).Format(time.DateOnly) }

// DateOf returns the business day of a time as 00:00 UTC: a date, not a moment.
func DateOf(at time.Time) time.Time { return dateUTC(at.In(Vietnam)) }

// StartOf returns 00:00 in Vietnam of a date, whatever the date's own zone is.
func StartOf(date time.Time) time.Time {
	year, month, day := date.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, Vietnam)
}

// ShowDay writes the business day of a time, or a date in UTC, as people write it: "22/11/2026".
func ShowDay(at time.Time) string { return at.In(Vietnam).Format("02/01/2006") }

// ShowTime writes a time in Vietnam as people write it: "08:30 22/11/2026".
func ShowTime(at time.Time) string { return at.In(Vietnam).Format("15:04 02/01/2006") }

// Day reads "2026-11-22" as 00:00 in Vietnam.
func Day(text string) (time.Time, error) { return parseIn(time.DateOnly, text) }

// Date reads "2026-11-22" as 00:00 UTC: a date, not a moment.
func Date(text string) (time.Time, error) {
	at, err := parseIn(time.DateOnly, text)
	return dateUTC(at), err
}

// Month reads "2026-11" as 00:00 UTC of its first day: a date, not a moment.
func Month(text string) (time.Time, error) {
	at, err := parseIn("2006-01", text)
	return dateUTC(at), err
}

func dateUTC(at time.Time) time.Time {
	year, month, day := at.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// ParseTime reads an RFC 3339 time, or a day as 00:00 in Vietnam. It returns nil for an empty text.
func ParseTime(text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	at, err := parseIn(time.RFC3339, text)
	if err != nil {
		at, err = Day(text)
	}
	if err != nil {
		return nil, err
	}
	return &at, nil
}

// MomentField reads a field of a request as Moment does, and refuses other texts with MomentFault.
func MomentField(field, text string) (*time.Time, error) {
	at, err := ParseTime(text)
	if err != nil {
		return nil, problem.InFields(MomentFault(field))
	}
	return at, nil
}

// MomentFault reports a field that holds neither a day nor a time (422).
func MomentFault(field string) problem.Field {
	return problem.Field{
		Name: field, Code: "time_form",
		Vi: "Cần ngày YYYY-MM-DD hoặc thời điểm RFC 3339.", En: "Expected a day YYYY-MM-DD or an RFC 3339 time.",
	}
}

func parseIn(layout, text string) (time.Time, error) {
	at, err := time.ParseInLocation(layout, text, Vietnam)
	if err != nil || !Within(at) {
		return time.Time{}, errForm
	}
	return at, nil
}
