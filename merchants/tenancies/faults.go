package tenancies

import (
	"fmt"
	"strings"

	"market40/merchants/platform/problem"
)

// fault is what is wrong with one field, and the kind of refusal it leads to.
type fault struct {
	problem.Field
	Kind problem.Kind // Invalid or Conflict
}

func (e *Entry) invalid(fields ...problem.Field) {
	for _, f := range fields {
		e.Faults = append(e.Faults, fault{f, problem.Invalid})
	}
}

// MerchantUnknown returns the fault of an entry that names a merchant who does not exist.
func MerchantUnknown() problem.Field {
	return problem.Field{
		Name: "merchant.id", Code: "merchant_unknown", Vi: "Không tìm thấy tiểu thương này.",
		En: "No such merchant.",
	}
}

// NumberInUse returns the fault of a stall number that the market has already. lockedStall is the
// number as the market writes it, or empty.
func NumberInUse(number, lockedStall string) fault {
	f := problem.Field{
		Name: "number", Code: "number_in_use",
		Vi: fmt.Sprintf("Số sạp %q đã có trong chợ này.", number),
		En: fmt.Sprintf("Stall number %q is in use in this market.", number),
	}
	if lockedStall != number && lockedStall != "" {
		f.Vi = fmt.Sprintf("Số sạp %q đã có trong chợ này, viết là %q.", number, lockedStall)
		f.En = fmt.Sprintf("Stall number %q is in use in this market, written %q.", number, lockedStall)
	}
	return fault{f, problem.Conflict}
}

func accountInUse() fault {
	return fault{problem.Field{
		Name: "account.account_number", Code: "account_in_use",
		Vi: "Tài khoản này đã đăng ký cho tiểu thương khác.", En: "This account is registered for another merchant.",
	}, problem.Conflict}
}

// phoneOfAnother returns the fault of a phone that is registered under another name. It shows the
// name only if the market's register has it.
func phoneOfAnother(owners []phoneOwner) fault {
	names := namesHere(owners)
	return fault{problem.Field{
		Name: "merchant.phone", Code: "phone_of_another",
		Vi: "Số điện thoại này đã đăng ký dưới tên khác" + names +
			": hãy chọn là cùng một người, hay là người khác dùng chung số.",
		En: "This phone is registered under another name" + names +
			": choose whether it is the same person, or another who shares it.",
	}, problem.Conflict}
}

// nameDropped returns the note that the stall is registered for the owner of the phone, and that
// the order's name is ignored.
func nameDropped(owner phoneOwner, name string) problem.Field {
	vi, en := "người đã đăng ký số điện thoại này", "who registered this phone"
	if owner.here {
		vi, en = owner.fullName, owner.fullName
	}
	return problem.Field{
		Name: "merchant.full_name", Code: "name_dropped",
		Vi: fmt.Sprintf("Sạp ghi cho %s, vì đã chọn là cùng một người; tên %s không được ghi.", vi, name),
		En: fmt.Sprintf("The stall is registered for %s, as the same person; the name %s is not stored.", en, name),
	}
}

// phoneOfSeveral returns the fault of an order that does not say which of several people who share
// the phone it means.
func phoneOfSeveral(owners []phoneOwner) fault {
	names := namesHere(owners)
	return fault{problem.Field{
		Name: "merchant.phone", Code: "phone_of_another",
		Vi: "Nhiều người dùng chung số điện thoại này" + names +
			", chưa rõ là ai: hãy ghi tên người đó đúng như đã đăng ký (hoặc gửi merchant.id), hay chọn là người khác.",
		En: "Several people share this phone" + names +
			": write the registered name of the right one (or send merchant.id), or choose that it is another person.",
	}, problem.Conflict}
}

// namesHere returns, in brackets, the names that the market's register has.
func namesHere(owners []phoneOwner) string {
	var names []string
	for _, owner := range owners {
		if owner.here {
			names = append(names, owner.fullName)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + strings.Join(names, ", ") + ")"
}

// StateRefusal returns the refusal (409) of an action that the present state of a stall forbids.
func StateRefusal(state string) error {
	return problem.New(problem.Conflict, "stall_"+state, "Trạng thái hiện tại của sạp không cho phép việc này.",
		"The stall is "+state+": this cannot be done now.")
}

// NoAccount returns the refusal (409) of an action that needs an account at the stall.
func NoAccount() error {
	return problem.New(problem.Conflict, "no_account", "Sạp chưa có tài khoản nhận tiền.",
		"The stall has no account that receives money.")
}
