package program

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Box is a soundbox as a process, and what it has printed.
type Box struct {
	T          *testing.T
	Cmd        *exec.Cmd
	State, WAV string
	mu         sync.Mutex
	lines      []string
	ended      chan struct{}
}

// NewBox returns a box that has a state file and was not started.
func NewBox(t *testing.T) *Box {
	dir := t.TempDir()
	return &Box{T: t, State: filepath.Join(dir, "box.json"), WAV: filepath.Join(dir, "heard.wav")}
}

// Start switches it on.
func (b *Box) Start(server string, more ...string) *Box {
	b.T.Helper()
	b.Cmd = Command(b.T, nil, append([]string{"soundbox", "--server", server, "--state", b.State, "--wav", b.WAV},
		more...)...)
	said := &LockedBuffer{}
	b.Cmd.Stderr = said
	out, err := b.Cmd.StdoutPipe()
	Must(b.T, err)
	Must(b.T, b.Cmd.Start())
	b.ended = make(chan struct{})
	cmd, ended := b.Cmd, b.ended
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			b.mu.Lock()
			b.lines = append(b.lines, lines.Text())
			b.mu.Unlock()
		}
		_ = cmd.Wait()
		b.mu.Lock()
		b.lines = append(b.lines, "error\t"+said.String())
		b.mu.Unlock()
	}()
	b.T.Cleanup(func() {
		b.Off()
		if b.T.Failed() {
			b.T.Logf("the box said\n%s", strings.Join(b.Printed(), "\n"))
		}
	})
	return b
}

// Off kills the box, as when the power fails.
func (b *Box) Off() {
	_ = b.Cmd.Process.Signal(syscall.SIGKILL)
	<-b.ended
}

// Printed returns the lines that the box has printed.
func (b *Box) Printed() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.lines...)
}

// Spoken returns the sentences that the box has spoken, each as its clips.
func (b *Box) Spoken() (said []string) {
	for _, line := range b.Printed() {
		if parts := strings.Split(line, "\t"); parts[0] == "said" {
			said = append(said, parts[1])
		}
	}
	return said
}

// WaitUntil waits until a condition holds of the printed lines.
func (b *Box) WaitUntil(what string, holds func(lines []string) bool) {
	b.T.Helper()
	for end := time.Now().Add(Patience); !holds(b.Printed()); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			b.T.Fatalf("the box never: %s", what)
		}
	}
}

// WaitSpoken waits for a sentence.
func (b *Box) WaitSpoken(clips string) {
	b.T.Helper()
	b.WaitUntil("says "+clips, func([]string) bool {
		spoken := "|" + strings.Join(b.Spoken(), "|") + "|"
		return strings.Contains(spoken, "|"+clips+"|")
	})
}

// WaitFor waits for a line that begins with a word, and returns the rest of it.
func (b *Box) WaitFor(word string) (about string) {
	b.T.Helper()
	b.WaitUntil("prints "+word, func(lines []string) bool {
		for _, line := range lines {
			if rest, found := strings.CutPrefix(line, word+"\t"); found {
				about = rest
			}
		}
		return about != "" || word == "connected" && strings.Contains(strings.Join(lines, "\n"), "connected\t")
	})
	return about
}
