package program

import (
	"bufio"
	"bytes"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Server is a running server.
type Server struct {
	T       *testing.T
	Cmd     *exec.Cmd
	Address string   // http://host:port
	Printed []string // the lines that it printed before it listened
	Out     *bufio.Scanner
	Log     *LockedBuffer
	Once    sync.Once
	Code    int
}

// Serve starts a server on a free port and waits until it listens.
func Serve(t *testing.T, env []string, args ...string) *Server {
	t.Helper()
	return StartServer(t, Command(t, env, append([]string{"serve"}, args...)...))
}

// shownLog is how many of the last bytes of a server's log are shown when its test fails.
const shownLog = 8 << 10

// StartServer starts a command that serves, and waits until it listens.
func StartServer(t *testing.T, cmd *exec.Cmd) *Server {
	t.Helper()
	s := &Server{T: t, Cmd: cmd, Log: &LockedBuffer{}}
	s.Cmd.Stderr = s.Log
	out, err := s.Cmd.StdoutPipe()
	Must(t, err)
	Must(t, s.Cmd.Start())
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			said := s.Log.String()
			t.Log("the server said:", said[max(0, len(said)-shownLog):])
		}
	})
	lines := bufio.NewScanner(out)
	s.Out = lines
	for lines.Scan() {
		if address, found := strings.CutPrefix(lines.Text(), "listening on "); found {
			s.Address = address
			return s
		}
		s.Printed = append(s.Printed, lines.Text())
	}
	t.Fatalf("serve ended before it listened, exit %d: %s", s.Stop(), s.Log.String())
	return nil
}

// Stop ends the server and returns its exit code.
func (s *Server) Stop() int {
	s.Once.Do(func() {
		_ = s.Cmd.Process.Signal(syscall.SIGTERM)
		_ = s.Cmd.Wait()
		s.Code = s.Cmd.ProcessState.ExitCode()
	})
	return s.Code
}

// LockedBuffer is a buffer that a process writes while a test reads it.
type LockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *LockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *LockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// MQTTAddress returns where a server listens for soundboxes.
func MQTTAddress(s *Server) string {
	s.T.Helper()
	for _, line := range s.Printed {
		if address, found := strings.CutPrefix(line, "soundboxes on "); found {
			return address
		}
	}
	s.T.Fatalf("the server does not say where boxes connect: %q", s.Printed)
	return ""
}

// Database returns the URL of the server's database.
func (s *Server) Database() string {
	for _, e := range s.Cmd.Env {
		if address, found := strings.CutPrefix(e, "DATABASE_URL="); found {
			return address
		}
	}
	return ""
}
