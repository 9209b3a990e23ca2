package app_test

import (
	"testing"

	"market40/cmd/market40/app"
)

func TestLogsHideWhoPaid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"account 113366668888 of 0905123456":                           "account [hidden] of [hidden]",
		"12345 of 2026-11-23":                                          "12345 of 2026-11-23",
		"case 01a205f0-6f08-7875-a3af-923456789012":                    "case 01a205f0-6f08-7875-a3af-923456789012",
		"Authorization: Bearer abc.def":                                "Authorization: [hidden]",
		"apikey SECRET sent":                                           "[hidden] sent",
		"key m40_yBD3rNwEHy4mo5kK1Qmi2wGgdXmCbE6rOcPNFBT9Rwc":          "key [hidden]",
		"dial postgres://market40:hunter2@db.example.vn:5432/market40": "dial postgres[hidden]db.example.vn:5432/market40",
	} {
		if got := app.Hide(text); got != want {
			t.Errorf("%q is logged as %q, not %q", text, got, want)
		}
	}
}
