package duplicates

import (
	"strings"
	"unicode"

	"market40/merchants/vietqr"
	"market40/payments/banks"
)

// TransferText returns what all reports of one transfer have in common: account, amount and memo, or
// without a memo the reference. It returns "" for a notice that is no credit or has neither. A
// payment to a wallet is reported by that wallet's provider only.
func TransferText(provider banks.Provider, n banks.Notice) string {
	sign := lettersAndDigits(n.Memo)
	if sign == "" && n.Reference != "" {
		sign = "\n" + lettersAndDigits(n.Reference)
	}
	if n.Ignore != "" || n.Direction != banks.In || n.Reverses != "" || sign == "" {
		return ""
	}
	wallet := ""
	if provider.Accounts() == banks.Wallets {
		wallet = provider.Name()
	}
	return strings.Join([]string{wallet, vietqr.NormalAccount(n.Account), n.Amount.String(), n.Currency, sign}, "\n")
}

// minPurchase is the shortest memo, normalised, that can identify one purchase.
const minPurchase = 8

// PurchaseText returns the normalised memo when it identifies one purchase, as the text of an order
// or a booking does. It returns "" when many shoppers may write the same: free words, or the printed
// code of a stall. Two payments with such a memo, equal amount and account are likely one purchase
// paid twice.
func PurchaseText(text string, codes []string) string {
	purchase := lettersAndDigits(text)
	for _, code := range codes {
		purchase = strings.ReplaceAll(purchase, code, "")
	}
	digits := strings.IndexFunc(purchase, unicode.IsDigit) >= 0
	letters := strings.IndexFunc(purchase, unicode.IsLetter) >= 0
	if len(purchase) < minPurchase || !digits || !letters || len(codes) > 0 {
		return ""
	}
	return purchase
}

// lettersAndDigits returns the letters and digits of a text, in upper case.
func lettersAndDigits(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToUpper(c)
		}
		return -1
	}, text)
}
