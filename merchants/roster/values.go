package roster

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"market40/merchants/vietqr"
)

var (
	sheetError = regexp.MustCompile(`^#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|#+)$`)
	// rounded is a number as Excel shows it when it does not show all digits.
	rounded = regexp.MustCompile(`^[0-9]([.,][0-9]+)?[Ee]\+?[0-9]{1,3}$`)

	taxCode     = regexp.MustCompile(`^(\d{10}|\d{12}|\d{10}-\d{3})$`)
	accountText = regexp.MustCompile(`^[0-9A-Za-z .,-]*[0-9A-Za-z]$`)
	asDecimal   = regexp.MustCompile(`^([1-9][0-9]{0,14})[.,]0{1,2}$`)
	// endsInDecimals matches a text with a last group that is too short for thousands, as in
	// "71000888.50".
	endsInDecimals = regexp.MustCompile(`[.,][0-9]{1,2}$`)
	serialNumber   = regexp.MustCompile(`^[1-9][0-9]{4}(\.[0-9]+)?$`)

	// grouped matches a number with thousands separated by dots, commas or spaces, always the same,
	// and with zero decimals at most.
	grouped = regexp.MustCompile(
		`^(?:[0-9]+(?:[.,]0{1,2})?|[0-9]{1,3}(?:(?:\.[0-9]{3})+(?:,0{1,2})?|(?:,[0-9]{3})+(?:\.0{1,2})?|(?: [0-9]{3})+(?:[.,]0{1,2})?))$`,
	)
	unitDong = regexp.MustCompile(`(?i)\s*(đồng|vnđ|vnd|đ|₫)$`)
	decimals = regexp.MustCompile(`[.,]0{1,2}$`)
)

func isSheetError(text string) bool { return sheetError.MatchString(text) }

// isAbsent reports whether a text means no value: "-", "không có", "N/A".
func isAbsent(text string) bool {
	switch strings.ToLower(strings.Trim(text, " .-–—_/")) {
	case "", "không", "không có", "ko", "ko có", "kg có", "chưa", "chưa có", "na", "n/a", "null":
		return true
	}
	return false
}

// isVacant reports whether the text in the merchant's column says that the stall is vacant.
// Diacritics count: Trọng is a name.
func isVacant(text string) bool {
	switch strings.ToLower(strings.Trim(text, " ()[].")) {
	case "trống", "bỏ trống", "để trống", "còn trống", "đang trống", "sạp trống", "quầy trống", "chưa cho thuê",
		"chưa có người thuê", "vacant":
		return true
	}
	return false
}

// taxCodeOf returns a tax code with the leading zero that a spreadsheet dropped and the hyphen of a
// branch.
func taxCodeOf(text string) (string, bool) {
	digits := strings.NewReplacer(" ", "", ".", "").Replace(text)
	if m := asDecimal.FindStringSubmatch(text); m != nil {
		digits = m[1]
	}
	switch len(digits) {
	case 9, 11: // the zero that a spreadsheet dropped
		digits = "0" + digits
	case 13:
		if !strings.Contains(digits, "-") {
			digits = digits[:10] + "-" + digits[10:]
		}
	}
	if taxCode.MatchString(digits) {
		return digits, true
	}
	return "", false
}

// withoutZeros matches a personal number without its two leading zeros: provinces 001 to 008, then
// a sex and century.
var withoutZeros = regexp.MustCompile(`^[1-8][0-3][0-9]{8}$`)

// lacksZeros reports whether a code of 10 or 12 digits probably lost its leading zeros. Only
// personal numbers have 12 digits, and they begin with 0 (Decree 70/2024). A tax code of 10 digits
// has a check digit, which a shortened number matches one time in eleven.
func lacksZeros(code string) bool {
	return len(code) == 12 || withoutZeros.MatchString(code) && !hasCheckDigit(code)
}

