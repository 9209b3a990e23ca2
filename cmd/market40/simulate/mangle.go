package simulate

import (
	"math/rand/v2"
	"strings"
)

// mangleMemo returns a memo as a bank delivers it (payments/banks/README.md, "How banks change a
// memo"); the code inside survives.
func mangleMemo(memo string) string {
	names := []string{"NGUYEN THI LAN", "TRAN VAN BAY", "LE MINH", "PHAM NGOC KHUONG"}
	name := names[rand.IntN(len(names))]
	digits := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(byte('0' + rand.IntN(10)))
		}
		return b.String()
	}
	switch rand.IntN(8) {
	case 0:
		return wrapMemo("CUSTOMER "+name+" mua ca "+memo+" - Ma giao dich/ Trace "+digits(6), 35)
	case 1:
		return "MBVCB." + digits(10) + "." + digits(6) + "." + memo + ".CT tu 1027000393 " + name +
			" toi 0900000001 CHU SAP tai MB"
	case 2:
		return wrapMemo("CT DEN:"+digits(12)+" "+memo+" "+name+"; tai Napas", 40)
	case 3:
		return strings.ToLower(memo)
	case 4:
		return digits(12) + "-" + strings.ReplaceAll(memo, " ", "") + "-CHUYEN TIEN-OQCH000JiOuX-MOMO" + digits(12) +
			"MOMO"
	case 5:
		return "NHAN TU " + digits(10) + " TRACE " + digits(6) + " ND " + memo
	case 6:
		return wrapMemo(digits(6)+"."+digits(6)+"."+digits(6)+"."+name+" "+memo+" FT"+digits(14), 33)
	}
	return memo
}

// wrapMemo breaks a memo at a width and joins the lines with a space, as T24 banks do.
func wrapMemo(s string, width int) string {
	var lines []string
	for ; len(s) > width; s = s[width:] {
		lines = append(lines, s[:width])
	}
	return strings.Join(append(lines, s), " ")
}
