package encodings

import (
	"maps"
	"slices"

	"market40/merchants/problem"
)

// Faults returns the faults of texts, by field, that were written in the letters of an old font or decoded twice. It needs the texts as
// they came (Guess).
func Faults(texts map[string]string) []problem.Field {
	var faults []problem.Field
	for _, field := range slices.Sorted(maps.Keys(texts)) {
		if guess := Guess(texts[field]); guess != "" {
			name := NameOf(guess)
			faults = append(faults, problem.Field{
				Name: field, Code: "text_encoding",
				Vi: "Chữ bị sai bảng mã, có lẽ là " + name + ": hãy gõ lại bằng Unicode.", En: "The letters are of another encoding, probably " + name + ": type it in Unicode.",
			})
		}
	}
	return faults
}

// Check refuses texts that have such faults.
func Check(texts map[string]string) error {
	if faults := Faults(texts); len(faults) > 0 {
		return problem.InFields(faults...)
	}
	return nil
}
