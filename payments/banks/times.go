package banks

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// vietnam is Asia/Ho_Chi_Minh, which has kept +07:00 without summer time since 1975. Providers send local
// times without a zone; SePay's gateway sample, which has both, proves it (1759134682 = 15:31:22).
var vietnam = time.FixedZone("+07", 7*60*60)

const (
	localForm   = "2006-01-02 15:04:05"
	compactForm = "20060102150405"
	minuteForm  = "2006-01-02 15:04"
)

// readTime reads the forms in which providers tell a time: local date and time, a date alone (Precision Day),
// RFC 3339, yyyyMMddHHmmss, and seconds or milliseconds since 1970. Years outside 2000…2099 are refused.
func readTime(text string) (time.Time, Precision, error) {
	at, precision, err := parseTime(text)
	if err != nil || at.Year() < 2000 || at.Year() > 2099 {
		return time.Time{}, "", fmt.Errorf("time %q cannot be read", brief(text))
	}
	return at.In(vietnam), precision, nil
}

func parseTime(text string) (at time.Time, precision Precision, err error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		switch len(text) {
		case len(compactForm):
			at, err = time.ParseInLocation(compactForm, text, vietnam)
			return at, Second, err
		case 13:
			return time.UnixMilli(n), Second, nil
		case 10:
			return time.Unix(n, 0), Second, nil
		}
		return at, "", strconv.ErrRange
	}
	switch {
	case len(text) == len(time.DateOnly):
		at, err = time.ParseInLocation(time.DateOnly, text, vietnam)
		return at, Day, err
	case strings.Contains(text, "T"):
		if at, err = time.Parse(time.RFC3339, text); err != nil {
			at, err = time.ParseInLocation("2006-01-02T15:04:05", text, vietnam)
		}
		return at, Second, err
	}
	at, err = time.ParseInLocation(localForm, text, vietnam)
	return at, Second, err
}

// minuteBanks are the BINs of the banks whose times end in :00 because they tell no seconds: ACB, MB, VPBank,
// OCB (seen in public deliveries, providers.md section 1.1).
var minuteBanks = [...]string{"970416", "970422", "970432", "970448"}

// minuteOnly says whether a bank's time is one of a whole minute.
func minuteOnly(bin string, at time.Time) bool {
	for _, b := range minuteBanks {
		if b == bin {
			return at.Second() == 0 && at.Nanosecond() == 0
		}
	}
	return false
}

// midnight says whether a time is 00:00:00, as feeds write it that know the date only.
func midnight(at time.Time) bool { return at.Equal(startOfDay(at)) }

func startOfDay(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
}
