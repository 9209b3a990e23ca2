package indicators_test

import (
	"strings"
	"testing"

	"market40/reports/indicators"
)

// TestVietnameseWordings checks that texts for an office contain no Markdown marks and no internal
// keys. Both languages must describe what each version changed.
func TestVietnameseWordings(t *testing.T) {
	t.Parallel()
	known, err := indicators.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range known {
		texts := []string{d.NameVI, d.FormulaVI, d.ProseVI}
		for _, part := range d.Parts {
			texts = append(texts, part.NameVI)
		}
		for _, past := range d.History {
			texts = append(texts, past.ChangeVI)
			if past.ChangeVI == "" || past.Change == "" || past.ChangeVI == past.Change {
				t.Errorf("%s does not describe the change of version %d in two languages", d.Code, past.Version+1)
			}
		}
		for _, text := range texts {
			for _, raw := range []string{"`", "*", "_", "Mop", "strict", "swapped"} {
				if strings.Contains(text, raw) {
					t.Errorf("%s says %q in %.120q", d.Code, raw, text)
				}
			}
		}
	}
}
