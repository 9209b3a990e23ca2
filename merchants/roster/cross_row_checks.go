package roster

import "fmt"

// checkTogether compares the rows with each other: a stall's number twice, an account or a
// telephone of two people. The first row that has a value keeps it; later ones get the error, which
// names the first's line.
func checkTogether(rows []*Row) {
	numbers, accounts, phones := map[string]*Row{}, map[string]*Row{}, map[string]*Row{}
	for _, r := range rows {
		if first := earlierRow(numbers, numberKey(r.Number), r); first != nil {
			r.fail(
				fieldNumber,
				"duplicate_number",
				fmt.Sprintf("Số sạp %q đã có ở %s; trong một chợ mỗi số là một sạp, thí dụ ghi A-1 và B-1.", r.Number,
					first.at(r, "dòng", "trang")),
				fmt.Sprintf(
					"Stall number %q is already on %s; in a market each number names one stall: write for example A-1 and B-1.",
					r.Number,
					first.at(r, "line", "sheet"),
				),
			)
		}
		if first := earlierRow(accounts, r.BankBIN+r.AccountNumber, r); first != nil && !samePerson(first, r) {
			r.fail(fieldAccount, "account_repeated",
				fmt.Sprintf("Tài khoản này đã ghi cho %s ở %s.", first.named("người khác"),
					first.at(r, "dòng", "trang")),
				fmt.Sprintf("This account is given for %s on %s.", first.named("another person"),
					first.at(r, "line", "sheet")))
		}
		if first := earlierRow(phones, r.Phone, r); first != nil && otherName(first, r) {
			r.fail(
				fieldPhone,
				"phone_repeated",
				fmt.Sprintf(
					"Số điện thoại này đã ghi cho %s ở %s, dòng này ghi cho %s: hãy chọn là cùng một người, hay là người khác dùng chung số.",
					first.FullName,
					first.at(r, "dòng", "trang"),
					r.FullName,
				),
				fmt.Sprintf(
					"This phone number is given for %s on %s, and here for %s: choose whether it is the same person, or another who shares it.",
					first.FullName,
					first.at(r, "line", "sheet"),
					r.FullName,
				),
			)
		}
	}
}

// named returns the name in a row, or other words if it has none.
func (r *Row) named(otherwise string) string {
	if r.FullName == "" {
		return otherwise
	}
	return r.FullName
}

// at returns a row's position for a message about another row: its line, and its sheet if it
// differs.
func (r *Row) at(from *Row, line, sheet string) string {
	if r.Sheet == from.Sheet {
		return fmt.Sprintf("%s %d", line, r.Line)
	}
	return fmt.Sprintf("%s %d, %s %q", line, r.Line, sheet, r.Sheet)
}

// numberKey returns the key by which rows are compared; empty: a row without a valid number is not
// compared.
func numberKey(number string) string {
	if number == "" {
		return ""
	}
	return NumberKey(number)
}

// earlierRow returns the first row with the same key, which is r itself the first time.
func earlierRow(seen map[string]*Row, key string, r *Row) *Row {
	if key == "" {
		return nil
	}
	if first, ok := seen[key]; ok {
		return first
	}
	seen[key] = r
	return nil
}

// samePerson compares the telephones, by which the register knows people, and by the name where one
// of the two has none.
func samePerson(a, b *Row) bool {
	if a.Phone != "" && b.Phone != "" {
		return a.Phone == b.Phone
	}
	return SameName(a.FullName, b.FullName)
}

// otherName reports whether both rows name someone, and not the same; a missing name has an error
// of its own.
func otherName(a, b *Row) bool {
	return a.FullName != "" && b.FullName != "" && !SameName(a.FullName, b.FullName)
}
