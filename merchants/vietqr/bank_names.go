package vietqr

import (
	"slices"
	"strings"
	"sync"
)

// bankNames are further names, folded to lower-case words without diacritics or blanks, of brands,
// former names, stock codes and the short forms that market boards and webhook providers write. A
// name under two numbers names neither.
var bankNames = []struct{ bin, names string }{
	{"422589", "cimbbank cimbvietnam"},
	{"458761", "hsbcbank hsbcvietnam"},
	{"533948", "citi"},
	{"546034", "cakebyvpbank cakebank nganhangsocake"},
	{"546035", "ubankbyvpbank nganhangsoubank"},
	{"668888", "kasikorn kasikornbank kasikornbankvietnam"},
	{"796500", "dbsbankltd"},
	{"801011", "nonghyupbank nhbhn"},
	{"963369", "nganhangsoliobank"},
	{"963388", "timobybanviet timobybanvietbank timobank nganhangsotimo timobybvbank"},
	{"970400", "sgb saigonbank saigoncongthuong"},
	{"970403", "sacom sacombank stbbank saigonthuongtin"},
	{
		"970405",
		"agri agr agrb vbard nnptnt nhnnptnt nhno nhnoptnt nongnghiep nongnghiepptnt nongnghiepphattriennongthon",
	},
	{"970406", "dongabank donga dab dob vikkibank sovikki vikkidigitalbank"},
	{"970407", "techcom techcombank kythuong"},
	{"970408", "globalpetrobank daukhitoancau"},
	{"970409", "nasb bacabank baca"},
	{"970410", "standardcharteredbank scvietnam"},
	{"970412", "pvcombank pvcom daichung"},
	{"970414", "oceanbank daiduong hiendai mbvbank"},
	{"970415", "ctg vtb vietin viettin viettinbank vietinbankctg congthuong"},
	{"970416", "asiacommercialbank achau"},
	{"970418", "bid dautuphattrien dautuphattrienvn dtptvn dtpt"},
	{"970419", "nvb navibank quocdan"},
	{"970421", "vietnga liendoanhvietnga"},
	{"970422", "mbb mbbank mbank quandoi militarybank"},
	{"970423", "tienphong tienphongbank"},
	{"970424", "shinhan shinhanbankvietnam shinhanvietnam"},
	{"970425", "anbinh anbinhbank"},
	{"970426", "maritime maritimebank hanghai"},
	{"970427", "vieta vietabank"},
	{"970428", "nama namabank"},
	{"970429", "saigon saigoncommercialbank"},
	{"970430", "petrolimex xangdau xangdaupetrolimex petrolimexbank"},
	{"970431", "exim xuatnhapkhau eximbankvietnam"},
	{"970432", "vietnamthinhvuong thinhvuong vpbanks"},
	{"970433", "vietnamthuongtin thuongtin"},
	{"970434", "indovina"},
	{"970436", "vietcom vietcombank ngoaithuong ntvn"},
	{"970437", "hdbank phattrientphcm phattrientphochiminh phattriennhatphcm phattriennha"},
	{"970438", "baoviet baovietbank"},
	{"970439", "public publicbankvietnam"},
	{"970440", "ssb seabank dongnama"},
	{"970441", "quocte vibbank"},
	{"970442", "hlb hongleongbank"},
	{"970443", "saigonhanoi"},
	{"970444", "cb vcbneo xaydung"},
	{"970446", "coop hoptacxa hoptac"},
	{"970448", "phuongdong orientcommercialbank"},
	{"970449", "lvb lienviet lienvietbank lienvietpostbank buudienlienviet locphat"},
	{"970452", "kienlong kienlongbank"},
	{"970454", "bvb bvbank banviet banvietbank vietcapital"},
	{"970457", "wooribank wooribankvietnam wooribankvn"},
	{"970458", "uobvietnam unitedoverseasbank"},
	{"970460", "ximang"},
	{"970464", "tnex fccom congdong"},
	{"970470", "mbshinsei"},
	{"971005", "viettelpay viettel"},
	{"971011", "vnptpay"},
	{"971025", "momo vimomo didongtructuyen"},
	{"971133", "pvcombankpay"},
	{"977777", "miraeasset miraeassetfinance"},
	{"999888", "chinhsachxahoi chinhsach csxh"},
}

// secondNumbers are rows for another row's bank: they are found by number only.
var secondNumbers = []string{"970459", "970468"}

// maxBankText is how many bytes of a text are searched for a bank's name.
const maxBankText = 400

