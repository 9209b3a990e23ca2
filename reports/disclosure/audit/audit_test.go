package audit_test

import (
	"testing"

	"market40/reports/disclosure/audit"
)

func value(n int) *int { return &n }

func TestAudit(t *testing.T) {
	t.Parallel()
	markets := []audit.Class{{[]int{0}, 1, 20}, {[]int{1}, 1, 30}, {[]int{2}, 1, 40}}
	for _, tt := range []struct {
		name  string
		p     audit.Published
		found []audit.Finding
	}{
		{"a total less its shown parts", audit.Published{markets, []audit.Cell{
			{"a", []int{0}, nil, 0, 20}, {"b", []int{1}, value(12), 0, 30}, {"c", []int{2}, value(15), 0, 40}, {"total", []int{0, 1, 2}, value(30), 0, 90},
		}}, []audit.Finding{{"a", 3, 3, 5}}},
		{"two hidden", audit.Published{markets, []audit.Cell{
			{"a", []int{0}, nil, 0, 20}, {"b", []int{1}, nil, 0, 30}, {"c", []int{2}, value(15), 0, 40}, {"total", []int{0, 1, 2}, value(30), 0, 90},
		}}, nil},
		{"nearly all: the total says as much", audit.Published{markets[:2], []audit.Cell{
			{"a", []int{0}, nil, 0, 20}, {"b", []int{1}, nil, 0, 30}, {"total", []int{0, 1}, value(48), 0, 50},
		}}, nil},
		{"one person in two markets", audit.Published{
			append([]audit.Class{{[]int{0, 1}, 3, 1}}, markets...),
			[]audit.Cell{{"a", []int{0}, value(9), 0, 21}, {"b", []int{1}, value(12), 0, 31}, {"both", []int{0, 1}, value(20), 0, 51}},
		}, []audit.Finding{{"what 1 people do in [0 1]", 1, 1, 2}}},
		{"overlapping partitions", audit.Published{
			[]audit.Class{{[]int{0}, 1, 12}, {[]int{1}, 1, 1}},
			[]audit.Cell{{"meat", []int{0, 1}, value(7), 0, 13}, {"zone", []int{0}, value(6), 0, 12}, {"who is in no zone", []int{1}, nil, 0, 1}},
		}, []audit.Finding{{"who is in no zone", 1, 1, 2}}},
	} {
		found, err := tt.p.Audit()
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if len(found) != len(tt.found) || len(found) > 0 && found[0] != tt.found[0] {
			t.Errorf("%s: %v, not %v", tt.name, found, tt.found)
		}
	}
	contradiction := audit.Published{markets[:1], []audit.Cell{{"a", []int{0}, value(3), 0, 20}, {"total", []int{0}, value(4), 0, 20}}}
	if _, err := contradiction.Audit(); err == nil {
		t.Error("figures that contradict each other are proved")
	}
}
