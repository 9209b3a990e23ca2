package encodings

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"market40/merchants/platform/problem"
)

// LettersLost is what a program leaves of Vietnamese that it could not write: "Nguy?n".
var LettersLost = regexp.MustCompile(`\pL\?|\?\pL|\x{FFFD}`)

// Faults returns the faults of names, by field, that were written in the letters of an old font,
// decoded twice, lost letters or have none. It needs the texts as they came (Guess).
func Faults(texts map[string]string) []problem.Field {
	var faults []problem.Field
	for _, field := range slices.Sorted(maps.Keys(texts)) {
		if fault := TextFault(field, texts[field]); fault != nil {
			faults = append(faults, *fault)
		} else if LettersLost.MatchString(texts[field]) {
			faults = append(faults, problem.Field{
				Name: field,
				Code: "letters_lost",
				Vi:   "Chữ có dấu đã mất: hãy gõ lại bằng Unicode.",
				En:   "Letters are missing: type the text again in Unicode.",
			})
		} else if hasNoLetters(texts[field]) {
			faults = append(faults, problem.Field{
				Name: field, Code: "no_letters",
				Vi: "Cần có ít nhất một chữ cái hoặc chữ số.", En: "Enter at least one visible letter or digit.",
			})
		}
	}
	return faults
}

// hasNoLetters reports whether a text that is not empty has no letter and no digit: as a name it
// identifies no one.
func hasNoLetters(text string) bool {
	return strings.TrimSpace(text) != "" &&
		!strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// CheckText refuses a free text that has a fault, before it is stored, shown and printed.
func CheckText(field, text string) error {
	if fault := TextFault(field, text); fault != nil {
		return problem.InFields(*fault)
	}
	return nil
}

// TextFault returns the fault of a text that may have question marks; nil: it has none.
func TextFault(field, text string) *problem.Field {
	if strings.ContainsFunc(text, isInvisible) {
		return &problem.Field{
			Name: field, Code: "text_form",
			Vi: "Có ký tự điều khiển không nhìn thấy: hãy gõ lại.",
			En: "The text has invisible control characters: type it again.",
		}
	}
	return faultOf(field, Guess(text))
}

// FaultBeside does the same as TextFault, and checks a text without a fault against another name of
// the same person (GuessBeside).
func FaultBeside(field, name, other string) []problem.Field {
	if fault := faultOf(field, GuessBeside(name, other)); fault != nil && TextFault(field, name) == nil {
		return []problem.Field{*fault}
	}
	return nil
}

func faultOf(field, guess string) *problem.Field {
	if guess == "" {
		return nil
	}
	name := NameOf(guess)
	return &problem.Field{
		Name: field, Code: "text_encoding",
		Vi: "Chữ bị sai bảng mã, có lẽ là " + name + ": hãy gõ lại bằng Unicode.",
		En: "The text is in another encoding, probably " + name + ": type it in Unicode.",
	}
}

// isInvisible reports whether a character controls a machine or turns the direction of writing. Ends of
// lines and tabs are text.
func isInvisible(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
}

// Inert returns a cell's text that starts no formula where a table is opened (OWASP, CSV
// Injection): an apostrophe leads what would. A number below zero is no formula.
func Inert(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return text
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil && text[0] == '-' {
		return text
	}
	return "'" + text
}

// Check refuses texts that have such faults.
func Check(texts map[string]string) error {
	if faults := Faults(texts); len(faults) > 0 {
		return problem.InFields(faults...)
	}
	return nil
}
