package field

import "market40/merchants/roster"

// Word is a word of the API with its text for screens.
type Word struct {
	Word string `json:"word"`
	Vi   string `json:"vi"`
	En   string `json:"en"`

	written []string // other spellings in lists
}

func vocabularyOf(words []Word) roster.Vocabulary {
	meanings := make([]roster.Meaning, len(words))
	for i, w := range words {
		meanings[i] = roster.Meaning{Word: w.Word, Written: append([]string{w.Vi, w.En}, w.written...)}
	}
	return roster.NewVocabulary(meanings...)
}

var (
	outcomes = []Word{
		{"helped", "Đã hỗ trợ xong", "Helped", []string{"Đã hỗ trợ", "Xong", "Đã hướng dẫn"}},
		{"follow_up", "Cần quay lại", "To be visited again", []string{"Hẹn lại", "Follow up"}},
		{"refused", "Từ chối", "Refused", []string{"Không đồng ý"}},
		{"absent", "Vắng mặt", "No one was there", []string{"Vắng", "Đóng sạp", "Không gặp"}},
	}
	refusalKinds = []Word{
		{"refusal", "Từ chối tham gia", "Did not join", []string{"Từ chối", "Không tham gia"}},
		{"withdrawal", "Rút khỏi", "Left", []string{"Rút", "Ngừng tham gia", "Thôi dùng"}},
	}
	reasons = []Word{
		{"tax", "Ngại thuế", "Fears the tax office", []string{"Thuế", "Sợ thuế"}},
		{"fraud", "Sợ lừa đảo", "Fears fraud", []string{"Lừa đảo", "Sợ bị lừa"}},
		{"no_phone", "Không có điện thoại thông minh", "Has no smartphone", []string{"Không có điện thoại"}},
		{"no_signal", "Sóng yếu", "Has no signal", []string{"Không có sóng", "Mạng yếu"}},
		{"no_account", "Không có tài khoản", "Has no account", []string{"Chưa có tài khoản"}},
		{"shoppers_pay_cash", "Khách trả tiền mặt", "Shoppers pay cash", []string{"Khách dùng tiền mặt"}},
		{"too_hard", "Khó dùng", "Too hard", []string{"Khó", "Không biết dùng"}},
		{"fees", "Sợ mất phí", "Fears fees", []string{"Phí"}},
		{"family_account", "Tài khoản của người nhà", "The account is a relative's", nil},
		{"other", "Lý do khác", "Other", []string{"Khác"}},
	}
	incidentKinds = []Word{
		{"swapped_code", "Mã bị dán đè", "Swapped code", []string{"Tráo mã", "Dán đè mã"}},
		{"fake_transfer", "Chuyển khoản giả", "Fake transfer", []string{"Giả chuyển khoản", "Ảnh chuyển khoản giả"}},
		{"wrong_account", "Chuyển nhầm tài khoản", "Wrong account", []string{"Nhầm tài khoản"}},
	}
	purposes = []Word{
		{"equipment", "Thiết bị", "Equipment", nil},
		{"printing", "In ấn", "Printing", []string{"In bảng mã", "In"}},
		{"training", "Tập huấn", "Training", nil},
		{"support", "Hỗ trợ", "Support", []string{"Tổ công nghệ số"}},
		{"communication", "Truyền thông", "Communication", []string{"Tuyên truyền"}},
		{"other", "Khác", "Other", nil},
	}
	sexes = []Word{
		{"female", "Nữ", "Female", []string{"F", "Bà", "Chị"}},
		{"male", "Nam", "Male", []string{"M", "Ông", "Anh"}},
		{"unsaid", "Không nói", "Not said", []string{"Không rõ"}},
	}
	checkWays = []Word{
		{"bank_lookup", "Tra tên trên ứng dụng ngân hàng", "Shown by a bank's look-up", nil},
		{"paper", "Xem giấy tờ", "On paper", nil},
		{"test_transfer", "Chuyển thử", "By a test transfer", nil},
	}
)

var (
	outcomeWords      = vocabularyOf(outcomes)
	refusalKindWords  = vocabularyOf(refusalKinds)
	reasonWords       = vocabularyOf(reasons)
	incidentKindWords = vocabularyOf(incidentKinds)
	purposeWords      = vocabularyOf(purposes)
	sexWords          = vocabularyOf(sexes)
)

var noteField = roster.Field{Name: "note", Headings: []string{"Ghi chú", "Nội dung", "Mô tả", "Note"}}
