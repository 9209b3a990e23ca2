package codes

import (
	"fmt"
	"strings"

	"market40/merchants/platform/problem"
	"market40/merchants/tenancies"
	"market40/merchants/vietqr"
)

// Payee is who a code's payload pays.
type Payee struct {
	Kind, BIN, Number, Holder, MemoPrefix string
	Place                                 string // the name of the unit that contains the market
}

// BuildPayload builds a code's payload from the account, the bank's memo prefix, the code, and an
// order's amount in đồng (0: the payer types it). It returns nil for a wallet, and for an account
// with an invalid number that was registered before numbers were checked.
func BuildPayload(code string, to Payee, amount int64) (*string, error) {
	if to.obstacle() != "" {
		return nil, nil
	}
	text, err := vietqr.Encode(vietqr.Payment{
		BIN: to.BIN, Account: to.Number, Amount: amount,
		MerchantName: vietqr.ASCII(to.Holder, 25),
		City:         vietqr.ASCII(shortUnitName(to.Place), 15),
		Purpose:      strings.TrimSpace(to.MemoPrefix + " " + code),
	})
	if err != nil {
		return nil, fmt.Errorf("payload of code %s: %w", code, err)
	}
	return &text, nil
}

// obstacle returns why no transfer code can be made, or an empty text if one can. The reasons are
// wallet_not_bank, and account_form for an account that was erased or never checked.
func (p Payee) obstacle() string {
	if p.Kind != tenancies.BankAccount {
		return vietqr.WalletNotBank
	}
	return vietqr.CheckBeneficiary(p.BIN, p.Number)
}

// NoPayload returns the refusal (404) to draw a code without a payload, by its obstacle.
func NoPayload(obstacle string) error {
	if obstacle == vietqr.WalletNotBank {
		return problem.New(problem.NotFound, "no_payload", "Ví điện tử không phải là ngân hàng nên không có mã VietQR.",
			"A wallet is not a bank account and has no VietQR code.")
	}
	return problem.New(problem.NotFound, "no_payload",
		"Số tài khoản chưa đúng nên không có mã VietQR: hãy đăng ký lại tài khoản.",
		"The account number is not valid, so it has no VietQR code: register the account again.")
}

// shortUnitName returns a unit's name without the word for its kind: "Nha Trang" for "Phường Nha
// Trang".
func shortUnitName(unit string) string {
	for _, kind := range []string{"Phường ", "Xã ", "Thị trấn ", "Đặc khu ", "Thành phố ", "Thị xã ", "Huyện "} {
		if name, cut := strings.CutPrefix(unit, kind); cut {
			return name
		}
	}
	return unit
}

// placeOfMarket is SQL for the name of the unit that contains market s.market_id on day $2.
const placeOfMarket = `coalesce((SELECT v.name FROM market_places p
	JOIN locality_versions v ON v.locality_id = p.locality_id AND v.valid @> $2::date
	WHERE p.market_id = s.market_id AND p.valid @> $2::date), '')`
