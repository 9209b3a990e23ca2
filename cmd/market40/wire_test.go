package main_test

import (
	"io"
	"net"
	"sync"
	"testing"
)

// wire is the network between a phone and the server: while it is cut, what is open breaks and
// nothing opens.
type wire struct {
	listener net.Listener
	mu       sync.Mutex
	cut      bool
	hole     bool
	open     map[net.Conn]bool
}

// newWire listens on a port of its own, and passes on to a server.
func newWire(t *testing.T, server string) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w := &wire{listener: listener, open: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			phone, err := listener.Accept()
			if err != nil {
				return
			}
			go w.pass(phone, server)
		}
	}()
	return w
}

func (w *wire) pass(phone net.Conn, server string) {
	defer phone.Close()
	far, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer far.Close()
	w.mu.Lock()
	cut := w.cut
	w.open[phone] = true
	w.mu.Unlock()
	if cut {
		return
	}
	go func() {
		_, _ = io.Copy(far, phone)
		_ = far.Close()
	}()
	_, _ = io.Copy(holed{phone, w}, far)
	w.mu.Lock()
	delete(w.open, phone)
	w.mu.Unlock()
}

func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut = cut; cut {
		for phone := range w.open {
			_ = phone.Close()
		}
	}
}

// swallow makes the wire a black hole, or ends that: nothing is closed, and nothing that the server
// sends arrives.
func (w *wire) swallow(hole bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hole = hole
}

// holed is a phone behind a wire that may swallow what is sent to it.
type holed struct {
	phone net.Conn
	wire  *wire
}

func (h holed) Write(sent []byte) (int, error) {
	h.wire.mu.Lock()
	hole := h.wire.hole
	h.wire.mu.Unlock()
	if hole {
		return len(sent), nil
	}
	return h.phone.Write(sent)
}
