package encodings

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Onsets and rhymes of Vietnamese spelling, without tones (Hoàng Phê, "Từ điển chính tả"; the
// alphabet of Decision 240/QĐ, 1984).
var (
	onsets = wordSet("b c ch d đ g gh gi h k kh l m n ng ngh nh p ph q qu r s t th tr v x")
	rhymes = wordSet(`a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
		e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
		o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong oong ooc op ot
		ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uên uênh ui um un ung uôc uôi uôm uôn uông uôt uơ up ut
		uy uya uych uyên uyêt uyn uynh uyp uyt uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng yêt yêu`)
)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// families are the commonest names of families in Vietnam, in small letters.
var families = wordSet(
	`nguyễn trần lê phạm huỳnh hoàng phan vũ võ đặng bùi đỗ hồ ngô dương lý đào đoàn vương trịnh trương lâm đinh mai tô hà tạ
	cao châu thái từ kiều la lại âu ông lương lưu phùng quách mạc tăng thạch lục hứa đồng tống diệp nghiêm văn đàm tôn chu triệu cù phí đậu`,
)

// lookAlikes turns the Icelandic letter into the Vietnamese one that it looks like in capitals.
var lookAlikes = strings.NewReplacer("ð", "đ")

const toneMarks = "\u0300\u0301\u0303\u0309\u0323"

// isSyllable reports whether a word is spelled as a Vietnamese syllable: an onset or none, a rhyme,
// one tone at most.
func isSyllable(word string) bool {
	tones := 0
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune(toneMarks, r) {
			tones++
			return -1
		}
		return r
	}, norm.NFD.String(lookAlikes.Replace(strings.ToLower(word))))
	plain = norm.NFC.String(plain)
	if tones > 1 {
		return false
	}
	if rhymes[plain] || plain == "gi" {
		return true
	}
	for _, length := range [...]int{3, 2, 1} {
		onset, rhyme, ok := cutLetters(plain, length)
		if ok && onsets[onset] && rhymes[rhyme] {
			return true
		}
	}
	return false
}

// cutLetters cuts a text after so many letters.
func cutLetters(text string, letters int) (before, after string, ok bool) {
	for at := range text {
		if letters == 0 {
			return text[:at], text[at:], true
		}
		letters--
	}
	return "", "", false
}

// isOddCase reports whether a capital follows a small letter within a word, as no Vietnamese name
// has.
func isOddCase(word string) bool {
	small := false
	for _, r := range word {
		if unicode.IsUpper(r) && small {
			return true
		}
		small = small || unicode.IsLower(r)
	}
	return false
}
