package program

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Network is a proxy between a phone and the server. While it is cut, connections break and none
// opens.
type Network struct {
	Listener net.Listener
	mu       sync.Mutex
	isCut    bool
	swallows bool
	open     map[net.Conn]bool
}

// NewNetwork starts a proxy to a server on a free port.
func NewNetwork(t *testing.T, server string) *Network {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Must(t, err)
	w := &Network{Listener: listener, open: map[net.Conn]bool{}}
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

func (w *Network) pass(phone net.Conn, server string) {
	defer phone.Close()
	far, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer far.Close()
	w.mu.Lock()
	cut := w.isCut
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

// Cut breaks the network, or repairs it.
func (w *Network) Cut(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isCut = cut; cut {
		for phone := range w.open {
			_ = phone.Close()
		}
	}
}

// Swallow drops what the server sends without closing connections, or ends that.
func (w *Network) Swallow(hole bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.swallows = hole
}

// holed is a phone behind a network that may drop what is sent to it.
type holed struct {
	phone net.Conn
	wire  *Network
}

func (h holed) Write(sent []byte) (int, error) {
	h.wire.mu.Lock()
	hole := h.wire.swallows
	h.wire.mu.Unlock()
	if hole {
		return len(sent), nil
	}
	return h.phone.Write(sent)
}
