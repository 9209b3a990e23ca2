package tenancies

import (
	"cmp"
	"regexp"
	"strings"

	"market40/merchants/encodings"
	"market40/merchants/platform/problem"
	"market40/merchants/vietqr"
)

// Kinds of account.
const (
	BankAccount = "bank"
	eWallet     = "ewallet"
)

// AccountOrder is a beneficiary account as it is registered.
type AccountOrder struct {
	Kind           string `json:"kind,omitempty" enum:"bank,ewallet" doc:"absent: bank"`
	BankBIN        string `json:"bank_bin,omitempty" doc:"the bank's number in the bank table; not for a wallet" example:"970436"`
	AccountNumber  string `json:"account_number" doc:"1 to 19 digits, or letters if the bank has such accounts; for a wallet, the provider's merchant or store id, up to 64" example:"0101234567890"`
	HolderName     string `json:"holder_name" maxLength:"100" doc:"the name that a shopper's app shows"`
	HolderKind     string `json:"holder_kind,omitempty" enum:"ca_nhan,ho_kinh_doanh,to_chuc" doc:"absent: ca_nhan"`
	VirtualAccount string `json:"virtual_account,omitempty" maxLength:"64" doc:"virtual account or terminal id that names this stall alone on that account"`
}

// accountDraft is an account as ordered, in normal form.
type accountDraft struct {
	AccountOrder
	index   []byte // keyed index of the number
	Virtual []byte // keyed index of the virtual account, or nil
}

// key returns what identifies the account: numbers are unique within a bank, or among wallets.
func (a *accountDraft) key() string { return accountKey(a.Kind, a.BankBIN, a.index) }

func accountKey(kind, bin string, index []byte) string {
	return kind + "\x00" + bin + "\x00" + string(index)
}

var walletNumber = regexp.MustCompile(`^[0-9A-Za-z._-]{1,64}$`)

// newAccountDraft returns an order in normal form and every fault it has by itself.
func (w *Writer) newAccountDraft(o AccountOrder) (*accountDraft, []problem.Field) {
	var faults []problem.Field
	o.Kind = cmp.Or(o.Kind, BankAccount)
	o.HolderKind = cmp.Or(o.HolderKind, "ca_nhan")
	o.BankBIN = strings.TrimSpace(o.BankBIN)
	holderName := o.HolderName
	o.HolderName = encodings.OneLine(holderName)
	o.AccountNumber = vietqr.Ungrouped(o.AccountNumber)
	o.VirtualAccount = vietqr.NormalAccount(o.VirtualAccount)
	switch {
	case o.Kind == eWallet && o.BankBIN != "":
		faults = append(faults, problem.Field{
			Name: "account.bank_bin", Code: "wallet_has_no_bank",
			Vi: "Ví điện tử không có mã BIN.", En: "A wallet has no bank BIN.",
		})
	case o.Kind == BankAccount && o.BankBIN == "":
		faults = append(faults, problem.Required("account.bank_bin"))
	}
	if fault := BeneficiaryFault(o); fault != nil {
		faults = append(faults, *fault)
	}
	if o.HolderName == "" {
		faults = append(faults, problem.Required("account.holder_name"))
	}
	faults = append(faults, encodings.Faults(map[string]string{"account.holder_name": holderName})...)
	a := &accountDraft{AccountOrder: o, index: w.keys.Index("account", vietqr.NormalAccount(o.AccountNumber))}
	if o.VirtualAccount != "" {
		a.Virtual = w.keys.Index("virtual", o.VirtualAccount)
	}
	return a, faults
}

// BeneficiaryFault returns why no transfer code can be made for an account; nil: it can. For a
// wallet it checks the form of its id only, because wallets have no codes.
func BeneficiaryFault(o AccountOrder) *problem.Field {
	if o.Kind == eWallet {
		if walletNumber.MatchString(o.AccountNumber) {
			return nil
		}
		return &problem.Field{
			Name: "account.account_number", Code: vietqr.AccountForm,
			Vi: "Mã của ví gồm 1 đến 64 chữ cái không dấu hoặc chữ số.",
			En: "A wallet's id is 1 to 64 letters and digits.",
		}
	}
	switch vietqr.CheckBeneficiary(o.BankBIN, o.AccountNumber) {
	case vietqr.WalletNotBank:
		return &problem.Field{
			Name: "account.bank_bin", Code: vietqr.WalletNotBank,
			Vi: "Ví điện tử không phải là ngân hàng nên không làm được mã VietQR: hãy dùng tài khoản ngân hàng.",
			En: "A wallet is not a bank account, so no VietQR code can be made: use an account at a bank.",
		}
	case vietqr.AccountForm:
		return &problem.Field{
			Name: "account.account_number", Code: vietqr.AccountForm,
			Vi: "Số tài khoản chỉ gồm 1 đến 19 chữ số, không ghi tên ngân hàng hay chữ nào khác.",
			En: "An account number is 1 to 19 digits, without a bank's name or other words.",
		}
	}
	return nil
}
