package private

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

const (
	firstRestart = 100 * time.Millisecond // doubled at each restart in a row
	lastRestart  = 5 * time.Second
	steady       = time.Minute // a server that lived longer is restarted at once again
	quitPatience = 3 * time.Second
)

// supervisor keeps one server running until it is stopped.
type supervisor struct {
	files layout
	how   process
	log   *slog.Logger

	ctx      context.Context // ends when stop is called
	stopping context.CancelFunc
	done     chan struct{} // closed when no server runs and none will

	mu    sync.Mutex
	cmd   *exec.Cmd
	ready bool
	exit  error // why it ended; read after done
}

// startSupervisor starts the server and starts it again whenever it ends once it has been ready.
func startSupervisor(f layout, how process, children *os.File, log *slog.Logger) *supervisor {
	ctx, stopping := context.WithCancel(context.Background())
	s := &supervisor{files: f, how: how, log: log, ctx: ctx, stopping: stopping, done: make(chan struct{})}
	go s.run(children)
	return s
}

// run holds its thread as long as a server runs: the server is signalled when the thread that
// started it ends. The thread itself lives on, because others may have started children on it that
// wait for its end in the same way.
func (s *supervisor) run(children *os.File) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(s.done)
	pause := firstRestart
	for {
		began := time.Now()
		err := s.serveOnce(children)
		if !s.mayRestart() {
			s.exit = err
			return
		}
		if time.Since(began) > steady {
			pause = firstRestart
		}
		s.log.Error("the private database ended and is started again", "error", err, "log", s.files.log)
		for children = nil; children == nil; {
			select {
			case <-s.ctx.Done():
				return
			case <-time.After(pause):
			}
			pause = min(2*pause, lastRestart)
			if children, err = lockChildren(s.ctx, s.files); err != nil {
				s.log.Error("the private database cannot be started", "error", err)
			}
		}
	}
}

func (s *supervisor) mayRestart() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready && s.ctx.Err() == nil
}

// serveOnce runs one server from start to end.
func (s *supervisor) serveOnce(children *os.File) error {
	defer children.Close()
	log, err := openLog(s.files.log)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := s.how.command("postgres", syscall.SIGINT, children, "-D", s.files.data,
		"-c", "config_file="+s.files.settings, "-c", "hba_file="+s.files.access)
	cmd.Stdout, cmd.Stderr = log, log
	if err := s.start(cmd); err != nil {
		return err
	}
	children.Close() // now only the server's processes have it
	if err := cmd.Wait(); err != nil {
		return err
	}
	return errors.New("the server ended")
}

// start starts a server unless stop came first; stop finds what was started.
func (s *supervisor) start(cmd *exec.Cmd) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the database: %w", err)
	}
	s.cmd = cmd
	return nil
}

// waitReady returns when the server answers. If it ended instead, the error quotes its log.
func (s *supervisor) waitReady(ctx context.Context, url string) error {
	for {
		ready, err := takesQueries(ctx, url)
		if err != nil {
			return err
		}
		if ready {
			s.mu.Lock()
			s.ready = true
			s.mu.Unlock()
			return nil
		}
		select {
		case <-s.done:
			return fmt.Errorf("starting the database: %w: %s", s.exit, tail(s.files.log))
		case <-ctx.Done():
			return fmt.Errorf("waiting for the database: %w: %s", ctx.Err(), tail(s.files.log))
		case <-time.After(lookAgain):
		}
	}
}

// stop signals the server to end its sessions and write everything down; at ctx's end to drop
// everything; then kills it.
func (s *supervisor) stop(ctx context.Context) error {
	s.stopping()
	s.signal(syscall.SIGINT)
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
	}
	s.signal(syscall.SIGQUIT)
	select {
	case <-s.done:
	case <-time.After(quitPatience):
		s.mu.Lock()
		_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
		s.mu.Unlock()
		<-s.done
	}
	return fmt.Errorf("stopping the database: %w", ctx.Err())
}

func (s *supervisor) signal(sig os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(sig)
	}
}

// openLog opens the server's log to append to, and empties one that has grown past 16 MiB.
func openLog(path string) (*os.File, error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the database's log: %w", err)
	}
	return f, nil
}

// tail returns the end of the log, for an error of one line.
func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil {
		_, _ = f.Seek(max(0, info.Size()-2000), io.SeekStart)
	}
	text, _ := io.ReadAll(f)
	return lastLines(string(text), 4)
}
