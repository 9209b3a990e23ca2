package vietqr_test

import (
	"strings"
	"testing"

	"market40/merchants/vietqr"
)

func FuzzNormalAccount(f *testing.F) {
	f.Add("0101 2345 67890")
	f.Add("mynamebvh\u00a0ſ")
	f.Fuzz(func(t *testing.T, number string) {
		normal := vietqr.NormalAccount(number)
		if vietqr.NormalAccount(normal) != normal || strings.ContainsAny(normal, " \t\n") {
			t.Fatalf("%q became %q, which is not its own normal form", number, normal)
		}
	})
}
