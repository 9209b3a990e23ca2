package merchants

import "strings"

// NormalPhone is a Vietnamese number in its one form, "0912345678": +84, 0084 and 84 become 0, and what people
// write between digits is dropped. Mobile numbers have 10 digits (03, 05, 07, 08, 09), landlines 10 or 11 (02);
// ok is false for anything else. Numbering plan: Circular 22/2014/TT-BTTTT, with the area codes of June 2017.
func NormalPhone(text string) (phone string, ok bool) {
	text = strings.TrimSpace(text)
	text, plus := strings.CutPrefix(text, "+")
	digits := strings.NewReplacer(" ", "", "\u00a0", "", ".", "", "-", "", "(", "", ")", "").Replace(text)
	for _, c := range digits {
		if c < '0' || c > '9' {
			return "", false
		}
	}
	digits = strings.TrimPrefix(digits, "00")
	if rest, abroad := strings.CutPrefix(digits, "84"); abroad {
		digits = "0" + strings.TrimPrefix(rest, "0")
	} else if plus {
		return "", false
	}
	if len(digits) < 10 || digits[0] != '0' {
		return "", false
	}
	switch digits[1] {
	case '3', '5', '7', '8', '9':
		return digits, len(digits) == 10
	case '2':
		return digits, len(digits) <= 11
	}
	return "", false
}
