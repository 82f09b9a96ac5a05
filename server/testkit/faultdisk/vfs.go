package faultdisk

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite reaches the disk through a table of functions, its VFS, and each open
// file through another one. install puts a copy of the default VFS in front,
// whose open gives the files below a Disk a table that asks the Disk first.

// disks are all that were made, by their folders.
var disks = struct {
	sync.RWMutex // guards byDir
	byDir        map[string]*Disk
}{byDir: map[string]*Disk{}}

// files are the open files below disks, by SQLite's handles.
var files sync.Map // uintptr -> *file

// file is an open file below a disk.
type file struct {
	disk *Disk
	name string // beside the folder: "rapport.db-wal"
	real *sqlite3.Tsqlite3_io_methods
}

// system is SQLite's own VFS.
var system struct {
	vfs  uintptr
	open uintptr
	drop uintptr // deletes a file
	// tables are the copies of its tables of functions, by the originals.
	mu     sync.Mutex // guards tables
	tables map[uintptr]uintptr
}

var install = sync.OnceValue(func() error {
	tls := libc.NewTLS() // lives as long as the process
	system.vfs = sqlite3.Xsqlite3_vfs_find(tls, 0)
	if system.vfs == 0 {
		return errors.New("faultdisk: SQLite has no VFS")
	}
	original := at[sqlite3.Tsqlite3_vfs](system.vfs)
	system.open, system.drop, system.tables = original.FxOpen, original.FxDelete, map[uintptr]uintptr{}
	name, err := libc.CString("faultdisk")
	if err != nil {
		return err
	}
	front := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(*original)))
	if front == 0 {
		return errors.New("faultdisk: out of memory")
	}
	copied := at[sqlite3.Tsqlite3_vfs](front)
	*copied = *original
	copied.FzName, copied.FpNext = name, 0
	copied.FxOpen, copied.FxDelete = pointer(xOpen), pointer(xDelete)
	if rc := sqlite3.Xsqlite3_vfs_register(tls, front, 1); rc != sqlite3.SQLITE_OK {
		return errors.New("faultdisk: SQLite takes no other VFS")
	}
	return nil
})

// at reads what lies at an address that SQLite uses.
func at[T any](address uintptr) *T {
	return *(**T)(unsafe.Pointer(&address))
}

// pointer is a function as SQLite's tables hold it; call is the way back. See
// https://golang.org/s/go11func.
func pointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f})) }

func call[F any](address uintptr) F {
	return *(*F)(unsafe.Pointer(&struct{ address uintptr }{address}))
}

type (
	openFunc     func(tls *libc.TLS, vfs, name, handle uintptr, flags int32, out uintptr) int32
	dropFunc     func(tls *libc.TLS, vfs, name uintptr, syncDir int32) int32
	closeFunc    func(tls *libc.TLS, handle uintptr) int32
	transferFunc func(tls *libc.TLS, handle, buffer uintptr, n int32, offset int64) int32
	truncateFunc func(tls *libc.TLS, handle uintptr, size int64) int32
	syncFunc     func(tls *libc.TLS, handle uintptr, flags int32) int32
	shmMapFunc   func(tls *libc.TLS, handle uintptr, page, size, extend int32, out uintptr) int32
)

func xOpen(tls *libc.TLS, _, name, handle uintptr, flags int32, out uintptr) int32 {
	disk, base := find(name)
	if disk != nil {
		if rc := disk.fault(Open, base, 0); rc != sqlite3.SQLITE_OK {
			at[sqlite3.Tsqlite3_file](handle).FpMethods = 0 // nothing to close
			return rc
		}
	}
	rc := call[openFunc](system.open)(tls, system.vfs, name, handle, flags, out)
	opened := at[sqlite3.Tsqlite3_file](handle)
	if rc != sqlite3.SQLITE_OK || disk == nil || opened.FpMethods == 0 {
		return rc
	}
	files.Store(handle, &file{disk: disk, name: base, real: at[sqlite3.Tsqlite3_io_methods](opened.FpMethods)})
	opened.FpMethods = tableFor(tls, opened.FpMethods)
	return rc
}

