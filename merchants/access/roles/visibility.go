package roles

import "slices"

// Wording is a text in Vietnamese and English.
type Wording struct {
	Vi string `json:"vi"`
	En string `json:"en"`
}

// Sight is a part of a merchant's data, in the merchant's words, and the actions that show it.
type Sight struct {
	What string `json:"what"`
	Wording
	shownBy []Action
}

// sights are all parts of a merchant's data. Who sees each is not written here: it follows from
// permissions.
var sights = []Sight{
	{
		"register",
		Wording{
			"Tên, sạp, ngành hàng, ngân hàng, tên chủ tài khoản; điện thoại và tài khoản chỉ số cuối",
			"Name, stall, goods, bank, holder's name; phone and account by their last digits only",
		},
		[]Action{ReadRegister},
	},
	{
		"numbers",
		Wording{"Số điện thoại và số tài khoản đầy đủ", "Whole phone and account numbers"},
		[]Action{ReadAccounts},
	},
	{"feeds", Wording{"Lúc ngân hàng báo có gần nhất", "When the bank last reported a payment"}, []Action{ReadFeeds}},
	{"payments", Wording{"Từng khoản thu", "Each payment"}, []Action{ReadPayments, HearPayments}},
	{"days", Wording{"Tổng thu mỗi ngày", "Total received each day"}, []Action{ReadDays}},
	{"book", Wording{"Sổ doanh thu", "The revenue book"}, []Action{KeepBook}},
	{"notices", Wording{"Báo có của ngân hàng", "The bank's notices"}, []Action{ReadNotices}},
	{
		"cases",
		Wording{"Khoản tiền chưa khớp và phản ánh của khách", "Payments that match no stall, and shoppers' complaints"},
		[]Action{ReadCases},
	},
	{"ledger", Wording{"Tổng tiền đã vào trong sổ cái", "Sums in the ledger"}, []Action{ReadLedger}},
	{
		"changes",
		Wording{"Việc đổi tài khoản nhận tiền, chỉ số cuối", "Changes of the account, by last digits"},
		[]Action{ReadChanges},
	},
	{"checks", Wording{"Các lần kiểm tra tem dán", "Checks of the sticker"}, []Action{ReadChecks}},
	{"alerts", Wording{"Cảnh báo về sạp", "Alerts about the stall"}, []Action{ReadAlerts}},
	{
		"visits",
		Wording{
			"Lượt hỗ trợ, tập huấn, khai báo và lý do từ chối ghi tại chợ",
			"Visits, trainings, your answers and your reasons for declining, as recorded at the market",
		},
		[]Action{ReadFacts, RecordFacts},
	},
	{"dormant", Wording{
		"Danh sách sạp lâu chưa có khoản thu, nếu bạn đồng ý",
		"The list of stalls without recent payments, if you agreed",
	}, []Action{ReadDormant}},
	{
		"helpers",
		Wording{"Người bán giúp, các ca bán và loa báo tiền", "Helpers, their shifts and soundboxes"},
		[]Action{ManageStaff, KeepSoundboxes},
	},
	{"consents", Wording{"Nội dung đã đồng ý", "What the merchant agreed to"}, []Action{ReadConsents}},
	{"requests", Wording{"Yêu cầu về dữ liệu cá nhân", "Requests about personal data"}, []Action{
		ReadDataRequests,
		MakeDataRequests,
	}},
	{"everything", Wording{"Bản sao toàn bộ dữ liệu cá nhân", "A copy of all personal data"}, []Action{ExportPersonal}},
	{
		"readers",
		Wording{"Ai đã xem dữ liệu", "Who read the data"},
		[]Action{ReadReaders, ReadVisibility, ReadTrail},
	},
	{
		"figures",
		Wording{"Số liệu gộp của chợ, không nêu tên ai", "Total figures of the market, without names"},
		[]Action{ReadReports},
	},
}

// showNothing are the actions that show nothing of one merchant, except what is public or what
// another action of the same roles shows. Every action is either here or in sights: a test compares
// both with permissions.
var showNothing = []Action{
	WriteMarkets, WriteStalls, CheckStickers, Print, Confirm, TakeOrders, WriteConnections, ResolveCases, ReadUsers,
	WriteUsers,
	Invite, ChangeAccounts, CloseAlerts, WriteConsents, ResolveDataRequests, CountSubjects, CheckNames,
	RecordCosts, ReadCosts, RecordFees, ReadFees, ReadSamples, ReadAnswers, ReadProgramme, WriteProgramme, Designate,
	MakeReports, JudgeReports,
}

// Sights returns the parts of a merchant's data.
func Sights() []Sight { return slices.Clone(sights) }

// Shown reports whether an action shows something of one merchant; known is false for an action in
// neither list.
func (a Action) Shown() (shown, known bool) {
	if slices.ContainsFunc(sights, func(s Sight) bool { return slices.Contains(s.shownBy, a) }) {
		return true, true
	}
	return false, slices.Contains(showNothing, a)
}

// RoleSight is what a role sees of a merchant in its scope, and what it never sees, by the names of
// Sights.
type RoleSight struct {
	Role Role `json:"role"`
	Wording
	Sees  []string `json:"sees"`
	Never []string `json:"never"`
}

// readers are the roles that a merchant is informed about, the nearest first.
var readers = []struct {
	role    Role
	wording Wording
}{
	{Staff, Wording{"người bán giúp", "your helpers"}},
	{Manager, Wording{"ban quản lý chợ", "the market's board"}},
	{Team, Wording{"tổ công nghệ số cộng đồng", "the community digital team"}},
	{LocalityOfficer, Wording{"cán bộ địa phương", "locality officers"}},
	{ProvinceOfficer, Wording{"cán bộ tỉnh", "province officers"}},
	{Auditor, Wording{"kiểm toán", "auditors"}},
	{Admin, Wording{"quản trị hệ thống", "administrators"}},
	{Integration, Wording{"hệ thống liên kết", "linked systems"}},
}

// RoleSights returns what each role but the merchant's own sees, by the table of permissions.
func RoleSights() []RoleSight {
	list := make([]RoleSight, 0, len(readers))
	for _, r := range readers {
		of := RoleSight{Role: r.role, Wording: r.wording, Sees: []string{}, Never: []string{}}
		for _, s := range sights {
			if slices.ContainsFunc(s.shownBy, r.role.May) {
				of.Sees = append(of.Sees, s.What)
			} else {
				of.Never = append(of.Never, s.What)
			}
		}
		list = append(list, of)
	}
	return list
}
