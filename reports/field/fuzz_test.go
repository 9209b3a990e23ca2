package field_test

import (
	"testing"
	"unicode/utf8"

	"market40/reports/field"
)

// FuzzLists reads any bytes as a list of each kind. Every fault must name its field and have a
// sentence in both languages.
func FuzzLists(f *testing.F) {
	for _, seed := range []string{
		"Số sạp,Ngày,Kết quả,Ghi chú\nA-1,20/11/2026 8h30,Đã hỗ trợ,x\nA-2,46000.5,vắng,\n",
		"Tháng;Phải thu;Đã thu;Chuyển khoản\n10/2026;1.234.567 đ;1,234,567;1e5\n",
		"Sạp\tNgày\tSố khách\tChuyển khoản\n1\t04/28/2026\t10\t11\n", "Ngày,Nội dung\n1/1/2026,x\nTổng,2\n",
		"Ngày,Smartphone,Sóng,Nhận chuyển khoản,Giới tính\n20/11/2026,x,k,có,Nữ\n",
		"Chợ,Ngày,Khoản chi,Số tiền\nCHODAM,2026-11-20,In,0\n",
		"Sạp,Loại,Lý do,Ngày\nA,Từ chối,Thuế,1/1/2026\n", "Loại,Ngày,Đóng lúc\nMã bị dán đè,2/1/2026,1/1/2026\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"a.csv", "a.xlsx"} {
			for kind, rows := range field.ReadLists(name, data, noon) {
				for _, faults := range rows {
					named := map[string]bool{}
					for _, fault := range faults {
						if fault.Name == "" || fault.Code == "" || fault.Vi == "" || fault.En == "" ||
							!utf8.ValidString(fault.Vi) || named[fault.Name] {
							t.Fatalf("%s: bare, broken or second fault %+v", kind, fault)
						}
						named[fault.Name] = true
					}
				}
			}
		}
	})
}
