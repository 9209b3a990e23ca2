package vietqr

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Why no transfer code may be made to an account.
const (
	// a wallet: only it can make its code (NAPAS gives it a number, and no account of ours there)
	WalletNotBank = "wallet_not_bank"
	AccountForm   = "account_form" // no account number of that bank
)

// plainAccount is an account number as nearly every bank has it; none is all zeros.
var plainAccount = regexp.MustCompile(`^[0-9]{0,18}[1-9][0-9]{0,18}$`)

// maxAccount is how many characters an account number has at most (EMVCo's template for VietQR,
// field 38-01-01).
const maxAccount = 19

// letteredAccounts are the account numbers with letters that banks are known to have, by the bank's
// number. They were seen in codes that the banks or their partners issue: payOS on MB, BIDV's and
// Techcombank's virtual accounts, SePay's on OCB, TPBank's names of letters alone.
var letteredAccounts = map[string]*regexp.Regexp{
	"970407": regexp.MustCompile(`^MS00[PT][0-9A-Z]{4,14}$`),
	"970418": regexp.MustCompile(`^V3CAS[0-9A-Z]{4,14}$`),
	"970422": regexp.MustCompile(`^VQRQ[0-9A-Z]{4,15}$`),
	"970423": regexp.MustCompile(`^[A-Za-z]{5,19}$`),
	"970448": regexp.MustCompile(`^SEP[0-9A-Z]{4,16}$`),
}

// walletAccounts are how accounts begin that a partner bank keeps for a wallet: MoMo's and
// ZaloPay's on BVBank.
var walletAccounts = map[string][]string{"970454": {"99MM", "99ZP"}}

// CheckBeneficiary returns why no transfer code may be made to an account of a bank; empty: one
// may.
func CheckBeneficiary(bin, account string) string {
	if bank, known := BankByBIN(bin); known && bank.Kind == kindWallet {
		return WalletNotBank
	}
	upper := strings.ToUpper(account)
	for _, begin := range walletAccounts[bin] {
		if strings.HasPrefix(upper, begin) {
			return WalletNotBank
		}
	}
	if len(account) <= maxAccount && plainAccount.MatchString(account) {
		return ""
	}
	if lettered := letteredAccounts[bin]; lettered != nil && (lettered.MatchString(account) || bin != "970423" &&
		lettered.MatchString(upper)) && !namesBank(account) {
		return ""
	}
	return AccountForm
}

// Ungrouped returns an account without the blanks by which people group it. Words alone keep
// theirs: "khong biet" is no account.
func Ungrouped(account string) string {
	if account = strings.TrimSpace(account); IsWords(account) {
		return account
	}
	return strings.Join(strings.FieldsFunc(account, unicode.IsSpace), "")
}

// IsWords reports whether an account has no digit. Only a person knows such a name of an account
// from other words.
func IsWords(account string) bool {
	return account != "" && !strings.ContainsAny(account, "0123456789")
}

// sayings are the beginnings of what people write where they have no account to write.
var sayings = strings.Fields(
	"sotaikhoan sotk taikhoan nganhang khong chua dangcap dangmo capnhat tienmat xemghichu xemlai lienhe ghichu",
)

// namesBank reports whether letters that might be an account name a bank or a wallet, or say that
// there is none. People with a true account of such letters also know its digits.
func namesBank(account string) bool {
	account = strings.ToLower(account)
	if len(nameIndex()[account]) > 0 || walletIndex[account] {
		return true
	}
	if !IsWords(account) {
		return false
	}
	for _, saying := range sayings {
		if strings.HasPrefix(account, saying) {
			return true
		}
	}
	const shortest = 3 // letters of a bank's code in other letters
	for name := range brandIndex() {
		if len(name) >= shortest && (strings.HasPrefix(account, name) || strings.HasSuffix(account, name)) {
			return true
		}
	}
	return slices.ContainsFunc(walletBrands, func(brand string) bool { return strings.Contains(account, brand) })
}

// walletBrands are the wallets that are known in other letters too.
var walletBrands = strings.Fields("momo zalo viettel vnpt shopee vnpay")

// kindWallet is the Kind of a wallet in the bank table.
const kindWallet = "wallet"

// walletNames are wallets by the names that people write, folded as bankNames are: the
// intermediaries that the State Bank has licensed for electronic wallets (its list "Danh sách các
// tổ chức không phải là ngân hàng được cấp phép", sbv.gov.vn) and their brands.
var walletNames = strings.Fields(
	"momo vimomo viviettel vivnpt zalopay zalo vizalopay viettelpay viettelmoney vnptpay vnptmoney mobifonemoney mobifonepay mobimoney " +
		"shopeepay airpay vishopee vnpayewallet vnpaywallet vivnpay smartpay moca grabpay grabpaybymoca payoo vipayoo vimo vimovn " +
		"nganluong vinganluong baokim appotapay appota vtcpay vtcpaywallet ninepay 9pay foxpay gpay gpaywallet truemoney epay megav " +
		"finviet ecopay onepay fptpay senpay wepay viviet ecash ecashwallet vietunion bankplus paytech zion vidientu vidt ewallet wallet " +
		"mservice didongtructuyen mobilemoney vtmoney vtpay vtlmoney vietteldigital vnpay vnpayqr vinid vinidpay onemoney 1money payme zlp vimass vnptmedia",
)

// walletOwners are texts that name a wallet when they say nothing else: companies that keep one,
// and "ví" without its mark.
var walletOwners = strings.Fields("vi vnpt mobifone vinaphone vnptvinaphone")

// maxWalletWords is how many words a wallet's name has at most.
const maxWalletWords = 4

// IsWallet reports whether a text in a bank's place names a wallet: "Ví MoMo", "Zalo Pay", "ví điện
// tử", or a wallet's number.
func IsWallet(text string) bool {
	if len(text) > maxBankText {
		return false
	}
	if bank, found := singleBank(banksNamed(text)); found { // a bank's own name
		return bank.Kind == kindWallet
	}
	words := nameWords(text)
	if slices.Contains(walletOwners, strings.Join(words, "")) {
		return true
	}
	for _, word := range strings.Fields(norm.NFC.String(text)) {
		if strings.EqualFold(word, "ví") {
			return true
		}
	}
	for from := range words {
		for to := from + 1; to <= min(len(words), from+maxWalletWords); to++ {
			if walletIndex[strings.Join(words[from:to], "")] {
				return true
			}
		}
	}
	bank, found := FindBank(text)
	return found && bank.Kind == kindWallet
}

var walletIndex = func() map[string]bool {
	index := map[string]bool{}
	for _, name := range walletNames {
		index[name] = true
	}
	return index
}()
