package encodings

import (
	"maps"
	"regexp"
	"slices"

	"market40/merchants/problem"
)

// LettersLost is what a program leaves of Vietnamese that it could not write: "Nguy?n".
var LettersLost = regexp.MustCompile(`\pL\?|\?\pL|\x{FFFD}`)

// Faults returns the faults of names, by field, that were written in the letters of an old font, decoded twice or lost letters. It needs the
// texts as they came (Guess).
func Faults(texts map[string]string) []problem.Field {
	var faults []problem.Field
	for _, field := range slices.Sorted(maps.Keys(texts)) {
		if fault := TextFault(field, texts[field]); fault != nil {
			faults = append(faults, *fault)
		} else if LettersLost.MatchString(texts[field]) {
			faults = append(faults, problem.Field{
				Name: field, Code: "letters_lost",
				Vi: "Chữ có dấu đã mất: hãy gõ lại bằng Unicode.", En: "Letters were lost: type it in Unicode.",
			})
		}
	}
	return faults
}

// TextFault returns the fault of a text that may have question marks; nil: it has none.
func TextFault(field, text string) *problem.Field {
	guess := Guess(text)
	if guess == "" {
		return nil
	}
	name := NameOf(guess)
	return &problem.Field{
		Name: field, Code: "text_encoding",
		Vi: "Chữ bị sai bảng mã, có lẽ là " + name + ": hãy gõ lại bằng Unicode.", En: "The letters are of another encoding, probably " + name + ": type it in Unicode.",
	}
}

// Check refuses texts that have such faults.
func Check(texts map[string]string) error {
	if faults := Faults(texts); len(faults) > 0 {
		return problem.InFields(faults...)
	}
	return nil
}