func xDelete(tls *libc.TLS, _, name uintptr, syncDir int32) int32 {
	if disk, base := find(name); disk != nil {
		disk.deleted(base)
	}
	return call[dropFunc](system.drop)(tls, system.vfs, name, syncDir)
}

// find returns the disk of a path, nil if it is on none.
func find(name uintptr) (disk *Disk, base string) {
	if name == 0 {
		return nil, "" // a temporary file
	}
	path := filepath.Clean(libc.GoString(name))
	disks.RLock()
	defer disks.RUnlock()
	return disks.byDir[filepath.Dir(path)], filepath.Base(path)
}

// tableFor returns the table of functions in front of an original one.
func tableFor(tls *libc.TLS, original uintptr) uintptr {
	system.mu.Lock()
	defer system.mu.Unlock()
	if table := system.tables[original]; table != 0 {
		return table
	}
	methods := *at[sqlite3.Tsqlite3_io_methods](original)
	methods.FxClose, methods.FxRead, methods.FxWrite = pointer(xClose), pointer(xRead), pointer(xWrite)
	methods.FxTruncate, methods.FxSync, methods.FxShmMap = pointer(xTruncate), pointer(xSync), pointer(xShmMap)
	table := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(methods)))
	if table == 0 {
		panic("faultdisk: out of memory")
	}
	*at[sqlite3.Tsqlite3_io_methods](table) = methods
	system.tables[original] = table
	return table
}

func opened(handle uintptr) *file {
	f, ok := files.Load(handle)
	if !ok {
		panic("faultdisk: a file that was never opened")
	}
	return f.(*file)
}

func xClose(tls *libc.TLS, handle uintptr) int32 {
	f := opened(handle)
	files.Delete(handle)
	return call[closeFunc](f.real.FxClose)(tls, handle)
}

func xRead(tls *libc.TLS, handle, buffer uintptr, n int32, offset int64) int32 {
	f := opened(handle)
	if rc := f.disk.fault(Read, f.name, int(n)); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return call[transferFunc](f.real.FxRead)(tls, handle, buffer, n, offset)
}

func xWrite(tls *libc.TLS, handle, buffer uintptr, n int32, offset int64) int32 {
	f := opened(handle)
	if rc := f.disk.fault(Write, f.name, int(n)); rc != sqlite3.SQLITE_OK {
		return rc
	}
	rc := call[transferFunc](f.real.FxWrite)(tls, handle, buffer, n, offset)
	if rc == sqlite3.SQLITE_OK {
		f.disk.written(f.name, offset, unsafe.Slice(at[byte](buffer), n))
	}
	return rc
}

func xTruncate(tls *libc.TLS, handle uintptr, size int64) int32 {
	f := opened(handle)
	if rc := f.disk.fault(Truncate, f.name, 0); rc != sqlite3.SQLITE_OK {
		return rc
	}
	rc := call[truncateFunc](f.real.FxTruncate)(tls, handle, size)
	if rc == sqlite3.SQLITE_OK {
		f.disk.truncated(f.name, size)
	}
	return rc
}

func xSync(tls *libc.TLS, handle uintptr, flags int32) int32 {
	f := opened(handle)
	if rc := f.disk.fault(Sync, f.name, 0); rc != sqlite3.SQLITE_OK {
		f.disk.givenUp(f.name)
		return rc
	}
	rc := call[syncFunc](f.real.FxSync)(tls, handle, flags)
	if rc == sqlite3.SQLITE_OK {
		f.disk.synced(f.name)
	}
	return rc
}

func xShmMap(tls *libc.TLS, handle uintptr, page, size, extend int32, out uintptr) int32 {
	f := opened(handle)
	if extend != 0 {
		if rc := f.disk.fault(Share, strings.TrimSuffix(f.name, "-wal")+"-shm", 0); rc != sqlite3.SQLITE_OK {
			*at[uintptr](out) = 0
			return rc
		}
	}
	return call[shmMapFunc](f.real.FxShmMap)(tls, handle, page, size, extend, out)
}
