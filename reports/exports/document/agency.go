package document

import "strings"

// Agency is the authority that issues the report.
type Agency struct {
	Above, Lines []string // the lines in the head of the letter
	Name         string   // as it is named in a sentence
	// after the title, if the report is about another unit: " (địa bàn huyện cũ Khánh Vĩnh)"
	ground string
	Sign   string // part of the letter's number
	Place  string
	Signer []string
}

// toFill is a blank that the office fills in.
const toFill = "…………"

// districtsEnded is the day from which there are no districts, by the Constitution as amended by
// Resolution 203/2025/QH15 and by Law 72/2025/QH15. A report of a period that ended before is
// issued by its district.
const districtsEnded = "2025-07-01"

// Agency returns the People's Committee that issues the document. For the whole campaign the
// program does not know it. If a district had ended before the end of the period, the commune in
// the content issues the report. A blank is left if the content has no issuer: for older frozen
// content and for units without a pilot.
func (d *Document) Agency() Agency {
	unit := d.Locality
	switch {
	case unit == nil:
		return Agency{
			Above: []string{"[CƠ QUAN CHỦ QUẢN]"}, Lines: []string{"[CƠ QUAN BÁO CÁO]"}, Name: "[cơ quan báo cáo]",
			Sign: "[…]", Place: "[Địa danh]",
			Signer: []string{"[QUYỀN HẠN, CHỨC VỤ", "CỦA NGƯỜI KÝ]"},
		}
	// both dates have one form, so they compare as texts
	case unit.Level != "district" || d.AsOf <= districtsEnded:
		return committeeOf(unit.Name)
	}
	acts := committeeOf(toFill)
	if d.Issuer != nil {
		acts = committeeOf(d.Issuer.Name)
	}
	acts.ground = " (địa bàn " + formerName(unit.Name) + ")"
	return acts
}

// committeeOf returns the People's Committee of a unit.
func committeeOf(name string) Agency {
	level, proper := levelOf(name)
	return Agency{
		Lines: []string{"ỦY BAN NHÂN DÂN", strings.ToUpper(name)}, Name: "Ủy ban nhân dân " +
			strings.TrimSpace(strings.ToLower(level)+" "+proper), Sign: "UBND",
		Place: proper, Signer: []string{"TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"},
	}
}

// formerName returns the name of a unit that has ended: huyện cũ Khánh Vĩnh.
func formerName(name string) string {
	level, proper := levelOf(name)
	return strings.TrimSpace(strings.ToLower(level) + " cũ " + proper)
}

// levelWords are the level words at the start of unit names.
var levelWords = []string{"Thành phố", "Thị xã", "Thị trấn", "Huyện", "Phường", "Đặc khu", "Xã", "Tỉnh"}

// levelOf splits a name into its level and the proper name: Thị xã, Ninh Hòa.
func levelOf(name string) (level, proper string) {
	for _, word := range levelWords {
		if rest, has := strings.CutPrefix(name, word+" "); has {
			return word, rest
		}
	}
	return "", name
}
