package merchants

import (
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"market40/merchants/encodings"
	"market40/merchants/platform/problem"
	"market40/merchants/vietqr"
)

// Kinds of account.
const (
	bankAccount = "bank"
	eWallet     = "ewallet"
)

// AccountOrder is a beneficiary account as it is registered.
type AccountOrder struct {
	Kind           string `json:"kind,omitempty" enum:"bank,ewallet" doc:"absent: bank"`
	BankBIN        string `json:"bank_bin,omitempty" doc:"of the bank table; not for a wallet" example:"970436"`
	AccountNumber  string `json:"account_number" doc:"1 to 19 digits, or letters where the bank has such accounts; of a wallet, the provider's merchant or store id, up to 64" example:"0101234567890"`
	HolderName     string `json:"holder_name" maxLength:"100" doc:"the name that a shopper's app shows"`
	HolderKind     string `json:"holder_kind,omitempty" enum:"ca_nhan,ho_kinh_doanh,to_chuc" doc:"absent: ca_nhan"`
	VirtualAccount string `json:"virtual_account,omitempty" maxLength:"64" doc:"virtual account or terminal id that names this stall alone on that account"`
}

// Account is a beneficiary account as the caller may see it.
type Account struct {
	ID            uuid.UUID `json:"id"`
	Kind          string    `json:"kind" enum:"bank,ewallet"`
	BankBIN       string    `json:"bank_bin" doc:"empty for a wallet"`
	BankName      string    `json:"bank_name"`
	AccountNumber string    `json:"account_number" doc:"whole, or ••••1234 by role"`
	HolderName    string    `json:"holder_name"`
	HolderKind    string    `json:"holder_kind" enum:"ca_nhan,ho_kinh_doanh,to_chuc"`
	Feed          Feed      `json:"feed" doc:"whether this account's notices reach us: a stall may have one that is silent beside one that is heard"`

	NameCheckedAt  *time.Time `json:"name_checked_at" doc:"when the holder's name was found to be the merchant's or its household's; null: not yet"`
	NameCheckedHow string     `json:"name_checked_how" doc:"bank_lookup, paper or test_transfer; empty: not yet, or not recorded"`
}

// Feed says whether a bank's notices of an account, or of any of a stall's, reach us.
type Feed struct {
	State        string     `json:"state" enum:"live,stale,none" doc:"live: a notice came within 7 days; none: no open connection covers the accounts. Officers and the team learn only whether one does (live) or not: who was paid is not theirs to count"`
	LastNoticeAt *time.Time `json:"last_notice_at" doc:"null also for officers and the team"`
}

// feedAlive is how long after its last notice a feed counts as live (reports/README.md, "Coverage").
const feedAlive = 7 * 24 * time.Hour

// NormalAccount is an account number in the one form that is compared and indexed: upper case,
// without spaces.
func NormalAccount(number string) string {
	return strings.ToUpper(strings.Join(strings.Fields(number), ""))
}

// receiving is an account as ordered, in normal form.
type receiving struct {
	AccountOrder
	index   []byte // keyed index of the number
	virtual []byte // keyed index of the virtual account, or nil
}

// key names the account apart from every other: numbers are unique within a bank, or among wallets.
func (a *receiving) key() string { return accountKey(a.Kind, a.BankBIN, a.index) }

func accountKey(kind, bin string, index []byte) string {
	return kind + "\x00" + bin + "\x00" + string(index)
}

var walletNumber = regexp.MustCompile(`^[0-9A-Za-z._-]{1,64}$`)

// receiving puts an order into normal form and tells everything that is wrong with it by itself.
func (r *Registry) receiving(o AccountOrder) (*receiving, []problem.Field) {
	var faults []problem.Field
	o.Kind = orElse(o.Kind, bankAccount)
	o.HolderKind = orElse(o.HolderKind, "ca_nhan")
	o.BankBIN = strings.TrimSpace(o.BankBIN)
	holderName := o.HolderName
	o.HolderName = oneLine(holderName)
	o.AccountNumber = vietqr.Ungrouped(o.AccountNumber)
	o.VirtualAccount = NormalAccount(o.VirtualAccount)
	switch {
	case o.Kind == eWallet && o.BankBIN != "":
		faults = append(faults, problem.Field{
			Name: "account.bank_bin", Code: "wallet_has_no_bank",
			Vi: "Ví điện tử không có mã BIN.", En: "A wallet has no bank BIN.",
		})
	case o.Kind == bankAccount && o.BankBIN == "":
		faults = append(faults, required("account.bank_bin"))
	}
	if fault := beneficiaryFault(o); fault != nil {
		faults = append(faults, *fault)
	}
	if o.HolderName == "" {
		faults = append(faults, required("account.holder_name"))
	}
	faults = append(faults, encodings.Faults(map[string]string{"account.holder_name": holderName})...)
	a := &receiving{AccountOrder: o, index: r.keys.Index("account", NormalAccount(o.AccountNumber))}
	if o.VirtualAccount != "" {
		a.virtual = r.keys.Index("virtual", o.VirtualAccount)
	}
	return a, faults
}

// beneficiaryFault returns what keeps a transfer code from being made to an account; nil: nothing
// does. A wallet's own id is held against its form only: it has no code of ours.
func beneficiaryFault(o AccountOrder) *problem.Field {
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
			En: "A wallet is no bank, so no VietQR code can be made: use an account at a bank.",
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

func required(field string) problem.Field {
	return problem.Field{Name: field, Code: "required", Vi: "Thiếu trường này.", En: "This field is required."}
}
