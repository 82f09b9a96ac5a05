// Package faultdisk makes the disk under SQLite fail on purpose: it is full, a
// sync reports an error, a page cannot be read, the power goes. Everything works
// without special rights and the same each time.
package faultdisk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	sqlite3 "modernc.org/sqlite/lib"
)

// Op is what SQLite does with a file.
type Op string

// The ops that can fail.
const (
	Open     Op = "open"
	Read     Op = "read"
	Write    Op = "write"
	Truncate Op = "truncate"
	Sync     Op = "sync"
	Share    Op = "share" // making the memory larger that processes share
)

// errors as SQLite's own VFS reports them.
var ioErrors = map[Op]int32{
	Open: sqlite3.SQLITE_CANTOPEN, Read: sqlite3.SQLITE_IOERR_READ, Write: sqlite3.SQLITE_IOERR_WRITE,
	Truncate: sqlite3.SQLITE_IOERR_TRUNCATE, Sync: sqlite3.SQLITE_IOERR_FSYNC, Share: sqlite3.SQLITE_IOERR_SHMSIZE,
}

// Disk is the disk under one folder. It knows what of the databases in it has
// really been stored: what was written and synced. What a failed sync was to
// store is given up, as systems do, though reading still shows it.
type Disk struct {
	dir string

	mu     sync.Mutex // guards all below
	faults []*fault
	room   int // bytes that may still be written; < 0: any number
	stored map[string][]byte
	cached map[string][]change // written, not synced
}

type fault struct {
	op     Op
	suffix string // of the file's name
	skip   int    // so many go well first
	times  int    // so many fail; < 0: all
	hit    chan struct{}
}

// change is a write at an offset; data nil: a truncation to it.
type change struct {
	offset int64
	data   []byte
}

// Under puts a disk under a folder. Databases opened in it from now on use it,
// until the test ends.
func Under(t testing.TB, dir string) *Disk {
	t.Helper()
	if err := install(); err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	d := &Disk{dir: dir, room: -1, stored: map[string][]byte{}, cached: map[string][]change{}}
	disks.Lock()
	defer disks.Unlock()
	disks.byDir[dir] = d
	t.Cleanup(func() {
		disks.Lock()
		defer disks.Unlock()
		delete(disks.byDir, dir)
	})
	return d
}

// Fail makes an op on files whose names end in suffix fail: after skip that go
// well, times of them (< 0: all, until Mend). The returned channel is closed at
// the first.
func (d *Disk) Fail(op Op, suffix string, skip, times int) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := &fault{op: op, suffix: suffix, skip: skip, times: times, hit: make(chan struct{})}
	d.faults = append(d.faults, f)
	return f.hit
}

// Fill leaves room for so many bytes more.
func (d *Disk) Fill(room int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room = room
}

// Mend ends all faults and makes room.
func (d *Disk) Mend() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults, d.room = nil, -1
}

// fault returns SQLite's code of what goes wrong now, if anything does.
func (d *Disk) fault(op Op, name string, bytes int) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if op == Write && d.room >= 0 {
		if bytes > d.room {
			return sqlite3.SQLITE_FULL
		}
		d.room -= bytes
	}
	if op == Share && d.room == 0 {
		return ioErrors[Share]
	}
	for _, f := range d.faults {
		if f.op != op || !strings.HasSuffix(name, f.suffix) || f.times == 0 {
			continue
		}
		if f.skip > 0 {
			f.skip--
			continue
		}
		f.times--
		select {
		case <-f.hit:
		default:
			close(f.hit)
		}
		return ioErrors[op]
	}
	return sqlite3.SQLITE_OK
}

func (d *Disk) written(name string, offset int64, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cached[name] = append(d.cached[name], change{offset, slices.Clone(data)})
}

func (d *Disk) truncated(name string, size int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cached[name] = append(d.cached[name], change{offset: size})
}

func (d *Disk) synced(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stored[name] = applied(d.stored[name], d.cached[name])
	d.cached[name] = nil
}

func (d *Disk) givenUp(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cached[name] = nil
}

func (d *Disk) deleted(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.stored, name)
	delete(d.cached, name)
}

func applied(content []byte, changes []change) []byte {
	for _, c := range changes {
		if c.data == nil {
			content = content[:min(int64(len(content)), c.offset)]
			continue
		}
		if end := int(c.offset) + len(c.data); len(content) < end {
			content = append(content, make([]byte, end-len(content))...)
		}
		copy(content[c.offset:], c.data)
	}
	return content
}

// PowerCut makes a folder as the disk would have it if the power went now: of
// the databases what was synced, and of what was not the first so many changes
// of each file; all other files as they are.
func (d *Disk) PowerCut(t testing.TB, unsynced int) string {
	t.Helper()
	to := t.TempDir()
	d.mu.Lock()
	defer d.mu.Unlock()
	err := filepath.WalkDir(d.dir, func(path string, entry fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(d.dir, path)
		switch {
		case err != nil || relErr != nil:
			return errors.Join(err, relErr)
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		case strings.HasSuffix(rel, "-shm"):
			return nil // memory
		}
		content, known := d.stored[rel], d.known(rel)
		if known {
			pending := d.cached[rel]
			content = applied(slices.Clone(content), pending[:min(unsynced, len(pending))])
		} else if content, err = os.ReadFile(path); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), content, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// known reports whether a file was written through the disk. It requires mu.
func (d *Disk) known(name string) bool {
	_, stored := d.stored[name]
	_, cached := d.cached[name]
	return stored || cached
}
