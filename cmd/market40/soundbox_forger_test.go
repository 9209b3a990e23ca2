package main_test

import (
	"bytes"
	"io"
	"net"
	"sync/atomic"
	"testing"
)

// newForger proxies between a box and its server, and changes one message to the box.
func newForger(t *testing.T, server, from, to string) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	var done atomic.Bool
	go func() {
		for {
			box, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server)
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(far, box)
				_ = far.Close()
			}()
			go func() {
				defer box.Close()
				for packet := make([]byte, 64<<10); ; {
					n, err := far.Read(packet)
					if err != nil {
						return
					}
					out := packet[:n]
					if bytes.Contains(out, []byte(from)) && !done.Swap(true) {
						out = bytes.ReplaceAll(out, []byte(from), []byte(to))
					}
					if _, err := box.Write(out); err != nil {
						return
					}
				}
			}()
		}
	}()
	return listener
}
