package roles

import "slices"

// Told is one thing said in Vietnamese and English.
type Told struct {
	Vi string `json:"vi"`
	En string `json:"en"`
}

// Sight is a part of what is kept of a merchant, in the merchant's words, and the actions that show
// it.
type Sight struct {
	What string `json:"what"`
	Told
	shownBy []Action
}

// sights are all parts of what is kept of a merchant. Who sees each is not written here: it follows
// from permissions.
var sights = []Sight{
	{
		"register",
		Told{
			"Tên, sạp, ngành hàng, ngân hàng, tên chủ tài khoản; điện thoại và tài khoản chỉ số cuối",
			"Name, stall, goods, bank, holder's name; phone and account by their last digits only",
		},
		[]Action{ReadRegister},
	},
	{
		"numbers",
		Told{"Số điện thoại và số tài khoản đầy đủ", "Whole phone and account numbers"},
		[]Action{ReadAccounts},
	},
	{"feeds", Told{"Lúc ngân hàng báo có gần nhất", "When the bank last told of a payment"}, []Action{ReadFeeds}},
	{"payments", Told{"Từng khoản thu", "Each payment"}, []Action{ReadPayments, HearPayments}},
	{"days", Told{"Tổng thu mỗi ngày", "What came each day"}, []Action{ReadDays}},
	{"book", Told{"Sổ doanh thu", "The revenue book"}, []Action{KeepBook}},
	{"notices", Told{"Báo có của ngân hàng", "The bank's notices"}, []Action{ReadNotices}},
	{
		"cases",
		Told{"Khoản tiền chưa khớp và phản ánh của khách", "Money that fits no stall, and shoppers' complaints"},
		[]Action{ReadCases},
	},
	{"ledger", Told{"Tổng tiền đã vào trong sổ cái", "Sums in the ledger"}, []Action{ReadLedger}},
	{
		"changes",
		Told{"Việc đổi tài khoản nhận tiền, chỉ số cuối", "Changes of the account, by last digits"},
		[]Action{ReadChanges},
	},
	{"checks", Told{"Các lần kiểm tra tem dán", "Checks of the sticker"}, []Action{ReadChecks}},
	{"alerts", Told{"Cảnh báo về sạp", "Alerts about the stall"}, []Action{ReadAlerts}},
	{
		"visits",
		Told{
			"Lượt hỗ trợ, tập huấn, khai báo và lý do từ chối ghi tại chợ",
			"Visits, trainings, what was said and why you declined, as noted at the market",
		},
		[]Action{ReadFacts, RecordFacts},
	},
	{"dormant", Told{
		"Danh sách sạp lâu chưa có khoản thu, nếu bạn đồng ý",
		"The list of stalls without recent payments, if you agreed",
	}, []Action{ReadDormant}},
	{
		"helpers",
		Told{"Người bán giúp, các ca bán và loa báo tiền", "Helpers, their shifts and soundboxes"},
		[]Action{ManageStaff, KeepSoundboxes},
	},
	{"consents", Told{"Điều đã đồng ý", "What was agreed to"}, []Action{ReadConsents}},
	{"requests", Told{"Yêu cầu về dữ liệu cá nhân", "Requests about personal data"}, []Action{
		ReadDataRequests,
		MakeDataRequests,
	}},
	{"everything", Told{"Bản sao toàn bộ dữ liệu cá nhân", "A copy of all personal data"}, []Action{ExportPersonal}},
	{"readers", Told{"Ai đã xem dữ liệu", "Who looked at the data"}, []Action{ReadReaders, ReadVisibility, ReadTrail}},
	{
		"figures",
		Told{"Số liệu gộp của chợ, không nêu tên ai", "Figures of the market that name nobody"},
		[]Action{ReadReports},
	},
}

// showNothing are the actions that show nothing of one merchant which hangs not in public or is not
// shown by another of the same roles. An action stands here or in sights: a test holds both against
// permissions.
var showNothing = []Action{
	WriteMarkets, WriteStalls, CheckStickers, Print, Confirm, TakeOrders, WriteConnections, ResolveCases, ReadUsers,
	WriteUsers,
	Invite, ChangeAccounts, CloseAlerts, WriteConsents, ResolveDataRequests, CountSubjects, CheckNames,
	RecordCosts, ReadCosts, RecordFees, ReadFees, ReadSamples, ReadAnswers, ReadProgramme, WriteProgramme, Designate,
	MakeReports, JudgeReports,
}

// Sights are the parts of what is kept of a merchant.
func Sights() []Sight { return slices.Clone(sights) }

// Shown says whether an action shows something of one merchant; known is false where nobody decided
// that yet.
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
	Told
	Sees  []string `json:"sees"`
	Never []string `json:"never"`
}

// readers are the roles that a merchant is told about, the nearest first.
var readers = []struct {
	role Role
	told Told
}{
	{Staff, Told{"người bán giúp", "your helpers"}},
	{Manager, Told{"ban quản lý chợ", "the market's board"}},
	{Team, Told{"tổ công nghệ số cộng đồng", "the community digital team"}},
	{LocalityOfficer, Told{"cán bộ địa phương", "locality officers"}},
	{ProvinceOfficer, Told{"cán bộ tỉnh", "province officers"}},
	{Auditor, Told{"kiểm toán", "auditors"}},
	{Admin, Told{"quản trị hệ thống", "administrators"}},
	{Integration, Told{"hệ thống liên kết", "linked systems"}},
}

// RoleSights are what each role but the merchant's own sees, by the table of who may do what.
func RoleSights() []RoleSight {
	list := make([]RoleSight, 0, len(readers))
	for _, r := range readers {
		of := RoleSight{Role: r.role, Told: r.told, Sees: []string{}, Never: []string{}}
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
