package encodings_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"market40/merchants/encodings"
	"market40/merchants/vietqr"
)

func TestBrokenTextIsRecognised(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"NguyÔn ThÞ H¶i §\u00adêng": "tcvn3", "TrÇn V¨n T©m": "tcvn3", "Ph¹m Quèc C\u00adêng": "tcvn3",
		"Lª Lîi": "tcvn3", "Khu hµng c¸": "tcvn3", "Bïi ThÞ Lý": "tcvn3",
		"Nguyeãn Thò Haûi Ñöôøng": "vni", "Nguyeãn Thò Haûi Ñöờng": "vni", "TRAÀN VAÊN TAÂM": "vni", "Leâ Lôïi": "vni",
		"Phaïm Quoác Cöôøng": "vni", "Ñoã Ngoïc Ñöùc": "vni",
		"Hoà Thò Baûy": "vni", "Döông Thò Hoàng": "vni", "Taï Thu": "vni", "Bïi Thóy Quúnh": "tcvn3", "Vâ An": "tcvn3",
		"BÐ Ba": "tcvn3", "Chim Ðn": "tcvn3",
		"Phan Thiò Beì": "windows_1258", "BuÌi Thuìy": "windows_1258", "NguyêÞn Vãn An": "windows_1258",
		"Dýõng Lan": "windows_1258", "TRÂÌN THIò HÔÌNG": "windows_1258",
		"Tráº§n VÄƒn TÃ½": "utf8_twice", "Nguyá»…n Thá»‹ Hoa": "utf8_twice", "TrÃ\u00a0 My": "utf8_twice",
		"Äá»— Äá»©c": "utf8_twice", "BĂ¹i Thá»‹ LĂ½": "utf8_twice",
		"Nguy&#7877;n Th&#x1ECB; Hoa": "html", "Tr&Acirc;m": "html", "Lan &amp; Hu\u1ec7": "html",
		"Háº£i sáº£n": "utf8_twice", "Thu HÃ\u00a0": "utf8_twice", "HÃ\u00a0 My": "utf8_twice",
		"NguyeÌ‚Ìƒn ThiÌ£ HoÌ€a": "utf8_twice", "Nguy·ªÖn Th·ªã Hoa": "utf8_twice",
	} {
		for _, form := range []string{text, "Hộ kinh doanh " + text, text + " (2)"} {
			if got := encodings.Guess(form); got != want {
				t.Errorf("%q: got %q, want %q", form, got, want)
			}
		}
	}
}

// trueNames are names as people of Vietnam bear them, of many peoples, and of shops; invented by
// joining what registers and textbooks of the languages show.
const trueNames = `Nguyễn Thị Hoa|Trần Văn Tý|Lê Thị Mỹ Duyên|Huỳnh Thị Bích Phượng|Võ Hoàng Khuê|Đỗ Ngọc Đức|Ðỗ Ngọc Ðức|Ð 1|Ð-2|Ð.3|Ð|Dãy Ð 3|Khu Ð|Lô Ð|Nhà lồng Ð|ÐN 2|ÐT.3|Dãy ÐC|Đinh Ê Ban|Ngô Bá Khá|Bùi Thúy Quỳnh|Bùi Thuý Quỳnh
Hoà|Hòa|Lý Quý Đôn|Âu Dương Phong|Ông Ích Khiêm|Tôn Nữ Thị Ninh|Ung Ỷ Lan|Phí Thị Ngoẻn|Khuất Duy Tiến|Nghiêm Thị Oanh|Quách Uyển Nhi|Thạch Sâm Bô|Trịnh Xuân Ổi|Đồ Thị Ốc
H'Blăm Niê|H’Blăm Niê|Y Blô Êban|Y Thê Êñuôl|Êban|Y Ñin Mlô|H'Ñoan Ñing|Niê Kđăm|Y Wơn Kđoh|H Lý Ayŭn|Ksor H'Čŭ|Kpă Klơng|Rơ Châm H'Yéo|Siu Hơ̆č|Rmah Hrê|Nay H'Blê|Ê-đê|Ba-na
Đinh Nŭp|A Ƀroh|Y Ƀhăm|ƀuôn Đôn|Y Rơ̆ Bĭng|A Lăng Ĕng|K'Brơ̆|Ka Să K'Tep|Cil Múp Ha Bréo|Bon Krông H'Ƀlang|Pinăng Thị Bố|Cao Xuân Đoài|Mấu Thị Bích Phanh|Tro Thị Xà Lỵ|Bo Bo Thị Yến
Chamaléa Điêu|Chamalé Âu|Katơr Thị Xanh|Pi Năng Tắc|Tain Thị Bạch|Đạo Thanh Thích|Kiều Maily|Inrasara Phú Trạm|Po Klong Garai|Thiên Sanh Cảnh|Châu Văn Huynh|Báo Thị Quế|Từ Công Ư
Lù A Páo|Giàng Thị Dợ|Vàng Mí Sình|Lò Văn Ơi|Quàng Thị Ín|Hà Ngõ|Đàm Thị Nòn|Vi Thị Ư|Hồ Thị Kăn Sương|Pơloong Thị Ươi|Bríu Pố|Alăng Bhuôch|Zơrâm Nhất|Arất Thị Ă|Coor Nghiệp
Thị Bé Sáu|Danh Út|Sơn Sóc Kha|Kim Sà Phép|Trà Vinh|Mã A Lềnh|Phàn Lở Mẩy|Tẩn Ú Nhàn|Chẩu Ùi|Triệu Mùi Ghển|Sùng Thị Mỷ|Cứ A Ký|Hờ A Dê
Café Crème|Loïc Noël|René Müller|François Hélène|Chloé|Café Ô Kê|Karaôkê Sô-cô-la|Bistrô Mêkông|Zoë|Lü Phước|Sørensen|Quán “NGÔ”|quán “ánh sáng”|“à” – é|Quán «BÁ»|QUÁN “NGÃ BA”|“BÃ” 2|Cửa hàng Ă–Â|Sạp Â·1|½ lô|Lan & Huệ;|A&B; C|Lô 5·6|Coca® Cola|© 2026|Dãy §3|±5°|3×4 m|Hạng 1ª|NgÔ ThÌ NhẬm|PhÚc|bÌnh|LÊ THÌ
Hải sản|Trái cây|Gia vị – đồ khô|Khu A, dãy 3|Nhà lồng số Ⅱ|Tầng trệt|Sạp ngoài trời|Rau củ quả|Vải sợi|Ăn uống|Ẩm thực|Ế ẩm|Ỉ ôi|Ở đợ|Ừ|Niê Vâ|Y Vâ Êban|Anaïs|Haïfa|Benoît|Döner|Müller Schön|Bò Giò Chả|Ba Ngòi|Ý nguyện|Ỹ|Uông Bí`

