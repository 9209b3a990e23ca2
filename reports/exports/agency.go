package exports

import "strings"

// agency is who issues the report.
type agency struct {
	Above, Lines []string // in the head, as they are broken
	name         string   // in a sentence
	ground       string   // behind the title, where the unit is not the agency's own: " (địa bàn huyện cũ Khánh Vĩnh)"
	sign         string   // in the number
	place        string
	signer       []string
}

// toFill is a blank that the office fills in.
const toFill = "…………"

// districtsEnded is the day from which there are no districts: the Constitution as amended by
// Resolution 203/2025/QH15, and Law 72/2025/QH15. A report of a period that ended before is its
// district's.
const districtsEnded = "2025-07-01"

// agency is the People's Committee of the document's unit; who reports for a whole campaign is not
// known to the program. For a district that had ended when the period did, the commune acts that
// the content names: what was frozen before contents named one, and a unit without a pilot, leave
// it to be filled in.
func (d *Document) agency() agency {
	unit := d.Locality
	switch {
	case unit == nil:
		return agency{
			Above: []string{"[CƠ QUAN CHỦ QUẢN]"}, Lines: []string{"[CƠ QUAN BÁO CÁO]"}, name: "[cơ quan báo cáo]",
			sign: "[…]", place: "[Địa danh]",
			signer: []string{"[QUYỀN HẠN, CHỨC VỤ", "CỦA NGƯỜI KÝ]"},
		}
	case unit.Level != "district" || d.AsOf <= districtsEnded: // dates of one form: as texts in the same order
		return committee(unit.Name)
	}
	acts := committee(toFill)
	if d.Issuer != nil {
		acts = committee(d.Issuer.Name)
	}
	acts.ground = " (địa bàn " + formerly(unit.Name) + ")"
	return acts
}

// committee is the People's Committee of a unit.
func committee(name string) agency {
	level, proper := levelOf(name)
	return agency{
		Lines: []string{"ỦY BAN NHÂN DÂN", strings.ToUpper(name)}, name: "Ủy ban nhân dân " +
			strings.TrimSpace(strings.ToLower(level)+" "+proper), sign: "UBND",
		place: proper, signer: []string{"TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"},
	}
}

// formerly names a unit that has ended: huyện cũ Khánh Vĩnh.
func formerly(name string) string {
	level, proper := levelOf(name)
	return strings.TrimSpace(strings.ToLower(level) + " cũ " + proper)
}

// levelWords begin the names of units.
var levelWords = []string{"Thành phố", "Thị xã", "Thị trấn", "Huyện", "Phường", "Đặc khu", "Xã", "Tỉnh"}

// levelOf parts a name: Thị xã, Ninh Hòa.
func levelOf(name string) (level, proper string) {
	for _, word := range levelWords {
		if rest, has := strings.CutPrefix(name, word+" "); has {
			return word, rest
		}
	}
	return "", name
}
