package main_test

import (
	"regexp"
	"testing"
)

// TestTheDistrictAppIsSmall holds all that the officers' app is made of, first screen and later ones, against the budget of the first.
func TestTheDistrictAppIsSmall(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	_, html := s.get("/district/")
	total, seen := 0, map[string]bool{}
	for parts := append(regexp.MustCompile(`/district/assets/[^"]+`).FindAllString(html, -1), "/district/"); len(parts) > 0; parts = parts[1:] {
		if seen[parts[0]] {
			continue
		}
		seen[parts[0]] = true
		_, text := s.get(parts[0])
		total += gzipped(t, text)
		for _, lazy := range regexp.MustCompile(`assets/[\w.-]+\.(?:js|css)`).FindAllString(text, -1) {
			parts = append(parts, "/district/"+lazy)
		}
		for _, lazy := range regexp.MustCompile("[\"'`]\\./([\\w.-]+\\.js)[\"'`]").FindAllStringSubmatch(text, -1) {
			parts = append(parts, "/district/assets/"+lazy[1])
		}
	}
	if total > 150<<10 || total < 20<<10 {
		t.Errorf("the app takes %d bytes", total)
	}
	t.Logf("%d bytes in %d files", total, len(seen))
}