func TestTrueNamesAreNotBroken(t *testing.T) {
	t.Parallel()
	for name := range strings.FieldsFuncSeq(trueNames, func(r rune) bool { return r == '|' || r == '\n' }) {
		for _, form := range []string{name, strings.ToUpper(name), strings.ToLower(name), norm.NFD.String(name), name +
			" " + name} {
			if got := encodings.Guess(form); got != "" {
				t.Errorf("%q is taken for %s", form, got)
			}
		}
	}
}

// TestColumnRevealsItsEncoding: a short name proves nothing alone; beside others of its column it does.
func TestColumnRevealsItsEncoding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cells []string
		want  string
	}{
		{[]string{"Mai Thaûo"}, ""},
		{[]string{"Mai Thaûo", "Nga Haïnh"}, ""},
		{[]string{"Mai Thaûo", "Nga Haïnh", "Lan Thuûy"}, encodings.VNI},
		{[]string{"Phaïm Nga", "Lê Thị Hoa"}, encodings.VNI},
		{[]string{"Mai Thaûo", "Mai Thaûo", "Mai Thaûo"}, ""},
		{[]string{"Nguyeãn Thò Haûi", "Mai Thaûo"}, encodings.VNI},
		{[]string{"Lan Beì"}, ""},
		{[]string{"Lan Beì", "Nga Thuìy", "Mai Hiêòp"}, encodings.Windows1258},
		{[]string{"NguyÔn ThÞ H¶i", "Lan Ngäc"}, encodings.TCVN3},
		{[]string{"Nga Haïnh", "Lê Thị Hoa", "Trần Văn Tý"}, ""},
		{strings.FieldsFunc(trueNames, func(r rune) bool { return r == '|' || r == '\n' }), ""},
	} {
		if got := encodings.OfColumn(c.cells); got != c.want {
			t.Errorf("%q is taken for %q", c.cells, got)
		}
	}
	if got := encodings.GuessIn("Mai Thaûo", encodings.VNI) + encodings.GuessIn("Lê Thị Hoa", encodings.VNI) +
		encodings.GuessIn("Mai Lan", encodings.VNI); got != encodings.VNI {
		t.Errorf("in a column of VNI the names are taken for %q", got)
	}
}

// TestInAColumnWordsSpeltRightCount: "Hoà" and "Tó" are spelt right, and yet mean Hồ and Tú where
// the other cells are of an old font.
func TestInAColumnWordsSpeltRightCount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ cell, column, want string }{
		{"Kha Tó", encodings.TCVN3, encodings.TCVN3},
		{"Kha Tó", encodings.VNI, encodings.VNI},
		{"Kha Tó", "", ""},
		{"Hoà Lan", encodings.VNI, encodings.VNI},
		{"Thuìy", encodings.Windows1258, encodings.Windows1258},
		{"Lê Hoa", encodings.TCVN3, ""},
		{"Lý Hoà", encodings.TCVN3, ""},
		{"Võ Thị Tó", encodings.VNI, ""},
		{"Kpă Tó", encodings.VNI, ""},
		{"Mai Lan", encodings.TCVN3, ""},
	} {
		if got := encodings.GuessIn(c.cell, c.column); got != c.want {
			t.Errorf("%q in a column of %q is taken for %q, want %q", c.cell, c.column, got, c.want)
		}
	}
}

