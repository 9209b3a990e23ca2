package banks

import "market40/merchants/vietqr"

// SameBank reports whether a notice's bank may be an account's: a notice that names none may be
// any, a bank may have two BINs (CIMB, MAFC). A bank that we do not know may be any: only our code
// makes sure of the account.
func SameBank(notice, account string) bool {
	if notice == "" || notice == account || notice == UnknownBank && account != "" {
		return true
	}
	a, knownA := vietqr.BankByBIN(notice)
	b, knownB := vietqr.BankByBIN(account)
	return knownA && knownB && a.Code == b.Code
}
