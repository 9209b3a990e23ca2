package intake

import (
	"encoding/binary"
	"testing"
)

// inLane is a delivery that is dealt to a lane.
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
	if got := len(l.take(1)); got != 5 {
		t.Errorf("alone, a poster took %d, not all 5 of both lanes", got)
	}
	add(0, crowd)
	if got := len(l.take(0)); got != crowd {
		t.Errorf("of a crowd a second poster took %d", got)
	}
	add(1, maxGroup+1)
	l.done(1)
	if got := len(l.take(1)); got != maxGroup {
		t.Errorf("a group is %d", got)
	}
	l.done(0)
	l.done(1)
	if got := len(l.take(0)); got != 1 {
		t.Errorf("%d were left over, not 1", got)
	}
	add(0, maxWaiting)
	if l.add(inLane(0)) {
		t.Error("a full lane took one more")
	}
	l.close()
	if l.take(1) != nil || l.add(inLane(1)) {
		t.Error("closed lanes go on")
	}
}
