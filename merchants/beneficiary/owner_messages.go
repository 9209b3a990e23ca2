package beneficiary

import (
	"fmt"

	"market40/merchants/platform/bizday"
	"market40/merchants/platform/outbox"
	"market40/merchants/platform/seal"
	"market40/merchants/vietqr"
)

// refusals are the reasons of refused changes, by code, as the notice to the owner says them.
var refusals = map[string]string{
	vietqr.WalletNotBank: "ví điện tử không phải là ngân hàng",
	"change_lapsed":      "đã quá hạn duyệt",
	"tenancy_ended":      "sạp đã đổi người thuê",
	"account_in_use":     "người khác đang nhận tiền vào tài khoản này",
	"account_stands":     "sạp đã có tài khoản này",
}

// message returns the notice about a step for the old contact. It shows only the last digits of the
// new account, because other people may read the phone. If several people share the phone, it names
// the addressee.
func (c *change) message(step, phone string) outbox.Message {
	where := fmt.Sprintf("sạp %s, %s", c.stallNumber, c.marketName)
	to := fmt.Sprintf("%s %s", c.bankName, seal.Mask(c.last4))
	text := ""
	switch {
	case step == "proposed" && c.needsSecond:
		text = fmt.Sprintf(
			"có yêu cầu %s, đang chờ người thứ hai duyệt. Nếu không phải bạn, hãy báo ban quản lý chợ hủy ngay.",
			c.wish(where, to),
		)
	case step == "proposed":
		text = fmt.Sprintf("có yêu cầu %s, hiệu lực lúc %s. Nếu không phải bạn, hãy báo ban quản lý chợ hủy ngay.",
			c.wish(where, to), bizday.ShowTime(c.due))
	case step == changeEffective && c.kind == addition:
		text = fmt.Sprintf("%s vừa có thêm tài khoản nhận tiền %s. Nếu không phải bạn, hãy báo ban quản lý chợ ngay.",
			where, to)
	case step == changeEffective && c.kind == newTenant:
		text = fmt.Sprintf(
			"%s đã đổi người thuê, mã nhận tiền của bạn tại sạp này đã thu hồi. Nếu không đúng, hãy báo ban quản lý chợ ngay.",
			where,
		)
	case step == changeEffective:
		text = fmt.Sprintf(
			"tài khoản nhận tiền của %s đã đổi sang %s. Nếu không phải bạn, hãy báo ban quản lý chợ ngay.",
			where,
			to,
		)
	case c.state == changeEffective: // an addition that is taken back
		text = fmt.Sprintf("tài khoản %s vừa thêm cho %s đã được gỡ.", to, where)
	default:
		because := ""
		if reason := refusals[c.why]; reason != "" {
			because = " vì " + reason
		}
		text = fmt.Sprintf("yêu cầu %s đã dừng%s, tài khoản cũ giữ nguyên.", c.wish(where, to), because)
	}
	from := "Chợ 4.0: "
	if c.addressee != "" {
		from = "Chợ 4.0, gửi " + c.addressee + ": "
	}
	return outbox.Message{Purpose: "beneficiary_" + step, About: c.id, Phone: phone, Text: from + text}
}

// wish describes what a change requests, as part of a sentence.
func (c *change) wish(where, to string) string {
	switch {
	case c.kind == addition:
		return fmt.Sprintf("thêm tài khoản nhận tiền %s cho %s", to, where)
	case c.kind == newTenant && c.last4 == "":
		return fmt.Sprintf("đổi người thuê %s", where)
	case c.kind == newTenant:
		return fmt.Sprintf("đổi người thuê %s, tiền sẽ về tài khoản %s", where, to)
	}
	return fmt.Sprintf("đổi tài khoản nhận tiền của %s sang %s", where, to)
}
