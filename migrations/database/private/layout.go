package private

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	socketName    = ".s.PGSQL.5432"
	maxSocketPath = 103 // bytes; macOS ends at 103, Linux at 107
	maxLog        = 16 << 20
)

// layout is where everything of one data directory lies, as absolute paths without symbolic links.
type layout struct {
	dir      string // DATA_DIR
	data     string // PostgreSQL's own
	run      string // the socket's folder
	password string
	settings string
	access   string // pg_hba
	log      string
	lock     string // held by the one program that runs the server
	children string // held by every process of the server
}

func newLayout(dir string) (layout, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return layout{}, fmt.Errorf("finding the data directory %s: %w", dir, err)
	}
	abs = resolve(abs)
	f := layout{
		dir:      abs,
		data:     filepath.Join(abs, "postgres"),
		run:      filepath.Join(abs, "run"),
		password: filepath.Join(abs, "postgres.password"),
		settings: filepath.Join(abs, "postgres.conf"),
		access:   filepath.Join(abs, "postgres.hba"),
		log:      filepath.Join(abs, "postgres.log"),
		lock:     filepath.Join(abs, "lock"),
		children: filepath.Join(abs, "postgres.lock"),
	}
	// A socket's path is short, and a comma in it would part two hosts. /tmp and not TMPDIR,
	// which may differ between the server's shell and that of a later command.
	if len(filepath.Join(f.run, socketName)) > maxSocketPath || strings.ContainsAny(f.run, `,"'\`) {
		sum := sha256.Sum256([]byte(abs))
		f.run = filepath.Join("/tmp", "market40-"+hex.EncodeToString(sum[:8]))
	}
	return f, nil
}

// resolve follows the symbolic links of an absolute path, even if its end does not exist yet.
func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil || path == filepath.Dir(path) {
		return real
	}
	return filepath.Join(resolve(filepath.Dir(path)), filepath.Base(path))
}

// ensureRun makes the socket's folder, 0700 and the database user's. A folder of another
// user is refused.
func (f layout) ensureRun(user account) error {
	err := os.Mkdir(f.run, 0o700)
	if errors.Is(err, fs.ErrExist) {
		info, err := os.Lstat(f.run)
		if err != nil {
			return fmt.Errorf("looking at the socket's folder: %w", err)
		}
		if !info.IsDir() || ownerOf(info) != user.uid || info.Mode().Perm() != 0o700 {
			return fmt.Errorf(
				"%w: %s must be a folder of %s with mode 0700: remove it",
				ErrForeignFolder,
				f.run,
				user.name,
			)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("making the socket's folder: %w", err)
	}
	return user.changeOwner(f.run)
}

// isData reports whether dir is a data directory, of whatever version.
func isData(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "PG_VERSION"))
	return err == nil
}

// ensurePassword reads the password, or draws one if there is no data yet.
func ensurePassword(f layout) (string, error) {
	password, err := readPassword(f)
	if !errors.Is(err, fs.ErrNotExist) {
		return password, err
	}
	if isData(f.data) {
		return "", fmt.Errorf("%w: %s is missing beside %s: put it back", ErrForeignFolder, f.password, f.data)
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails, says its documentation
	password = hex.EncodeToString(random[:])
	return password, replaceFile(f.password, password+"\n", 0o600)
}

func readPassword(f layout) (string, error) {
	text, err := os.ReadFile(f.password)
	if err != nil {
		return "", fmt.Errorf("reading the database's password: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// writeSettings writes the server's settings and who may connect: everyone who reaches the socket
// and has the password.
func (f layout) writeSettings(fast bool) error {
	text := fmt.Sprintf("# Written at each start of market40. Sized for two cores beside the program itself.\n"+
		"listen_addresses = ''\nport = 5432\nunix_socket_directories = %s\nunix_socket_permissions = 0700\n%s",
		quoted(f.run), common)
	if fast {
		text += testSettings
	} else {
		text += durable
	}
	if err := replaceFile(f.settings, text, 0o644); err != nil {
		return err
	}
	return replaceFile(f.access, "# Written at each start of market40.\nlocal all all scram-sha-256\n", 0o644)
}

// common is for every server. A terse log leaves out the rows that an error's details hold.
const common = `password_encryption = 'scram-sha-256'
max_connections = 100
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] '
log_min_messages = warning
log_checkpoints = off
log_error_verbosity = terse
jit = off
checkpoint_timeout = 15min
max_wal_size = 2GB
`

const durable = `fsync = on
synchronous_commit = on
full_page_writes = on
wal_compression = on
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 8MB
maintenance_work_mem = 64MB
random_page_cost = 1.1
autovacuum_vacuum_insert_scale_factor = 0.05
`

// testSettings is for the server that all tests of a package share, each with programs of its own.
// Later settings win.
const testSettings = `fsync = off
max_connections = 400
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
shared_buffers = 64MB
autovacuum = off
`

// quoted returns a path as a value of the settings file.
func quoted(path string) string { return "'" + strings.ReplaceAll(path, "'", "''") + "'" }

// replaceFile replaces a file so that a reader, or a crash, finds the old text or the new.
func replaceFile(path, text string, mode os.FileMode) error {
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
