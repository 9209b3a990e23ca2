package intake

import (
	"encoding/binary"
	"testing"
)

// inLane returns a delivery for a lane.
func inLane(lane int) *delivery {
	return &delivery{entries: []*entry{{accountIndex: binary.BigEndian.AppendUint16(nil, uint16(lane))}}}
}

func TestLanes(t *testing.T) {
	t.Parallel()
	l := newLanes()
	add := func(lane, n int) {
		for range n {
			if !l.add(inLane(lane)) {
				t.Fatal("refused")
			}
		}
	}
	add(0, 3)
	add(1, 2)
	if got := len(l.next(1)); got != 5 {
		t.Errorf("the only busy worker got %d, want all 5 of both lanes", got)
	}
	add(0, parallelFrom)
	if got := len(l.next(0)); got != parallelFrom {
		t.Errorf("a second worker got %d, want %d", got, parallelFrom)
	}
	add(1, maxGroup+1)
	l.done(1)
	if got := len(l.next(1)); got != maxGroup {
		t.Errorf("a group is %d, want %d", got, maxGroup)
	}
	l.done(0)
	l.done(1)
	if got := len(l.next(0)); got != 1 {
		t.Errorf("%d are left, want 1", got)
	}
	add(0, maxWaiting)
	if l.add(inLane(0)) {
		t.Error("a full lane accepted one more")
	}
	l.close()
	if l.next(1) != nil || l.add(inLane(1)) {
		t.Error("closed lanes still work")
	}
}
