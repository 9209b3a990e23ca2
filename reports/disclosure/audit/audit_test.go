package audit_test

import (
	"testing"

	"market40/reports/disclosure/audit"
)

func pointerTo(n int) *int { return &n }

func TestAudit(t *testing.T) {
	t.Parallel()
	markets := []audit.Class{{[]int{0}, 1, 20}, {[]int{1}, 1, 30}, {[]int{2}, 1, 40}}
	for _, tt := range []struct {
		name  string
		p     audit.Published
		found []audit.Finding
	}{
		{"a total less its shown parts", audit.Published{Classes: markets, Cells: []audit.Cell{
			{"a", []int{0}, nil, 0, 20, 0, false},
			{"b", []int{1}, pointerTo(12), 0, 30, 0, false},
			{"c", []int{2}, pointerTo(15), 0, 40, 0, false},
			{"total", []int{0, 1, 2}, pointerTo(30), 0, 90, 0, false},
		}}, []audit.Finding{{"a", 3, 3, 5}}},
		{"two hidden", audit.Published{Classes: markets, Cells: []audit.Cell{
			{"a", []int{0}, nil, 0, 20, 0, false}, {"b", []int{1}, nil, 0, 30, 0, false}, {
				"c",
				[]int{2},
				pointerTo(15), 0,
				40, 0, false,
			}, {"total", []int{0, 1, 2}, pointerTo(30), 0, 90, 0, false},
		}}, nil},
		{"nearly all: the total says as much", audit.Published{Classes: markets[:2], Cells: []audit.Cell{
			{"a", []int{0}, nil, 0, 20, 0, false}, {"b", []int{1}, nil, 0, 30, 0, false}, {
				"total",
				[]int{0, 1},
				pointerTo(48), 0, 50, 0, false,
			},
		}}, nil},
		{"many, hidden to protect three", audit.Published{
			Classes: []audit.Class{{[]int{0}, 1, 3}, {[]int{1}, 1, 40}},
			Cells: []audit.Cell{
				{"a", []int{0}, nil, 0, 3, 0, false}, {"b", []int{1}, nil, 0, 40, 0, false}, {
					"total",
					[]int{0, 1},
					pointerTo(23), 0, 43, 0, false,
				},
			},
		}, nil},
		{"few, hidden to protect three", audit.Published{
			Classes: []audit.Class{{[]int{0}, 1, 3}, {[]int{1}, 1, 40}},
			Cells: []audit.Cell{
				{"a", []int{0}, nil, 0, 3, 0, false}, {"b", []int{1}, nil, 0, 40, 0, false}, {
					"total",
					[]int{0, 1},
					pointerTo(7), 0, 43, 0, false,
				},
			},
		}, []audit.Finding{{"b", 4, 7, 5}}},
		{"a market that stays says as much of its large part", audit.Published{Classes: []audit.Class{
			{[]int{0}, 1, 12},
			{[]int{1}, 1, 1},
		}, Cells: []audit.Cell{
			{"a", []int{0}, nil, 0, 12, 0, false}, {"b", []int{1}, nil, 0, 1, 0, false}, {
				"market",
				[]int{0, 1},
				pointerTo(5), 0, 13, 0, true,
			},
		}}, nil},
		{"one that need not stay", audit.Published{
			Classes: []audit.Class{{[]int{0}, 1, 12}, {[]int{1}, 1, 1}},
			Cells: []audit.Cell{
				{"a", []int{0}, nil, 0, 12, 0, false},
				{"b", []int{1}, nil, 0, 1, 0, false},
				{
					"all",
					[]int{0, 1},
					pointerTo(5),
					0, 13, 0, false,
				},
			},
		}, []audit.Finding{{"a", 4, 5, 5}}},
		{"a part that is shown beside a market that stays", audit.Published{Classes: []audit.Class{
			{[]int{0}, 1, 12},
			{[]int{1}, 1, 1},
		}, Cells: []audit.Cell{
			{"a", []int{0}, pointerTo(5), 0, 12, 0, false}, {"b", []int{1}, nil, 0, 1, 0, false}, {
				"market",
				[]int{0, 1},
				pointerTo(5), 0, 13, 0, true,
			},
		}}, []audit.Finding{{"b", 0, 0, 2}}},
		{"one person in two markets", audit.Published{
			Classes: append([]audit.Class{{[]int{0, 1}, 3, 1}}, markets...),
			Cells: []audit.Cell{{"a", []int{0}, pointerTo(9), 0, 21, 0, false}, {
				"b",
				[]int{1},
				pointerTo(12), 0, 31, 0,
				false,
			}, {"both", []int{0, 1}, pointerTo(20), 0, 51, 0, false}},
		}, []audit.Finding{{"what 1 people do in [0 1]", 1, 1, 2}}},
		{"overlapping partitions", audit.Published{
			Classes: []audit.Class{{[]int{0}, 1, 12}, {[]int{1}, 1, 1}},
			Cells: []audit.Cell{{"meat", []int{0, 1}, pointerTo(7), 0, 13, 0, false}, {
				"zone",
				[]int{0},
				pointerTo(6), 0, 12,
				0, false,
			}, {"who is in no zone", []int{1}, nil, 0, 1, 0, false}},
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
	contradiction := audit.Published{Classes: markets[:1], Cells: []audit.Cell{{
		"a",
		[]int{0},
		pointerTo(3), 0, 20, 0,
		false,
	}, {"total", []int{0}, pointerTo(4), 0, 20, 0, false}}}
	if _, err := contradiction.Audit(); err == nil {
		t.Error("figures that contradict each other are proved")
	}
}
