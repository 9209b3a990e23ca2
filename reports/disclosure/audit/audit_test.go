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
		{"a total less its shown parts", audit.Published{Classes: markets, Cells: []audit.Cell{
			{"a", []int{0}, nil, 0, 20, 0}, {"b", []int{1}, value(12), 0, 30, 0}, {"c", []int{2}, value(15), 0, 40, 0}, {"total", []int{0, 1, 2}, value(30), 0, 90, 0},
		}}, []audit.Finding{{"a", 3, 3, 5}}},
		{"two hidden", audit.Published{Classes: markets, Cells: []audit.Cell{
			{"a", []int{0}, nil, 0, 20, 0}, {"b", []int{1}, nil, 0, 30, 0}, {"c", []int{2}, value(15), 0, 40, 0}, {"total", []int{0, 1, 2}, value(30), 0, 90, 0},
		}}, nil},
		{"nearly all: the total says as much", audit.Published{Classes: markets[:2], Cells: []audit.Cell{
			{"a", []int{0}, nil, 0, 20, 0}, {"b", []int{1}, nil, 0, 30, 0}, {"total", []int{0, 1}, value(48), 0, 50, 0},
		}}, nil},
		{"many, hidden to protect three", audit.Published{Classes: []audit.Class{{[]int{0}, 1, 3}, {[]int{1}, 1, 40}}, Cells: []audit.Cell{
			{"a", []int{0}, nil, 0, 3, 0}, {"b", []int{1}, nil, 0, 40, 0}, {"total", []int{0, 1}, value(23), 0, 43, 0},
		}}, nil},
		{"few, hidden to protect three", audit.Published{Classes: []audit.Class{{[]int{0}, 1, 3}, {[]int{1}, 1, 40}}, Cells: []audit.Cell{
			{"a", []int{0}, nil, 0, 3, 0}, {"b", []int{1}, nil, 0, 40, 0}, {"total", []int{0, 1}, value(7), 0, 43, 0},
		}}, []audit.Finding{{"b", 4, 7, 5}}},
		{"one person in two markets", audit.Published{
			Classes: append([]audit.Class{{[]int{0, 1}, 3, 1}}, markets...),
			Cells:   []audit.Cell{{"a", []int{0}, value(9), 0, 21, 0}, {"b", []int{1}, value(12), 0, 31, 0}, {"both", []int{0, 1}, value(20), 0, 51, 0}},
		}, []audit.Finding{{"what 1 people do in [0 1]", 1, 1, 2}}},
		{"overlapping partitions", audit.Published{
			Classes: []audit.Class{{[]int{0}, 1, 12}, {[]int{1}, 1, 1}},
			Cells:   []audit.Cell{{"meat", []int{0, 1}, value(7), 0, 13, 0}, {"zone", []int{0}, value(6), 0, 12, 0}, {"who is in no zone", []int{1}, nil, 0, 1, 0}},
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
	contradiction := audit.Published{Classes: markets[:1], Cells: []audit.Cell{{"a", []int{0}, value(3), 0, 20, 0}, {"total", []int{0}, value(4), 0, 20, 0}}}
	if _, err := contradiction.Audit(); err == nil {
		t.Error("figures that contradict each other are proved")
	}
}
