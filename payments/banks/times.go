package banks

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"market40/merchants/platform/bizday"
)

const (
	localForm   = "2006-01-02 15:04:05"
	compactForm = "20060102150405"
	minuteForm  = "2006-01-02 15:04"
)

// zones are the forms of a zone behind a time; "": Vietnam's.
var zones = [...]string{"", "Z07:00", "Z0700", "Z07"}

// readTime reads the forms in which providers write a time: date and time with or without seconds
// (Precision Minute) and zone, a date alone (Precision Day), yyyyMMddHHmmss, and seconds or
// milliseconds since 1970. It refuses years outside 2000…9999. A future date is accepted, because
// the money is real.
func readTime(text string) (time.Time, Precision, error) {
	at, precision, err := parseTime(text)
	if at = at.In(bizday.Vietnam); err != nil || at.Year() < 2000 || at.Year() > 9999 {
		return time.Time{}, "", fmt.Errorf("time %q cannot be read", cutText(text))
	}
	return at, precision, nil
}

func parseTime(text string) (at time.Time, precision Precision, err error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		switch len(text) {
		case len(compactForm):
			at, err = time.ParseInLocation(compactForm, text, bizday.Vietnam)
			return at, Second, err
		case 13:
			return time.UnixMilli(n), Second, nil
		case 10:
			return time.Unix(n, 0), Second, nil
		}
		return at, "", strconv.ErrRange
	}
	date := len(time.DateOnly)
	if len(text) == date {
		at, err = time.ParseInLocation(time.DateOnly, text, bizday.Vietnam)
		return at, Day, err
	}
	if len(text) > date && text[date] == 'T' {
		text = text[:date] + " " + text[date+1:]
	}
	text = strings.Replace(text, " +", "+", 1)
	for _, zone := range zones {
		if at, err = time.ParseInLocation(localForm+zone, text, bizday.Vietnam); err == nil {
			return at, Second, nil
		}
	}
	for _, zone := range zones {
		if at, err = time.ParseInLocation(minuteForm+zone, text, bizday.Vietnam); err == nil {
			return at, Minute, nil
		}
	}
	return at, "", err
}

// minuteBanks are the BINs of the banks that report no seconds, so that their times end in :00: ACB,
// MB, VPBank, OCB (payments/banks/README.md, "Times").
var minuteBanks = [...]string{"970416", "970422", "970432", "970448"}

// minuteOnly reports whether a bank's time is exact to the minute only.
func minuteOnly(bin string, at time.Time) bool {
	for _, b := range minuteBanks {
		if b == bin {
			return at.Second() == 0 && at.Nanosecond() == 0
		}
	}
	return false
}

// isMidnight reports whether a time is 00:00:00, which feeds write when they know the date only.
func isMidnight(at time.Time) bool { return at.Equal(startOfDay(at)) }

func startOfDay(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
}
