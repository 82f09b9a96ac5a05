package sqlitestore

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"rapport/server/synclog"
)

const databaseFile = "rapport.db"

// code returns what SQLite says went wrong, in general and exactly; 0 if it
// does not come from SQLite.
func code(err error) (primary, extended int) {
	const primaryCode = 0xff // the low byte; the rest says more precisely what happened
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & primaryCode, e.Code()
	}
	return 0, 0
}

// full reports whether an error means that there is no room left.
func full(err error) bool {
	_, extended := code(err)
	return outOfRoom(err) || extended == sqlite3.SQLITE_IOERR_SHMSIZE ||
		errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// outOfRoom reports whether SQLite had no room for the pages of a transaction.
func outOfRoom(err error) bool {
	primary, _ := code(err)
	return primary == sqlite3.SQLITE_FULL
}

// damaged reports whether an error means that a file is not what was written.
func damaged(err error) bool {
	primary, extended := code(err)
	switch {
	case errors.Is(err, synclog.ErrDamaged), primary == sqlite3.SQLITE_CORRUPT, primary == sqlite3.SQLITE_NOTADB:
		return true
	}
	return extended == sqlite3.SQLITE_IOERR_SHORT_READ
}

// sayFull makes an error that means no room is left a synclog.ErrFull.
func sayFull(err error) error {
	if full(err) {
		return fmt.Errorf("%w: %w", synclog.ErrFull, err)
	}
	return err
}

// failed wraps an error of reading.
func (s *Store) failed(what string, err error) error { return failedIn(s.dir, what, err) }

func failedIn(dir, what string, err error) error {
	if damaged(err) {
		return damagedIn(dir, err)
	}
	return fmt.Errorf("sqlitestore: %s: %w", what, err)
}

// damagedIn says what to do about a folder that has damaged files.
func damagedIn(dir string, cause error) error {
	return fmt.Errorf("%w: %s (%w); move the folder away and restore the newest backup into an empty one: rapport restore FILE",
		synclog.ErrDamaged, databasePath(dir), cause)
}

// notWritable explains the errors of a folder in which nothing can be made.
func notWritable(dir string, err error) error {
	primary, _ := code(err)
	if errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.EROFS) ||
		primary == sqlite3.SQLITE_READONLY || primary == sqlite3.SQLITE_CANTOPEN {
		return fmt.Errorf("sqlitestore: Rapport must be able to read and write in %s (RAPPORT_DATA): %w", dir, err)
	}
	return fmt.Errorf("sqlitestore: open %s: %w", dir, err)
}
