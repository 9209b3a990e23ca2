package intake

import (
	"encoding/binary"
	"sync"
)

const (
	// workers is how many groups are in the database at once. Deliveries are dealt to their lanes
	// by account, so that two workers hardly ever want the same ledger account.
	workers = 2
	// maxGroup is the largest group of deliveries in one transaction.
	maxGroup = 256
	// crowd is how many must wait in a lane before its worker works beside the other one. Below
	// that, one larger group costs the server less than two small ones.
	crowd = 48
	// maxWaiting is how many deliveries may wait in a lane; the next is told to come again.
	maxWaiting = 8192
)

// lanes are the deliveries that wait for the workers.
type lanes struct {
	mu      sync.Mutex
	changed *sync.Cond // a worker may be able to start
	waiting [workers][]*delivery
	busy    [workers]bool
	closed  bool
}

func newLanes() *lanes {
	l := &lanes{}
	l.changed = sync.NewCond(&l.mu)
	return l
}

// add puts a delivery into its account's lane, and refuses it when that is full or closed.
func (l *lanes) add(d *delivery) bool {
	lane := 0
	if len(d.entries) > 0 {
		lane = int(binary.BigEndian.Uint16(d.entries[0].accountIndex)) % workers
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.waiting[lane]) >= maxWaiting {
		return false
	}
	l.waiting[lane] = append(l.waiting[lane], d)
	if len(l.waiting[lane]) == crowd || l.busy == [workers]bool{} {
		l.changed.Broadcast()
	}
	return true
}

// take waits until a worker has something to do and gives its group; nil: it is over. Where no
// other worker works, the group takes in what waits in the other lanes.
func (l *lanes) take(lane int) []*delivery {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.closed {
		var group []*delivery
		alone := l.busy == [workers]bool{}
		if alone || len(l.waiting[lane]) >= crowd {
			group = l.cut(group, lane)
		}
		for other := range l.waiting {
			if alone && other != lane && len(l.waiting[other]) < crowd {
				group = l.cut(group, other)
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

// cut moves what waits in a lane into a group, as far as it fits.
func (l *lanes) cut(group []*delivery, lane int) []*delivery {
	n := min(maxGroup-len(group), len(l.waiting[lane]))
	group = append(group, l.waiting[lane][:n]...)
	l.waiting[lane] = append(l.waiting[lane][:0:0], l.waiting[lane][n:]...)
	return group
}

// done says that a worker has finished its group.
func (l *lanes) done(lane int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy[lane] = false
	l.changed.Broadcast()
}

// close ends the lanes: workers finish the group under way, and what waits is not taken any more.
func (l *lanes) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.changed.Broadcast()
}
