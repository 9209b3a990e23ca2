package encodings

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// oldEncodings are recognised by the words that they spell. syllables has the function by which
// each reads a word: its lower-case letters, and its vote.
var (
	oldEncodings = []string{TCVN3, VNI, Windows1258}
	syllables    = map[string]func(word string) (decoded string, vote int){
		TCVN3: tcvn3Syllable, VNI: vniSyllable, Windows1258: windows1258Syllable,
	}
)

// tcvn3Letters are the letters of TCVN 5712:1993 VN3 as Latin-1 shows them: the two lines
// correspond. Capitals with tones have no code: fonts of capitals show the small letters.
var tcvn3Letters = pairUp(
	"µ¶·¸¹¨»¼½¾Æ©ÇÈÉÊË®ÌÎÏÐÑªÒÓÔÕÖ×ØÜÝÞßáâãä«åæçèé¬êëìíîïñòóô\u00adõö÷øùúûüýþ¡¢£¤¥¦§",
	"àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵăâêôơưđ",
)

// strongTCVN3 are signs that no name has within a word, and letters of no language in Vietnam.
const strongTCVN3 = "µ¶·¸¹¨»¼½¾©®ª×«¬\u00ad÷¡¢£¤¥¦§ÞþßÐ"

// sharedLetters are letters of TCVN3's Latin-1 that Vietnamese has too: alone they prove nothing.
const sharedLetters = "áâãèéêìíòóôõùúý"

// vniMarks are what VNI writes after a vowel, and what both make; capitals are written alike.
var vniMarks = map[string]string{
	"aù": "á", "aø": "à", "aû": "ả", "aõ": "ã", "aï": "ạ", "aê": "ă", "aé": "ắ", "aè": "ằ", "aú": "ẳ", "aü": "ẵ",
	"aë": "ặ",
	"aâ": "â", "aá": "ấ", "aà": "ầ", "aå": "ẩ", "aã": "ẫ", "aä": "ậ", "eù": "é", "eø": "è", "eû": "ẻ", "eõ": "ẽ",
	"eï": "ẹ",
	"eâ": "ê", "eá": "ế", "eà": "ề", "eå": "ể", "eã": "ễ", "eä": "ệ", "où": "ó", "oø": "ò", "oû": "ỏ", "oõ": "õ",
	"oï": "ọ",
	"oâ": "ô", "oá": "ố", "oà": "ồ", "oå": "ổ", "oã": "ỗ", "oä": "ộ", "ôù": "ớ", "ôø": "ờ", "ôû": "ở", "ôõ": "ỡ",
	"ôï": "ợ",
	"uù": "ú", "uø": "ù", "uû": "ủ", "uõ": "ũ", "uï": "ụ", "öù": "ứ", "öø": "ừ", "öû": "ử", "öõ": "ữ", "öï": "ự",
	"yù": "ý", "yø": "ỳ", "yû": "ỷ", "yõ": "ỹ",
}

// vniLetters are the letters that VNI writes as one.
var vniLetters = map[rune]rune{'ñ': 'đ', 'ô': 'ơ', 'ö': 'ư', 'æ': 'ỉ', 'ó': 'ĩ', 'ò': 'ị', 'î': 'ỵ'}

// strongVNI are the marks that are letters of Vietnamese and follow a vowel as no Vietnamese
// spelling has them.
const strongVNI = "ùøáàãâéèúê"

func pairUp(from, to string) map[rune]rune {
	table, letters := map[rune]rune{}, []rune(to)
	for i, r := range []rune(from) {
		table[r] = letters[i]
	}
	return table
}

// tcvn3Syllable reads a word's letters as TCVN3. A word with letters that TCVN3 lacks has no vote.
func tcvn3Syllable(word string) (decoded string, vote int) {
	var b strings.Builder
	shared := false
	for _, r := range word {
		to, known := tcvn3Letters[r]
		switch {
		case known && strings.ContainsRune(strongTCVN3, r):
			vote = strongVote
		case known && !strings.ContainsRune(sharedLetters, unicode.ToLower(r)):
			vote = max(vote, weakVote)
		case known:
			shared = true
		case r >= 0x80:
			return "", 0
		default:
			to = unicode.ToLower(r)
		}
		b.WriteRune(to)
	}
	if (vote == weakVote || shared) && isOddCase(word) {
		vote = strongVote
	}
	return b.String(), vote
}

// vniSyllable reads a word's letters as VNI. A word without a vowel and its mark has no vote:
// single letters are other peoples' too.
func vniSyllable(word string) (decoded string, vote int) {
	letters := []rune(strings.ToLower(word))
	var b strings.Builder
	for i := 0; i < len(letters); i++ {
		r := letters[i]
		if i+1 < len(letters) {
			if to, ok := vniMarks[string(letters[i:i+2])]; ok {
				b.WriteString(to)
				vote += weakVote
				if strings.ContainsRune(strongVNI, letters[i+1]) {
					vote = max(vote, strongVote)
				}
				i++
				continue
			}
		}
		if to, ok := vniLetters[r]; ok {
			r = to
		} else if r >= 0x80 && !strings.ContainsRune("íì", r) {
			return "", 0
		}
		b.WriteRune(r)
	}
	return b.String(), min(vote, strongVote)
}

// thi is how VNI writes Thị, the commonest middle name of women. It is a word of Vietnamese too,
// which is no middle name.
const thi = "thò"

// votesOfThi returns the votes for VNI of a word thi. It is a strong one between a family's name
// and others, where all words can be read as VNI.
func votesOfThi(text string) int {
	words := wordsOf(text)
	at := slices.IndexFunc(words, func(word string) bool { return strings.ToLower(word) == thi })
	if at < 0 {
		return 0
	}
	for _, word := range words {
		if decoded, _ := vniSyllable(word); !isSyllable(decoded) {
			return weakVote
		}
	}
	if family, _ := vniSyllable(words[0]); families[family] && at > 0 && at < len(words)-1 {
		return strongVote
	}
	return weakVote
}

// What Windows-1258 writes otherwise than Windows-1252: letters, and the tones after their vowel,
// in capitals too.
var (
	windows1258Letters = map[rune]rune{'ã': 'ă', 'õ': 'ơ', 'ý': 'ư', 'ð': 'đ'}
	windows1258Tones   = map[rune]rune{'Ì': '\u0300', 'ì': '\u0301', 'Þ': '\u0303', 'Ò': '\u0309', 'ò': '\u0323'}
)

// vowels are those that a tone of Windows-1258 may follow.
const vowels = "aăâeêioôơuưy"

// windows1258Syllable reads a word's letters as Windows-1258. Only its tones have votes; one in a
// case that its word does not have, or a letter of Iceland, is a strong one.
func windows1258Syllable(word string) (decoded string, vote int) {
	var b strings.Builder
	var last rune
	for _, r := range word {
		if tone, ok := windows1258Tones[r]; ok && strings.ContainsRune(vowels, last) && last != 0 {
			b.WriteRune(tone)
			if vote = max(vote, weakVote); r == 'Þ' || isOddCase(word) {
				vote = strongVote
			}
			last = 0
			continue
		}
		last = unicode.ToLower(r)
		if to, ok := windows1258Letters[last]; ok {
			last = to
		} else if last >= 0x80 && !strings.ContainsRune("áâàèéêíóôùú", last) {
			return "", 0
		}
		b.WriteRune(last)
	}
	return norm.NFC.String(b.String()), vote
}
