package banks

import "strings"

// NormalReference writes a bank's reference in one form, so that two providers' references to one
// transfer are equal. It reports whether the reference is strong: it identifies one transfer for
// ever. T24's FT numbers (also inside a longer text, without MB's tail \BNK), UUIDs and VietinBank's
// day-T numbers are strong. ACB's four digits, Casso's "5017 - 48678" and VCB's MBVCB.… are not.
// The forms and their sources: payments/banks/README.md, "References".
func NormalReference(text string) (reference string, strong bool) {
	s := strings.ToUpper(strings.TrimSpace(text))
	if isUUID(s) || isVietin(s) {
		return s, true
	}
	if ft := findFT(s); ft != "" {
		return ft, true
	}
	return s, false
}

// findFT finds FT, five digits (year and day of the year) and 5 to 12 further letters or digits that
// end the reference or come before a mark.
func findFT(s string) string {
	for from := 0; ; from += 2 {
		at := strings.Index(s[from:], "FT")
		if at < 0 {
			return ""
		}
		from += at
		end := from + 2
		for end < len(s) && isAlnum(s[end]) {
			end++
		}
		ft := strings.TrimSuffix(s[from:end], "BNK")
		if len(ft) >= 12 && len(ft) <= 19 && allDigits(ft[2:7]) {
			return ft
		}
	}
}

// isVietin reports whether s is a day of the year, T and 8 to 16 letters or digits:
// 164T2610ZZVLSBA9.
func isVietin(s string) bool {
	if len(s) < 12 || len(s) > 20 || !allDigits(s[:3]) || s[3] != 'T' {
		return false
	}
	for i := 4; i < len(s); i++ {
		if !isAlnum(s[i]) {
			return false
		}
	}
	return true
}

// isUUID reports whether s has the form 8-4-4-4-12 in upper-case hexadecimal.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch dash := i == 8 || i == 13 || i == 18 || i == 23; {
		case dash && s[i] != '-':
			return false
		case !dash && !(isAlnum(s[i]) && s[i] <= 'F'):
			return false
		}
	}
	return true
}

func isAlnum(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' }

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
