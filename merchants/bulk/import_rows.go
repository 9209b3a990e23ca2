package bulk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"market40/merchants"
	"market40/merchants/encodings"
	"market40/merchants/platform/problem"
	"market40/merchants/roster"
	"market40/merchants/tenancies"
	"market40/merchants/vietqr"
)

// classify decides what a row is: faulty, a registered stall, or a new one.
func (i *importing) classify(registered registeredStalls, choices importChoices) {
	row := i.Row
	if row.Hidden {
		i.warn(problem.Field{
			Name: "row", Code: "hidden_row",
			Vi: "Dòng này đang bị ẩn trong tệp (do lọc hoặc ẩn tay) nhưng vẫn được nhập.",
			En: "The row is hidden in the file, by a filter or by hand, but is still imported.",
		})
	}
	stall, spelledOtherwise, found := registered.find(row.Number)
	i.Errors = slices.DeleteFunc(i.Errors, func(f problem.Field) bool {
		return f.Code == "phone_repeated" && choices.phones.of(i) != "" || f.Code == "duplicate_number" && found &&
			registered.isDuplicate(row.Number)
	})
	if spelledOtherwise {
		i.warn(problem.Field{
			Name: "number", Code: "number_spelling",
			Vi: fmt.Sprintf("Sạp này đã đăng ký với cách viết %q: hiểu là cùng một sạp.", stall.Number),
			En: fmt.Sprintf("This stall is registered as %q and is treated as the same stall.", stall.Number),
		})
	}
	switch {
	case len(i.Errors) > 0:
		i.action = rowError
	case found:
		i.compare(stall)
	}
}

// order returns the stall that a row describes; since applies to a row without a date.
func (i *importing) order(since string, choices importChoices) tenancies.StallOrder {
	row := i.Row
	o := tenancies.StallOrder{Number: row.Number, Zone: row.Zone, Kind: row.Kind, GoodsGroup: row.GoodsGroup}
	if row.FullName != "" {
		o.Since = cmp.Or(row.Since, since)
		o.Merchant = &tenancies.MerchantOrder{
			FullName: row.FullName, HouseholdName: row.HouseholdName, Phone: row.Phone, TaxCode: row.TaxCode,
			KnownPhone: choices.phones.of(i),
		}
	}
	if row.AccountNumber != "" {
		o.Account = &tenancies.AccountOrder{
			BankBIN: row.BankBIN, AccountNumber: row.AccountNumber, HolderName: row.HolderName,
			HolderKind: row.HolderKind,
		}
	}
	return o
}

// compare marks a row as unchanged, or as faulty with the fields that differ from the registered
// stall. It does not compare a phone or household that the row leaves out.
func (i *importing) compare(s merchants.Stall) {
	i.action = rowUnchanged
	merchant, account := merchants.Merchant{}, merchants.Account{}
	if s.Merchant != nil {
		merchant = *s.Merchant
	}
	for _, a := range s.Accounts {
		if len(s.Accounts) == 1 || vietqr.NormalAccount(a.AccountNumber) == vietqr.NormalAccount(i.AccountNumber) {
			account = a
		}
	}
	var differ []string
	for _, c := range []struct {
		field     string
		here, row string
		optional  bool
	}{
		{"zone", s.Zone, i.Zone, false},
		{"kind", s.Kind, i.Kind, false},
		{"goods_group", s.GoodsGroup, i.GoodsGroup, false},
		{"full_name", merchant.FullName, i.FullName, false},
		{"household_name", merchant.HouseholdName, i.HouseholdName, true},
		{"phone", merchant.Phone, i.Phone, true},
		{"bank", account.BankBIN, i.BankBIN, false},
		{"account_number", vietqr.NormalAccount(account.AccountNumber), vietqr.NormalAccount(i.AccountNumber), false},
	} {
		same := encodings.SameText
		if c.field == "full_name" || c.field == "household_name" {
			same = roster.SameName
		}
		if !(c.optional && c.row == "") && !same(c.here, c.row) {
			differ = append(differ, c.field)
		}
	}
	if len(differ) > 0 {
		list := strings.Join(differ, ", ")
		i.fail(problem.Field{
			Name: "number", Code: "stall_differs",
			Vi: "Sạp đã đăng ký với thông tin khác: " + list + ".",
			En: "The stall is registered with other data: " + list + ".",
		})
	}
}
