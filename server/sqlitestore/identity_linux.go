package sqlitestore

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// identity tells a file from its copies: by its number and the moment it was
// made, since numbers are used again. Where the file system knows no such
// moment, the number has to do.
func identity(path string) string {
	var s unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_INO|unix.STATX_BTIME, &s); err != nil {
		return unknownFile
	}
	return fmt.Sprintf("%d.%d.%d", s.Ino, s.Btime.Sec, s.Btime.Nsec)
}

// dropCached makes the next reads of files come from the disk, as far as
// nothing unwritten is in the way. Nobody may have them open.
func dropCached(paths ...string) {
	for _, path := range paths {
		f, err := os.Open(path) //nolint:gosec // our own file
		if err != nil {
			continue // opening the database says what is wrong
		}
		_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
		_ = f.Close()
	}
}