// FindBank returns the one bank that a text names: by number, code, short name, Vietnamese name or
// a spelling in use. It ignores case, diacritics and blanks. A branch may follow ("Vietcombank - CN
// Nha Trang"), or the bank may be named twice ("MB - Ngân hàng Quân đội"). It finds none for a text
// that fits two banks or no bank.
func FindBank(text string) (Bank, bool) {
	if len(text) > maxBankText {
		return Bank{}, false
	}
	if bank, found := BankByBIN(strings.TrimSpace(text)); found {
		return bank, true
	}
	if found := banksNamed(text); len(found) > 0 {
		return singleBank(found)
	}
	if main := withoutBranch(text); main != text {
		if found := banksNamed(main); len(found) > 0 {
			return singleBank(found)
		}
	}
	var found []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool {
		return strings.ContainsRune("-–—()[],;:/|", r)
	}) {
		found = append(found, banksNamed(withoutBranch(part))...)
	}
	if len(found) == 0 {
		found = banksMentioned(text)
	}
	return singleBank(found)
}

// singleBank returns the bank of the numbers found, if they belong to one bank.
func singleBank(bins []string) (Bank, bool) {
	slices.Sort(bins)
	if bins = slices.Compact(bins); len(bins) != 1 {
		return Bank{}, false
	}
	return BankByBIN(bins[0])
}

// banksNamed returns the numbers of the banks with a name, with and without its legal words.
func banksNamed(text string) []string {
	index := nameIndex()
	words := nameWords(text)
	found := slices.Clone(index[strings.Join(words, "")])
	found = append(found, index[strings.Join(withoutLegalWords(words), "")]...)
	if bank, ok := BankByBIN(strings.TrimSpace(text)); ok {
		found = append(found, bank.BIN)
	}
	return found
}

// banksMentioned returns the banks with a code or short name that is a word of the text, or several
// words in a row. It does not search Vietnamese names: "Sài Gòn" is one bank's name and a part of
// three others'.
func banksMentioned(text string) []string {
	words := nameWords(text)
	index := brandIndex()
	var found []string
	for i := 0; i < len(words); i++ {
		for j := min(len(words), i+3); j > i; j-- {
			if bins := index[strings.Join(words[i:j], "")]; len(bins) > 0 {
				found = append(found, bins...)
				i = j - 1
				break
			}
		}
	}
	return found
}

// withoutBranch removes the branch from a bank's name.
func withoutBranch(text string) string {
	folded := " " + strings.Join(nameWords(text), " ") + " "
	for _, mark := range [...]string{" chi nhanh ", " cn ", " pgd ", " phong giao dich "} {
		if before, _, found := strings.Cut(folded, mark); found && strings.TrimSpace(before) != "" {
			return strings.TrimSpace(before)
		}
	}
	return text
}

// nameWords returns a text's words of letters and digits, without diacritics, in lower case.
func nameWords(text string) []string {
	return strings.FieldsFunc(strings.ToLower(ASCII(text, len(text))), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// legalWords are the words of a bank's legal form that people drop, the longest first.
var legalWords = [][]string{
	{"thuong", "mai", "co", "phan"},
	{"mot", "thanh", "vien"},
	{"thuong", "mai"},
	{"ngan", "hang"},
	{"viet", "nam"},
	{"tm", "cp"},
	{"co", "phan"},
	{"cong", "ty"},
	{"nhtmcp"},
	{"nhtm"},
	{"tmcp"},
	{"tnhh"},
	{"mtv"},
	{"nh"},
	{"cp"},
	{"va"},
	{"vn"},
}

func withoutLegalWords(words []string) []string {
	var rest []string
next:
	for i := 0; i < len(words); {
		for _, legal := range legalWords {
			if i+len(legal) <= len(words) && slices.Equal(words[i:i+len(legal)], legal) {
				i += len(legal)
				continue next
			}
		}
		rest = append(rest, words[i])
		i++
	}
	return rest
}

// nameIndex finds numbers by any name of a bank, joined to one word.
var nameIndex = sync.OnceValue(func() map[string][]string {
	index := brandIndexOf(bankTable())
	for _, bank := range bankTable() {
		words := nameWords(bank.Name)
		enter(index, bank.BIN, strings.Join(words, ""), strings.Join(withoutLegalWords(words), ""))
	}
	for _, more := range bankNames {
		enter(index, more.bin, strings.Fields(more.names)...)
	}
	return index
})

// brandIndex finds numbers by code and short name alone.
var brandIndex = sync.OnceValue(func() map[string][]string { return brandIndexOf(bankTable()) })

func brandIndexOf(banks []Bank) map[string][]string {
	index := map[string][]string{}
	for _, bank := range banks {
		code := strings.Join(nameWords(bank.Code), "")
		enter(index, bank.BIN, code, code+"bank", strings.Join(nameWords(bank.ShortName), ""))
	}
	return index
}

// enter adds a bank's names to an index.
func enter(index map[string][]string, bin string, names ...string) {
	if slices.Contains(secondNumbers, bin) {
		return
	}
	for _, name := range names {
		if name != "" && !slices.Contains(index[name], bin) {
			index[name] = append(index[name], bin)
		}
	}
}
