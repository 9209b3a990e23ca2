package vietqr

import "strings"

// NormalAccount returns an account number in the one form that is compared and indexed: upper case,
// without spaces.
func NormalAccount(number string) string {
	return strings.ToUpper(strings.Join(strings.Fields(number), ""))
}
