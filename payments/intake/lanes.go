package intake

import (
	"encoding/binary"
	"sync"
)

const (
	// workerCount is how many groups are posted at once. Each account has one lane, so that two
	// workers rarely need the same ledger account.
	workerCount = 2
	// maxGroup is the largest group of deliveries in one transaction.
	maxGroup = 256
	// parallelFrom is how many deliveries must wait in a lane before its worker runs beside the
	// other one. Below it, one larger group costs the server less than two small ones.
	parallelFrom = 48
	// maxWaiting is how many deliveries may wait in a lane; the next one gets a 503.
	maxWaiting = 8192
)

// lanes are the deliveries that wait for the workers.
type lanes struct {
	mu      sync.Mutex
	changed *sync.Cond // a worker may be able to start
	waiting [workerCount][]*delivery
	busy    [workerCount]bool
	closed  bool
}

func newLanes() *lanes {
	l := &lanes{}
	l.changed = sync.NewCond(&l.mu)
	return l
}

// add puts a delivery into its account's lane. It returns false when the lane is full or closed.
func (l *lanes) add(d *delivery) bool {
	lane := 0
	if len(d.entries) > 0 {
		lane = int(binary.BigEndian.Uint16(d.entries[0].accountIndex)) % workerCount
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.waiting[lane]) >= maxWaiting {
		return false
	}
	l.waiting[lane] = append(l.waiting[lane], d)
	if len(l.waiting[lane]) == parallelFrom || l.busy == [workerCount]bool{} {
		l.changed.Broadcast()
	}
	return true
}

// next waits for deliveries and returns a worker's next group; nil after close. While no other
// worker is busy, the group includes the deliveries of the other lanes.
func (l *lanes) next(lane int) []*delivery {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.closed {
		var group []*delivery
		alone := l.busy == [workerCount]bool{}
		if alone || len(l.waiting[lane]) >= parallelFrom {
			group = l.move(group, lane)
		}
		for other := range l.waiting {
			if alone && other != lane && len(l.waiting[other]) < parallelFrom {
				group = l.move(group, other)
			}
		}
		if len(group) > 0 {
			l.busy[lane] = true
			return group
		}
		l.changed.Wait()
	}
	return nil
}

// move moves deliveries from a lane into a group, up to maxGroup.
func (l *lanes) move(group []*delivery, lane int) []*delivery {
	n := min(maxGroup-len(group), len(l.waiting[lane]))
	group = append(group, l.waiting[lane][:n]...)
	l.waiting[lane] = append(l.waiting[lane][:0:0], l.waiting[lane][n:]...)
	return group
}

// length returns how many deliveries wait.
func (l *lanes) length() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, waiting := range l.waiting {
		n += len(waiting)
	}
	return n
}

// done marks a worker as free.
func (l *lanes) done(lane int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy[lane] = false
	l.changed.Broadcast()
}

// close ends the lanes: workers finish their groups, and no waiting delivery is posted any more.
func (l *lanes) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.changed.Broadcast()
}
