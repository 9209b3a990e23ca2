// Package private runs a PostgreSQL of our own from the installed binaries, for users who have no
// DATABASE_URL. It listens on a unix socket only, ends with the program even at kill -9, and never
// deletes a data directory.
package private

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"
)

// Why no server was started. Each comes wrapped in one line that says what to do.
var (
	ErrNoBinaries     = errors.New("no PostgreSQL programs found")
	ErrVersion        = errors.New("the data directory belongs to another PostgreSQL version")
	ErrBusy           = errors.New("the data directory is in use")
	ErrUnreachableDir = errors.New("the database's user cannot enter the data directory")
	ErrForeignFolder  = errors.New("the data directory was not made by this program")
)

const (
	role         = "market40"     // owns the database, may create roles, is no superuser
	servingRole  = "market40_app" // serves: it owns nothing (migrations.ServingRole)
	superuser    = "postgres"
	databaseName = "market40"
	lookAgain    = 20 * time.Millisecond // pause of everything that polls
	lockPatience = 2 * time.Second       // a command that ends meanwhile makes room
)

// Options are what a start may choose. The zero value is the durable server.
type Options struct {
	Fast     bool         // tests only: nothing is safe against a crash, and the role may create databases
	Programs []string     // folders, or patterns of them, that hold initdb and postgres; nil: PATH and the usual places
	Log      *slog.Logger // reports restarts; nil: no reports
}

// Server is a private PostgreSQL that answers: one this program runs, or one that it found running.
type Server struct {
	files    layout
	password string
	bin      string
	own      *supervisor // nil when another program runs it
	lock     *os.File
}

// Start makes the data directory if there is none, starts its server, and returns when it answers
// queries. The directory then holds postgres/ (data), run/ (socket), postgres.password,
// postgres.conf, postgres.hba, postgres.log and two lock files. It waits as long as ctx allows, for
// recovery too. Another running instance is ErrBusy. The caller calls Stop; if the program dies
// first, the server shuts itself down.
func Start(ctx context.Context, dir string, o Options) (*Server, error) {
	f, err := newLayout(dir)
	if err != nil {
		return nil, err
	}
	user, err := prepareFolder(f)
	if err != nil {
		return nil, err
	}
	patience := lockPatience
	if o.Fast {
		patience = 0
	}
	lock, err := acquireLock(ctx, f.lock, patience)
	if errors.Is(err, ErrBusy) {
		return nil, fmt.Errorf("%w: another market40 runs in %s", ErrBusy, f.dir)
	}
	if err != nil {
		return nil, err
	}
	s, err := startLocked(ctx, f, user, o)
	if err != nil {
		releaseLock(lock)
		return nil, err
	}
	s.lock = lock
	return s, nil
}

// Use returns the server of a directory: that of the program that runs it now, or else its own, as
// Start. Stop ends only the latter.
func Use(ctx context.Context, dir string, o Options) (*Server, error) {
	f, err := newLayout(dir)
	if err != nil {
		return nil, err
	}
	for {
		s, err := attach(ctx, f, o)
		if err != nil || s != nil {
			return s, err
		}
		s, err = Start(ctx, dir, o)
		if !errors.Is(err, ErrBusy) {
			return s, err
		}
		// Someone else was quicker, and theirs is the server to use; anything else that is busy
		// stays so.
		if taken, lookErr := isLocked(f.lock); lookErr != nil || !taken {
			return nil, err
		}
	}
}

// attach waits for the server of the program that holds the directory's lock; nil if no program
// does.
func attach(ctx context.Context, f layout, o Options) (*Server, error) {
	for {
		taken, err := isLocked(f.lock)
		if errors.Is(err, fs.ErrPermission) {
			return nil, fmt.Errorf("%w: %w: run as its owner", ErrUnreachableDir, err)
		}
		if err != nil {
			return nil, err
		}
		if !taken {
			return nil, nil //nolint:nilnil // no process runs it, which is no error
		}
		s, err := attachOnce(ctx, f, o)
		if err != nil || s != nil {
			return s, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the database of %s: %w", f.dir, ctx.Err())
		case <-time.After(lookAgain):
		}
	}
}

// attachOnce returns the running server if it is ready, else nil.
func attachOnce(ctx context.Context, f layout, o Options) (*Server, error) {
	password, err := readPassword(f)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // it has only begun
	}
	if err != nil {
		return nil, err
	}
	s := &Server{files: f, password: password}
	ready, err := takesQueries(ctx, s.superURL())
	if err != nil {
		return nil, fmt.Errorf("using the database of %s: %w", f.dir, err)
	}
	if !ready || !hasDatabase(ctx, s.URL()) {
		return nil, nil //nolint:nilnil // soon
	}
	s.bin, err = choosePrograms(ctx, f, o.Programs)
	return s, err
}

// startLocked does Start's work while the directory's lock is held.
func startLocked(ctx context.Context, f layout, user account, o Options) (*Server, error) {
	bin, err := choosePrograms(ctx, f, o.Programs)
	if err != nil {
		return nil, err
	}
	children, err := lockChildren(ctx, f)
	if err != nil {
		return nil, err
	}
	defer children.Close() // once started, the server's processes have it
	if err := f.ensureRun(user); err != nil {
		return nil, err
	}
	s := &Server{files: f, bin: bin}
	if s.password, err = ensurePassword(f); err != nil {
		return nil, err
	}
	if !isData(f.data) {
		if err := initialiseFolder(ctx, s, user, children, o.Fast); err != nil {
			return nil, err
		}
	}
	if err := f.writeSettings(o.Fast); err != nil {
		return nil, err
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	s.own = startSupervisor(s.files, process{bin: bin, user: user}, children, log)
	if err := s.own.waitReady(ctx, s.superURL()); err != nil {
		return nil, errors.Join(err, s.own.stop(context.WithoutCancel(ctx)))
	}
	if err := ensureDatabase(ctx, s, o.Fast); err != nil {
		return nil, errors.Join(err, s.own.stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// URL opens the program's database as its owner. It holds the password: keep it out of logs.
func (s *Server) URL() string { return s.DatabaseURL(databaseName) }

// ServingURL opens the program's database as the role that serves and owns nothing.
func (s *Server) ServingURL() string { return s.urlOf(servingRole, databaseName) }

// DatabaseURL opens another database of the server, by the same role.
func (s *Server) DatabaseURL(name string) string { return s.urlOf(role, name) }

// Programs returns the folder of the server's own pg_dump, pg_restore and pgbench.
func (s *Server) Programs() string { return s.bin }

func (s *Server) superURL() string { return s.urlOf(superuser, "postgres") }

func (s *Server) urlOf(user, database string) string {
	query := url.Values{"host": {s.files.run}, "port": {"5432"}, "sslmode": {"disable"}}.Encode()
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(user, s.password),
		Path:     "/" + database,
		RawQuery: strings.ReplaceAll(query, "+", "%20"), // PostgreSQL's URLs know no plus for a space
	}
	return u.String()
}

// Stop shuts the server down cleanly and frees the directory. If ctx ends first, the server stops
// at once, and the next start recovers. A server that another program runs continues.
func (s *Server) Stop(ctx context.Context) error {
	if s.own == nil {
		return nil
	}
	err := s.own.stop(ctx)
	releaseLock(s.lock)
	return err
}
