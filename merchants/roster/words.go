package roster

import "sync"

// meaning is a contract word with the Vietnamese that boards write for it; the first is its name on screens.
type meaning struct {
	word    string
	written []string
}

// vocabulary is a list of contract words, found by what boards write.
type vocabulary struct {
	meanings []meaning
	index    func() map[string]string
}

func newVocabulary(meanings ...meaning) vocabulary {
	return vocabulary{meanings, sync.OnceValue(func() map[string]string {
		index := map[string]string{}
		for _, m := range meanings {
			index[fold(m.word)] = m.word
			for _, w := range m.written {
				index[fold(w)] = m.word
			}
		}
		return index
	})}
}

var kinds = newVocabulary(
	meaning{"stall", []string{"Sạp", "Sạp hàng", "Lô sạp"}},
	meaning{"kiosk", []string{"Ki-ốt", "Kiot", "Kios", "Kiosk", "Kiosque"}},
	meaning{"counter", []string{"Quầy", "Quầy hàng"}},
	meaning{"shop", []string{"Cửa hàng", "Shop", "Cửa hiệu"}},
	meaning{"lot", []string{"Lô", "Lô đất"}},
	meaning{"mobile", []string{"Lưu động", "Bán lưu động", "Hàng rong", "Không cố định", "Vãng lai", "Tự sản tự tiêu"}},
)

var goodsGroups = newVocabulary(
	meaning{"hai_san", []string{"Hải sản", "Hải sản tươi sống", "Hải sản tươi", "Thủy sản", "Thủy hải sản", "Cá", "Cá tôm", "Tôm cá", "Cá biển", "Tôm", "Mực"}},
	meaning{"thit", []string{"Thịt", "Thịt heo", "Thịt lợn", "Thịt bò", "Thịt gia cầm", "Gia cầm", "Thịt gà", "Thịt các loại", "Thịt heo bò"}},
	meaning{"rau", []string{"Rau củ", "Rau", "Rau củ quả", "Rau xanh", "Rau quả", "Hàng rau", "Hàng bông"}},
	meaning{"trai_cay", []string{"Trái cây", "Hoa quả", "Trái cây tươi", "Quả"}},
	meaning{"hoa", []string{"Hoa", "Hoa tươi", "Hoa kiểng", "Hoa cây cảnh"}},
	meaning{"do_kho", []string{"Đồ khô", "Hàng khô", "Hải sản khô", "Thực phẩm khô", "Đặc sản khô", "Khô", "Gia vị"}},
	meaning{"an_uong", []string{"Ăn uống", "Ẩm thực", "Hàng ăn", "Hàng ăn uống", "Giải khát", "Ăn uống giải khát", "Đồ ăn", "Đồ uống", "Thức ăn", "Cà phê", "Nước giải khát"}},
	meaning{"may_mac", []string{"May mặc", "Quần áo", "Vải", "Vải sợi", "Quần áo may sẵn", "Giày dép", "Thời trang", "Hàng may mặc"}},
	meaning{"tap_hoa", []string{"Tạp hóa", "Bách hóa", "Hàng tạp hóa", "Tạp phẩm", "Hàng bách hóa"}},
	meaning{"dich_vu", []string{"Dịch vụ", "Sửa chữa", "Cắt tóc", "May sửa quần áo", "May đo"}},
	meaning{"khac", []string{"Khác", "Hàng khác", "Ngành khác", "Các mặt hàng khác"}},
)

var holderKinds = newVocabulary(
	meaning{"ca_nhan", []string{"Cá nhân", "TK cá nhân", "Tài khoản cá nhân"}},
	meaning{"ho_kinh_doanh", []string{"Hộ kinh doanh", "HKD", "Hộ KD", "Hộ", "Tài khoản hộ kinh doanh"}},
	meaning{"to_chuc", []string{"Tổ chức", "Doanh nghiệp", "Công ty", "Hợp tác xã", "Tài khoản tổ chức", "Tài khoản doanh nghiệp"}},
)

// find is the contract word that a text stands for, without regard to case, diacritics and punctuation.
func (v vocabulary) find(text string) (word string, ok bool) {
	word, ok = v.index()[fold(text)]
	return word, ok
}

// names are the words on screens, for telling which are known.
func (v vocabulary) names() []string {
	names := make([]string, len(v.meanings))
	for i, m := range v.meanings {
		names[i] = m.written[0]
	}
	return names
}
