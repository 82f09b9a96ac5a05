package sqlitestore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/testkit"
)

var quiet = sqlitestore.Options{Log: slog.New(slog.DiscardHandler)}

// Real limits of the system, in a process of their own.
func init() {
	childTasks["small disk"] = onSmallDisk
	childTasks["small files"] = withSmallFiles
}

// runTask runs a task in another process, which says "well" when all was as it should be.
func runTask(t *testing.T, task string, attributes *syscall.SysProcAttr) (said string, startErr error) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+t.TempDir(), childTask+"="+task)
	cmd.SysProcAttr = attributes
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return "", err
	}
	_ = cmd.Wait() // what it says counts
	return strings.TrimSpace(out.String()), nil
}

// [A5] A real disk of 4 MB. A user namespace lets anybody mount one, where the
// system allows that; elsewhere TestAFullDiskRefusesAndLosesNothing has to do.
func TestAReallyFullDisk(t *testing.T) {
	attributes := &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	if os.Geteuid() == 0 {
		attributes = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	}
	said, err := runTask(t, "small disk", attributes)
	if err != nil || strings.HasPrefix(said, cannotMount) {
		t.Skipf("this system lets nobody but root mount a small disk: %v %s", err, said)
	}
	if said != "well" {
		t.Errorf("[A5] %s", said)
	}
}

const cannotMount = "cannot mount"

func onSmallDisk(dir string) {
	// Nothing of it may show outside of this namespace.
	err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	if err == nil {
		err = syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m")
	}
	if err != nil {
		fmt.Println(cannotMount, err)
		return
	}
	ballast := filepath.Join(dir, "ballast")
	fill := func() error { return os.WriteFile(ballast, make([]byte, 2<<20), 0o600) }
	report(fillUp(dir, fill, func() error { return os.Remove(ballast) }))
}

// [A5] No file may be larger than 256 kB: what limits of a system look like
// that are no full disk.
func TestFilesThatMayNotGrow(t *testing.T) {
	said, err := runTask(t, "small files", nil)
	if err != nil {
		t.Fatal(err)
	}
	if said != "well" {
		t.Errorf("[A5] %s", said)
	}
}

func withSmallFiles(dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before)
	if err != nil {
		fmt.Println(err)
		return
	}
	limit := before
	limit.Cur = 256 << 10
	report(fillUp(dir,
		func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit) },
		func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before) }))
}

func report(err error) {
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("well")
}

// fillUp writes until nothing goes any more, makes room and goes on.
func fillUp(dir string, narrow, widen func() error) error {
	ctx := context.Background()
	s, err := sqlitestore.Open(ctx, dir, quiet)
	if err != nil {
		return err
	}
	s.SetSettlePause(0)
	offset := uint64(0)
	add := func() error {
		err := s.Append(ctx, testkit.Batch(offset+1, 4, strings.Repeat("a text of some length ", 100)))
		if err == nil {
			offset += 4
		}
		return err
	}
	if err := errors.Join(add(), narrow()); err != nil {
		return err
	}
	for range 5000 {
		if err = add(); err != nil {
			break
		}
	}
	if err == nil {
		return errors.New("it was never full")
	}
	if errors.Is(err, synclog.ErrRejected) != errors.Is(err, synclog.ErrFull) {
		return fmt.Errorf("refused, but not for lack of room: %w", err)
	}
	file := crm.NewID(time.Now())
	if err := s.PutFile(ctx, crm.MainWorkspace, file, bytes.NewReader(make([]byte, 3<<20))); err == nil {
		return errors.New("a file was kept that has no room")
	}
	if err := left(dir, ""); err != nil {
		return err
	}
	if _, err := s.OpenFile(ctx, crm.MainWorkspace, file); !errors.Is(err, synclog.ErrNotFound) {
		return fmt.Errorf("the file that has no room: %w", err)
	}
	if err := whole(s, offset); err != nil {
		return fmt.Errorf("while there is no room: %w", err)
	}
	if err := widen(); err != nil {
		return err
	}
	if err := errors.Join(s.Ping(ctx), add(), s.PutFile(ctx, crm.MainWorkspace, file, strings.NewReader("whole"))); err != nil {
		return fmt.Errorf("with room again: %w", err)
	}
	if err := errors.Join(whole(s, offset), left(dir, string(file)), s.Close()); err != nil {
		return err
	}
	if s, err = sqlitestore.Open(ctx, dir, quiet); err != nil {
		return err
	}
	return errors.Join(whole(s, offset), s.Close())
}

// left checks which files there are.
func left(dir, want string) error {
	names, err := os.ReadDir(filepath.Join(dir, "files"))
	if err != nil {
		return err
	}
	got := ""
	for _, name := range names {
		got += name.Name()
	}
	if got != want {
		return fmt.Errorf("files left: %q, want %q", got, want)
	}
	return nil
}

// whole checks that exactly the entries up to an offset are there.
func whole(s *sqlitestore.Store, upTo uint64) error {
	records := uint64(0)
	p, err := s.Load(context.Background(), crm.MainWorkspace, func(crm.Record) error { records++; return nil })
	if err == nil && (p.Offset != upTo || records != upTo) {
		err = fmt.Errorf("%d documents at entry %d, want %d", records, p.Offset, upTo)
	}
	return err
}
