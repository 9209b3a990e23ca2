package database

import (
	"context"
	"strings"
	"syscall"
)

// tcpUserTimeout is the socket option of RFC 5482 (linux/tcp.h), in milliseconds.
const tcpUserTimeout = 0x12

// limitUnacked sets unackedTimeout on a TCP socket. A unix socket has no such thing and needs none.
func limitUnacked(_ context.Context, network, _ string, c syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var refused error
	err := c.Control(func(fd uintptr) {
		refused = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout,
			int(unackedTimeout.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return refused
}
