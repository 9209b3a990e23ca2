package exports

import "strings"

// agency is the authority that issues the report.
type agency struct {
	Above, Lines []string // the lines in the head of the letter
	name         string   // as it is named in a sentence
	// after the title, if the report is about another unit: " (địa bàn huyện cũ Khánh Vĩnh)"
	ground string
	sign   string // part of the letter's number
	place  string
	signer []string
}

// toFill is a blank that the office fills in.
const toFill = "…………"

// districtsEnded is the day from which there are no districts, by the Constitution as amended by
// Resolution 203/2025/QH15 and by Law 72/2025/QH15. A report of a period that ended before is
// issued by its district.
const districtsEnded = "2025-07-01"

// agency returns the People's Committee that issues the document. For the whole campaign the
// program does not know it. If a district had ended before the end of the period, the commune in
// the content issues the report. A blank is left if the content has no issuer: for older frozen
// content and for units without a pilot.
func (d *Document) agency() agency {
	unit := d.Locality
	switch {
	case unit == nil:
		return agency{
			Above: []string{"[CƠ QUAN CHỦ QUẢN]"}, Lines: []string{"[CƠ QUAN BÁO CÁO]"}, name: "[cơ quan báo cáo]",
			sign: "[…]", place: "[Địa danh]",
			signer: []string{"[QUYỀN HẠN, CHỨC VỤ", "CỦA NGƯỜI KÝ]"},
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
func committeeOf(name string) agency {
	level, proper := levelOf(name)
	return agency{
		Lines: []string{"ỦY BAN NHÂN DÂN", strings.ToUpper(name)}, name: "Ủy ban nhân dân " +
			strings.TrimSpace(strings.ToLower(level)+" "+proper), sign: "UBND",
		place: proper, signer: []string{"TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"},
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
