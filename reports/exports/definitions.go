package exports

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"market40/reports"
	"market40/reports/indicators"
)

// wordings are the definitions that this program has built in, by code.
var wordings = sync.OnceValue(func() map[string]indicators.Definition {
	list, _ := indicators.Definitions() // they are embedded: an error is a fault of the build, which their tests find
	byCode := map[string]indicators.Definition{}
	for _, known := range list {
		byCode[known.Code] = known
	}
	return byCode
})

// formula is told in Vietnamese. What was frozen before formulas had such words gets those of the
// definition that has its formula, letter for letter: a new version may mean something else. Where
// none has, it stands as it was frozen.
func (d Definition) formula() string {
	known := wordings()[d.Code]
	switch {
	case d.Words != "":
		return d.Words
	case d.Formula != "" && known.Formula == d.Formula:
		return known.FormulaVI
	}
	return d.Formula
}

// partsIn are the keys of a figure's parts, in the order that the definition tells them, then what
// it does not tell.
func (d Definition) partsIn(f reports.Figure) []string {
	keys := []string{}
	told := d.Parts
	if len(told) == 0 {
		for _, part := range wordings()[d.Code].Parts {
			told = append(told, Part{Key: part.Key})
		}
	}
	for _, part := range told {
		if _, has := f.Parts[part.Key]; has && !slices.Contains(keys, part.Key) {
			keys = append(keys, part.Key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(f.Parts)) {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// stressed is what Markdown sets in italics or bold: no mark of multiplication stands at a word.
var stressed = regexp.MustCompile(`\*{1,2}([^\s*](?:[^*]*[^\s*])?)\*{1,2}`)

// unmarked is a text without the marks of Markdown, which a document would print.
func unmarked(text string) string {
	return strings.ReplaceAll(stressed.ReplaceAllString(text, "$1"), "`", "")
}