// hasCheckDigit reports whether the tenth digit of a tax code follows from the nine before it
// (modulo 11).
func hasCheckDigit(code string) bool {
	sum := 0
	for i, weight := range [...]int{31, 29, 23, 19, 17, 13, 7, 5, 3} {
		sum += weight * int(code[i]-'0')
	}
	return 10-sum%11 == int(code[9]-'0')
}

// accountOf returns an account number without the blanks, dots and hyphens by which people group
// it. "123456789.0" and "123456789.00", as programs export a number, become 123456789; a number
// with other decimals is not an account. Words stay apart (vietqr.Ungrouped).
func accountOf(text string) (string, bool) {
	if vietqr.IsWords(text) {
		return text, true
	}
	if m := asDecimal.FindStringSubmatch(text); m != nil {
		return m[1], true
	}
	if !accountText.MatchString(text) || endsInDecimals.MatchString(text) || rounded.MatchString(text) {
		return "", false
	}
	return strings.NewReplacer(" ", "", ".", "", "-", "", ",", "").Replace(text), true
}

// dayOf returns a date as YYYY-MM-DD, from day/month/year, from ISO 8601, or from Excel's count of
// days.
func dayOf(text string, date1904 bool) (string, bool) {
	if serialNumber.MatchString(text) {
		days, _ := strconv.ParseFloat(text, 64)
		first := time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)
		if date1904 {
			first = time.Date(1904, time.January, 1, 0, 0, 0, 0, time.UTC)
		}
		return sensible(first.AddDate(0, 0, int(days)))
	}
	text, _, _ = strings.Cut(text, " ") // "2021-03-15 00:00:00"
	for _, layout := range [...]string{"2/1/2006", "2-1-2006", "2.1.2006", "2006-1-2", "2006-01-02T15:04:05"} {
		if day, err := time.Parse(layout, text); err == nil {
			return sensible(day)
		}
	}
	return "", false
}

// momentOf returns a time as RFC 3339 in Vietnam's zone, from a date with the time of day, or at
// 00:00.
func momentOf(text string, date1904 bool) (string, bool) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.Format(time.RFC3339), true
	}
	day, ok := dayOf(text, date1904)
	if !ok {
		return "", false
	}
	minutes := 0
	if serialNumber.MatchString(text) {
		days, _ := strconv.ParseFloat(text, 64)
		const ofDay = 24 * 60
		minutes = min(int((days-math.Trunc(days))*ofDay+0.5), ofDay-1)
	} else if _, clock, found := strings.Cut(strings.Replace(text, "T", " ", 1), " "); found {
		at, ok := clockOf(clock)
		if !ok {
			return "", false
		}
		minutes = at
	}
	return fmt.Sprintf("%sT%02d:%02d:00+07:00", day, minutes/60, minutes%60), true
}

// clockOf returns the minute of the day of "8:30", "08:30:00" or "8h30".
func clockOf(text string) (int, bool) {
	for _, layout := range [...]string{"15:04", "15:04:05", "15h04", "15h"} {
		if at, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return at.Hour()*60 + at.Minute(), true
		}
	}
	return 0, false
}

// wholeNumber returns the digits of a whole number as written here ("1.234.567 đ"), in English
// ("1,234,567") or plainly. "1.234" is one thousand two hundred and thirty-four, as Vietnamese
// writers mean it. A number with other decimals is not a whole number.
func wholeNumber(text string) (string, bool) {
	text = unitDong.ReplaceAllString(strings.ReplaceAll(text, "\u00a0", " "), "")
	if !grouped.MatchString(text) {
		return "", false
	}
	digits := strings.NewReplacer(".", "", ",", "", " ", "").Replace(decimals.ReplaceAllString(text, ""))
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		digits = "0"
	}
	if len(digits) > 15 {
		return "", false
	}
	return digits, true
}

// sensible refuses days that are impossible as the start of a tenancy.
func sensible(day time.Time) (string, bool) {
	if day.Year() < 1930 || day.Year() > 2100 {
		return "", false
	}
	return day.Format(time.DateOnly), true
}
