package roster

import "sync"

// Meaning is a word of the API with the Vietnamese that boards write for it; the first is its name on
// screens.
type Meaning struct {
	Word    string
	Written []string
}

// Vocabulary is a list of words of the API, found by what boards write.
type Vocabulary struct {
	meanings []Meaning
	index    func() map[string]string
}

// NewVocabulary returns a vocabulary of a list of words.
func NewVocabulary(meanings ...Meaning) Vocabulary {
	return Vocabulary{meanings, sync.OnceValue(func() map[string]string {
		index := map[string]string{}
		for _, m := range meanings {
			index[foldText(m.Word)] = m.Word
			for _, w := range m.Written {
				index[foldText(w)] = m.Word
			}
		}
		return index
	})}
}

var kinds = NewVocabulary(
	Meaning{"stall", []string{"Sạp", "Sạp hàng", "Lô sạp"}},
	Meaning{"kiosk", []string{"Ki-ốt", "Kiot", "Kios", "Kiosk", "Kiosque"}},
	Meaning{"counter", []string{"Quầy", "Quầy hàng"}},
	Meaning{"shop", []string{"Cửa hàng", "Shop", "Cửa hiệu"}},
	Meaning{"lot", []string{"Lô", "Lô đất"}},
	Meaning{"mobile", []string{"Lưu động", "Bán lưu động", "Hàng rong", "Không cố định", "Vãng lai", "Tự sản tự tiêu"}},
)

var goodsGroups = NewVocabulary(
	Meaning{"hai_san", []string{
		"Hải sản", "Hải sản tươi sống", "Hải sản tươi", "Thủy sản", "Thủy hải sản", "Cá",
		"Cá tôm", "Tôm cá", "Cá biển", "Tôm", "Mực",
	}},
	Meaning{"thit", []string{
		"Thịt", "Thịt heo", "Thịt lợn", "Thịt bò", "Thịt gia cầm", "Gia cầm", "Thịt gà",
		"Thịt các loại", "Thịt heo bò",
	}},
	Meaning{"rau", []string{"Rau củ", "Rau", "Rau củ quả", "Rau xanh", "Rau quả", "Hàng rau", "Hàng bông"}},
	Meaning{"trai_cay", []string{"Trái cây", "Hoa quả", "Trái cây tươi", "Quả"}},
	Meaning{"hoa", []string{"Hoa", "Hoa tươi", "Hoa kiểng", "Hoa cây cảnh"}},
	Meaning{"do_kho", []string{"Đồ khô", "Hàng khô", "Hải sản khô", "Thực phẩm khô", "Đặc sản khô", "Khô", "Gia vị"}},
	Meaning{"an_uong", []string{
		"Ăn uống", "Ẩm thực", "Hàng ăn", "Hàng ăn uống", "Giải khát", "Ăn uống giải khát",
		"Đồ ăn", "Đồ uống", "Thức ăn", "Cà phê", "Nước giải khát",
	}},
	Meaning{"may_mac", []string{
		"May mặc", "Quần áo", "Vải", "Vải sợi", "Quần áo may sẵn", "Giày dép", "Thời trang",
		"Hàng may mặc",
	}},
	Meaning{"tap_hoa", []string{"Tạp hóa", "Bách hóa", "Hàng tạp hóa", "Tạp phẩm", "Hàng bách hóa"}},
	Meaning{"dich_vu", []string{"Dịch vụ", "Sửa chữa", "Cắt tóc", "May sửa quần áo", "May đo"}},
	Meaning{"khac", []string{"Khác", "Hàng khác", "Ngành khác", "Các mặt hàng khác"}},
)

var holderKinds = NewVocabulary(
	Meaning{"ca_nhan", []string{"Cá nhân", "TK cá nhân", "Tài khoản cá nhân"}},
	Meaning{"ho_kinh_doanh", []string{"Hộ kinh doanh", "HKD", "Hộ KD", "Hộ", "Tài khoản hộ kinh doanh"}},
	Meaning{"to_chuc", []string{
		"Tổ chức", "Doanh nghiệp", "Công ty", "Hợp tác xã", "Tài khoản tổ chức",
		"Tài khoản doanh nghiệp",
	}},
)

// Find returns the API's word for a text. It ignores case, diacritics and punctuation.
func (v Vocabulary) Find(text string) (word string, ok bool) {
	word, ok = v.index()[foldText(text)]
	return word, ok
}

// Names returns the words on screens, for messages that list the allowed ones.
func (v Vocabulary) Names() []string {
	names := make([]string, len(v.meanings))
	for i, m := range v.meanings {
		names[i] = m.Written[0]
	}
	return names
}
