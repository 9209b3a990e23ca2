package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that PostgreSQL runs as: ourselves, or for root, whom PostgreSQL refuses,
// another.
type account struct {
	uid, gid uint32
	name     string
	other    bool // not ourselves
}

// prepareFolder makes the data directory and finds the account that will work in it.
func prepareFolder(f layout) (account, error) {
	who, err := accountFor(f)
	if err != nil {
		return account{}, err
	}
	if err := who.reaches(f.dir); err != nil {
		return account{}, err
	}
	_, err = os.Stat(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.MkdirAll(f.dir, 0o755)
		mode := os.FileMode(0o700)
		if who.other {
			mode = 0o711 // the database's user passes through to its own folders, and cannot list
		}
		if err == nil {
			err = os.Chmod(f.dir, mode)
		}
	}
	if err != nil {
		return account{}, fmt.Errorf("making the data directory: %w", err)
	}
	return who, who.reaches(f.dir)
}

// accountFor returns the owner of the data if there is some; else, for root, an unprivileged user.
func accountFor(f layout) (account, error) {
	info, err := os.Stat(f.data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return account{}, fmt.Errorf("%w: %w", ErrUnreachableDir, err)
	}
	self := uint32(os.Geteuid()) //nolint:gosec // user ids are 32 bits
	if self != 0 {
		if err == nil && ownerOf(info) != self {
			return account{}, fmt.Errorf("%w: %s belongs to %s: run as that user or set DATA_DIR",
				ErrUnreachableDir, f.data, nameOf(ownerOf(info)))
		}
		return account{uid: self, gid: uint32(os.Getegid()), name: nameOf(self)}, nil //nolint:gosec // as above
	}
	if err == nil && ownerOf(info) != 0 {
		return account{uid: ownerOf(info), gid: groupOf(info), name: nameOf(ownerOf(info)), other: true}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return account{uid: uint32(uid), gid: uint32(gid), name: name, other: true}, nil
		}
	}
	return account{}, errors.New(
		"PostgreSQL does not run as root, and there is no user postgres or nobody: run as an ordinary user")
}

// reaches returns ErrUnreachableDir with the first folder on the way to dir that the account may
// not enter. What does not exist yet is no obstacle.
func (a account) reaches(dir string) error {
	if !a.other {
		return nil
	}
	var way []string
	for at := dir; ; at = filepath.Dir(at) {
		way = append([]string{at}, way...)
		if at == filepath.Dir(at) {
			break
		}
	}
	for _, at := range way {
		info, err := os.Stat(at)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnreachableDir, err)
		}
		if !a.enters(info) {
			return fmt.Errorf("%w: user %s may not enter %s: set DATA_DIR=/var/lib/market40", ErrUnreachableDir, a.name,
				at)
		}
	}
	return nil
}

func (a account) enters(info fs.FileInfo) bool {
	mode := info.Mode().Perm()
	switch {
	case ownerOf(info) == a.uid:
		return mode&0o100 != 0
	case groupOf(info) == a.gid:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}

// changeOwner changes the owner of a new file or folder to the account.
func (a account) changeOwner(path string) error {
	if !a.other {
		return nil
	}
	if err := os.Lchown(path, int(a.uid), int(a.gid)); err != nil {
		return fmt.Errorf("giving %s to %s: %w", path, a.name, err)
	}
	return nil
}

func ownerOf(info fs.FileInfo) uint32 { return info.Sys().(*syscall.Stat_t).Uid } //nolint:forcetypeassert // every Unix
func groupOf(info fs.FileInfo) uint32 { return info.Sys().(*syscall.Stat_t).Gid } //nolint:forcetypeassert // every Unix

func nameOf(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return "user " + id
}
