// Package bizday reads the days, months and times that people and programs write in requests,
// within bounds that every table and every sum of days can hold.
package bizday

import (
	"errors"
	"time"
)

// A year before FirstYear or after LastYear is a slip, or an attempt to break something.
const (
	FirstYear = 1900
	LastYear  = 2100
)

// ErrForm is a text that is no date, or one outside of the bounds.
var ErrForm = errors.New("no date between 1900 and 2100")

// Vietnam is Indochina Time: UTC+7 without daylight saving since 1975 (IANA tz database,
// Asia/Ho_Chi_Minh).
var Vietnam = time.FixedZone("+07", 7*60*60)

// Within reports whether a time lies within the bounds.
func Within(at time.Time) bool {
	year := at.In(Vietnam).Year()
	return year >= FirstYear && year <= LastYear
}

// Day reads "2026-11-22" as 00:00 in Vietnam.
func Day(text string) (time.Time, error) { return parse(time.DateOnly, text) }

// Date reads "2026-11-22" as 00:00 UTC: a date, not a moment.
func Date(text string) (time.Time, error) { return inUTC(parse(time.DateOnly, text)) }

// Month reads "2026-11" as 00:00 UTC of its first day: a date, not a moment.
func Month(text string) (time.Time, error) { return inUTC(parse("2006-01", text)) }

func inUTC(at time.Time, err error) (time.Time, error) {
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC), err
}

// Moment reads an RFC 3339 time, or a day as 00:00 in Vietnam; an empty text is none.
func Moment(text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	at, err := parse(time.RFC3339, text)
	if err != nil {
		at, err = Day(text)
	}
	if err != nil {
		return nil, err
	}
	return &at, nil
}

func parse(layout, text string) (time.Time, error) {
	at, err := time.ParseInLocation(layout, text, Vietnam)
	if err != nil || !Within(at) {
		return time.Time{}, ErrForm
	}
	return at, nil
}
