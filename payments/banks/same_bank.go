package banks

import "market40/merchants/vietqr"

// SameBank reports whether a notice's bank may be an account's. A bank may have two BINs (CIMB,
// MAFC). A notice without a bank may be of any. So may one of a bank outside our list: only a memo
// code makes its account certain.
func SameBank(notice, account string) bool {
	if notice == "" || notice == account || notice == UnknownBank && account != "" {
		return true
	}
	a, knownA := vietqr.BankByBIN(notice)
	b, knownB := vietqr.BankByBIN(account)
	return knownA && knownB && a.Code == b.Code
}
