package problem_test

import (
	"testing"

	"market40/merchants/platform/problem"
)

func TestPreferredLanguage(t *testing.T) {
	for header, english := range map[string]bool{
		"": false, "vi": false, "vi-VN,vi;q=0.9,en;q=0.8": false, "en": true, "en-GB, vi;q=0.5": true,
		"vi;q=0.1,en": true, "en;q=0.2, vi;q=0.3": false,
		"fr": false, "fr, en;q=0.5": true, "*": false, ";;;q=": false, "EN-us": true,
	} {
		if got := problem.English(header); got != english {
			t.Errorf("%q is English: %v", header, got)
		}
	}
}
