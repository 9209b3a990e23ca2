package exports

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"market40/reports/figures"
	"market40/reports/indicators"
)

// wordings returns the definitions that are built into this program, by code.
var wordings = sync.OnceValue(func() map[string]indicators.Definition {
	// the definitions are embedded: an error is a fault of the build, which their tests detect
	list, _ := indicators.Definitions()
	byCode := map[string]indicators.Definition{}
	for _, known := range list {
		byCode[known.Code] = known
	}
	return byCode
})

// formula returns the formula in Vietnamese. Content that was frozen before Vietnamese formulas
// existed gets the words of a built-in definition, if its formula is exactly the same. A new
// version may have another meaning. Without such a definition it returns the frozen formula.
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

// partsIn returns the keys of a figure's parts: first those in the definition, in its order, then
// the others.
func (d Definition) partsIn(f figures.Figure) []string {
	keys := []string{}
	parts := d.Parts
	if len(parts) == 0 {
		for _, part := range wordings()[d.Code].Parts {
			parts = append(parts, Part{Key: part.Key})
		}
	}
	for _, part := range parts {
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

// stressed matches Markdown's italics and bold. A multiplication sign has spaces around it and does
// not match.
var stressed = regexp.MustCompile(`\*{1,2}([^\s*](?:[^*]*[^\s*])?)\*{1,2}`)

// withoutMarkdown returns a text without Markdown marks, which a document would print.
func withoutMarkdown(text string) string {
	return strings.ReplaceAll(stressed.ReplaceAllString(text, "$1"), "`", "")
}