// TestAnotherNameRevealsTheEncoding: a short name that could be true, beside the holder's name that a bank
// shows.
func TestAnotherNameRevealsTheEncoding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, other, want string }{
		{"Kha Tó", "KHA TU", encodings.TCVN3},
		{"Kha Tó", "KHA TO", ""},
		{"Kha Tó", "LE THI HOA", ""},
		{"Kha Tó", "", ""},
		{"Mai Thaûo", "MAI THAO", encodings.VNI},
		{"Mai Thaûo", "Mai Thảo", encodings.VNI},
		{"Lan Beì", "LAN BE", encodings.Windows1258},
		{"Lan Bé", "LAN BE", ""},
		{"H'Blăm Niê", "HBLAM NIE", ""},
		{"Y Ƀhăm", "Y BHAM", ""},
		{"Trần Thị Hoà", "TRAN THI HOA", ""},
		{"Trần Thị Hoà", "TRAN THI HONG", ""},
		{"Đỗ Ngọc Đức", "DO NGOC DUC", ""},
		{"Loïc Noël", "LOIC NOEL", ""},
	} {
		if got := encodings.GuessBeside(c.name, c.other); got != c.want {
			t.Errorf("%q beside %q is taken for %q, want %q", c.name, c.other, got, c.want)
		}
	}
	for name := range strings.FieldsFuncSeq(trueNames, func(r rune) bool { return r == '|' || r == '\n' }) {
		for _, other := range []string{strings.ToUpper(name), norm.NFD.String(name), vietqr.ASCII(name, len(name))} {
			if got := encodings.GuessBeside(name, other); got != "" {
				t.Errorf("%q beside %q is taken for %s", name, other, got)
			}
		}
	}
}

// TestThoIsThi: VNI's Thị is a word of Vietnamese that no name has in its middle, where all else is
// VNI too.
func TestThoIsThi(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Phan Thò Lan": encodings.VNI, "Hoà Thò Lan": encodings.VNI, "MAI THÒ HOA": encodings.VNI,
		"Cao Thò Mai (2)": encodings.VNI,
		"Giàng A Thò":     "", "Lò Thò Páo": "", "Thò Lan": "", "Lý Thò": "", "Ksor Thò Lan": "", "Quán Thò Lò": "",
	} {
		if got := encodings.Guess(name); got != want {
			t.Errorf("%q is taken for %q, want %q", name, got, want)
		}
	}
}

// parts of common names, for drawing any number of true ones.
var (
	families = strings.Fields(
		"Nguyễn Trần Lê Phạm Huỳnh Hoàng Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đào Đoàn Vương Trịnh Trương Lâm Đinh Mai Tô Hà Tạ Cao Châu Thái Từ Kiều La Quách Âu Ông Ung Ksor Niê Siu Rơ Kpă Mấu Chamaléa Katơr Êban",
	)
	middles = strings.Fields(
		"Thị Văn Hữu Đức Công Quốc Minh Ngọc Thanh Bích Mỹ Kim Hồng Thu Xuân Anh Tuấn Bá Đình Quang Thúy Thuý H'Blăm Y Út Bé",
	)
	givens = strings.Fields(
		"Hoa Lan Huệ Cúc Mười Chín Tám Bảy Sáu Năm Tư Ba Hai Út Đức Dũng Hùng Cường Phượng Nguyệt Quỳnh Khuê Uyên Oanh Ánh Ân Ấn Ẩn Ổi Ớt Ếch Yến Ý Ỷ Huỳnh Xoài Ngoan Thuở Khuya Nghĩa Gìn Giềng Quýt Ñŏng Čŭ ƀroh",
	)
)

func drawName(t *rapid.T) string {
	return rapid.SampledFrom(families).Draw(t, "family") + " " + rapid.SampledFrom(middles).Draw(t, "middle") + " " +
		rapid.SampledFrom(givens).Draw(t, "given")
}

func TestAnyTrueNameIsTrue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		if name := drawName(t); encodings.Guess(name) != "" {
			t.Fatalf("%q is taken for %s", name, encodings.Guess(name))
		}
	})
}

// Names that a program read as Windows-1252, once or twice, are recognised.
func TestAnyNameDecodedTwiceIsRecognised(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"Nguyễn", "Trần", "Đặng", "Thị Thử", "Phượng", "Hải sản"}).Draw(t, "sure") +
			" " + drawName(t)
		broken, err := charmap.Windows1252.NewDecoder().String(name)
		if err != nil || encodings.Guess(broken) != encodings.UTF8Twice {
			t.Fatalf("%q of %q is taken for %q", broken, name, encodings.Guess(broken))
		}
	})
}

func FuzzGuess(f *testing.F) {
	for _, seed := range []string{
		"NguyÔn ThÞ", "Nguyeãn Thò", "Tráº§n", "&#7877;", "Ã", "áº", "\xff",
		strings.Repeat("á»", 3000),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		switch encodings.Guess(text) {
		case "", encodings.TCVN3, encodings.VNI, encodings.Windows1258, encodings.UTF8Twice, encodings.HTML:
		default:
			t.Fatalf("%q: %q", text, encodings.Guess(text))
		}
	})
}
