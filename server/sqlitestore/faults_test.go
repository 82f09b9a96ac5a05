package sqlitestore_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/testkit/faultdisk"
)

// subject is a store under test with what it has acknowledged.
type subject struct {
	t    *testing.T
	dir  string
	disk *faultdisk.Disk
	log  *bytes.Buffer // what an operator sees
	*sqlitestore.Store
	acknowledged uint64 // the highest offset
}

func newSubject(t *testing.T) *subject {
	t.Helper()
	dir := t.TempDir()
	s := &subject{t: t, dir: dir, disk: faultdisk.Under(t, dir), log: &bytes.Buffer{}}
	s.open()
	t.Cleanup(func() {
		if s.Store != nil {
			s.disk.Mend()
			_ = s.Close()
		}
	})
	return s
}

func (s *subject) open() {
	s.t.Helper()
	var err error
	s.Store, err = sqlitestore.Open(s.t.Context(), s.dir, sqlitestore.Options{Log: slog.New(slog.NewTextHandler(s.log, nil))})
	if err != nil {
		s.t.Fatal(err)
	}
}

// next makes the batch behind what was acknowledged.
func (s *subject) next(n int) synclog.Batch {
	return testkit.Batch(s.acknowledged+1, n, strings.Repeat("a text of some length ", 100))
}

// give appends a batch and takes note when it was acknowledged.
func (s *subject) give(b synclog.Batch) error {
	err := s.Append(s.t.Context(), b)
	if err == nil {
		s.acknowledged = b.Entries[len(b.Entries)-1].Offset
	}
	return err
}

func (s *subject) mustGive(n int) {
	s.t.Helper()
	if err := s.give(s.next(n)); err != nil {
		s.t.Fatal(err)
	}
}

// wantWhole checks that exactly what was acknowledged can be read.
func (s *subject) wantWhole() {
	s.t.Helper()
	wantWhole(s.t, s.Store, s.acknowledged, s.acknowledged)
}

// wantWhole checks that a store's log ends between two offsets, and that there
// is a document for each entry.
func wantWhole(t *testing.T, s *sqlitestore.Store, least, most uint64) {
	t.Helper()
	records := uint64(0)
	p, err := s.Load(t.Context(), crm.MainWorkspace, func(crm.Record) error { records++; return nil })
	if err != nil {
		t.Fatal(err)
	}
	if p.Offset < least || p.Offset > most || records != p.Offset {
		t.Errorf("%d documents at entry %d, which should be between %d and %d", records, p.Offset, least, most)
	}
	var after uint64
	for after < p.Offset {
		entries, err := s.Entries(t.Context(), crm.MainWorkspace, after, p.Offset)
		if err != nil || len(entries) == 0 {
			t.Fatalf("entries after %d: %d, %v", after, len(entries), err)
		}
		for _, e := range entries {
			if after++; e.Offset != after {
				t.Fatalf("entry %d where %d belongs", e.Offset, after)
			}
		}
	}
}

// wantUnknown checks that a batch is called neither stored nor refused.
func wantUnknown(t *testing.T, err error) {
	t.Helper()
	if err == nil || errors.Is(err, synclog.ErrRejected) || errors.Is(err, synclog.ErrOffsetTaken) {
		t.Errorf("error %v; neither success nor a refusal is known", err)
	}
}

func wantRefused(t *testing.T, err, why error) {
	t.Helper()
	if !errors.Is(err, synclog.ErrRejected) || !errors.Is(err, why) {
		t.Errorf("error %v, want %v and %v", err, synclog.ErrRejected, why)
	}
}

// [A5] Whatever write finds no room any more, nothing of it stays.
func TestAFullDiskRefusesAndLosesNothing(t *testing.T) {
	for _, room := range []int{0, 100, 4096, 5000, 9000, 20_000, 50_000} {
		t.Run(fmt.Sprintf("[A5] with room for %d bytes", room), func(t *testing.T) {
			s := newSubject(t)
			s.mustGive(3)
			s.disk.Fill(room)
			var err error
			for range 20 {
				if err = s.give(s.next(8)); err != nil {
					break
				}
			}
			wantRefused(t, err, synclog.ErrFull)
			wantRefused(t, s.give(s.next(8)), synclog.ErrFull)
			s.wantWhole()
			if err := s.Ping(t.Context()); !errors.Is(err, synclog.ErrFull) {
				t.Errorf("Ping = %v, want %v", err, synclog.ErrFull)
			}
			s.disk.Mend()
			if err := s.Ping(t.Context()); err != nil {
				t.Errorf("with room again: %v", err)
			}
			s.mustGive(8)
			s.wantWhole()
			reopened(t, s)
		})
	}
}

// reopened closes the store, opens it again and checks what is there.
func reopened(t *testing.T, s *subject) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.open()
	s.wantWhole()
	s.mustGive(1)
}

// [A5] A file that does not fit leaves nothing; see limits_linux_test.go.

// What processes share about the write-ahead log is a file, too: while somebody
// reads, it grows.
func TestNoRoomForWhatProcessesShare(t *testing.T) {
	s := newSubject(t)
	s.mustGive(1)
	reader, err := sqlitestore.OpenSource(t.Context(), s.dir)
	if err != nil {
		t.Fatal(err)
	}
	hit := s.disk.Fail(faultdisk.Share, "-shm", 0, -1)
	for range 3000 {
		b := s.next(30)
		if err = s.give(b); err != nil {
			wantUnknown(t, err)
			if err := s.give(b); !errors.Is(err, synclog.ErrFull) {
				t.Errorf("[A5] given again: %v", err)
			}
			break
		}
	}
	await(t, hit)
	s.wantWhole()
	wantRefused(t, s.give(s.next(1)), synclog.ErrFull)
	s.disk.Mend()
	s.settleAfter(func() { _ = reader.Close() })
	s.mustGive(1)
	reopened(t, s)
}

// settleAfter does something and then waits until the store takes changes.
func (s *subject) settleAfter(do func()) {
	s.t.Helper()
	do()
	s.SetSettlePause(0)
	if err := s.Ping(s.t.Context()); err != nil {
		s.t.Fatalf("still %v\n%s", err, s.log)
	}
}

// [A4] When a sync fails, nobody knows whether the batch will be there, until
// the store has made sure of it.
func TestAFailedSyncStopsTheStore(t *testing.T) {
	for _, tt := range []struct {
		name string
		fail func(*faultdisk.Disk)
	}{
		{"[A4] the sync of a commit fails", func(d *faultdisk.Disk) { d.Fail(faultdisk.Sync, "-wal", 0, -1) }},
		{"[A4] the write of a commit fails", func(d *faultdisk.Disk) { d.Fail(faultdisk.Write, "-wal", 3, -1) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSubject(t)
			s.mustGive(5)
			tt.fail(s.disk)
			doubtful := s.next(3)
			wantUnknown(t, s.give(doubtful))
			s.wantWhole() // nothing is shown that is not stored
			for range 2 {
				wantUnknown(t, s.give(doubtful))
				wantRefused(t, s.give(s.next(3)), synclog.ErrStopped)
			}
			if err := s.Ping(t.Context()); !errors.Is(err, synclog.ErrStopped) {
				t.Errorf("Ping = %v, want %v", err, synclog.ErrStopped)
			}
			if !strings.Contains(s.log.String(), "has stopped taking changes") {
				t.Errorf("the log says %s", s.log)
			}
			s.wantWhole()
			s.settleAfter(s.disk.Mend)
			if !strings.Contains(s.log.String(), "takes changes again") {
				t.Errorf("the log says %s", s.log)
			}
			// It was not in, and the same batch is taken now.
			if err := s.give(doubtful); err != nil {
				t.Errorf("the batch in doubt: %v", err)
			}
			s.wantWhole()
			reopened(t, s)
		})
	}
}

func TestASyncThatFailsOnceIsMendedUnseen(t *testing.T) {
	s := newSubject(t)
	s.mustGive(5)
	s.disk.Fail(faultdisk.Sync, "-wal", 0, 1)
	b := s.next(3)
	wantUnknown(t, s.give(b))
	if err := s.give(b); err != nil { // as the committer does
		t.Errorf("[A4] given again: %v", err)
	}
	s.wantWhole()
	reopened(t, s)
}

// A store that was left stopped looks at everything before it trusts it.
func TestAStoppedStoreIsVerifiedWhenItIsOpened(t *testing.T) {
	s := newSubject(t)
	s.mustGive(5)
	s.disk.Fail(faultdisk.Sync, "", 0, -1)
	doubtful := s.next(3)
	wantUnknown(t, s.give(doubtful))
	_ = s.Close() // which cannot sync either
	s.disk.Mend()
	s.open()
	wantWhole(t, s.Store, 5, 8)
	p, err := s.Head(t.Context(), crm.MainWorkspace)
	if err != nil {
		t.Fatal(err)
	}
	s.acknowledged = p.Offset
	s.mustGive(2)
	reopened(t, s)
}

// Syncs fail at random, and at random the power goes: what was acknowledged is
// always there. On this disk a failed sync gives up what it was to store and
// the next one reports success, as systems do.
func TestNothingAcknowledgedIsLostWithThePower(t *testing.T) {
	seeds := slices.Clone(fixedSeeds)
	for round := range *powerCuts {
		seeds = append(seeds, *seed+uint64(round)) //nolint:gosec // small
	}
	for _, seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 4)) //nolint:gosec // a seed is to be repeated
		s := newSubject(t)
		s.SetSettlePause(0)
		s.SetCheckpoint(t.Context(), 1+random.IntN(60))
		most := uint64(0)
		for step := range 25 {
			switch random.IntN(4) {
			case 0:
				s.disk.Fail(faultdisk.Sync, []string{"-wal", ".db", ""}[random.IntN(3)], random.IntN(3), 1+random.IntN(3))
			case 1:
				s.disk.Mend()
			}
			b := s.next(1 + random.IntN(4))
			err := s.give(b)
			most = max(most, b.Entries[len(b.Entries)-1].Offset)
			if p, headErr := s.Head(t.Context(), crm.MainWorkspace); headErr == nil && err != nil {
				s.acknowledged = max(s.acknowledged, p.Offset) // a doubt that was settled
			}
			if random.IntN(3) > 0 {
				continue
			}
			after, err := sqlitestore.Open(t.Context(), s.disk.PowerCut(t, random.IntN(40)), sqlitestore.Options{Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatalf("[A4] -seed=%d -power-cuts=1, step %d: after the power was cut: %v", seed, step, err)
			}
			wantWhole(t, after, s.acknowledged, max(most, s.acknowledged))
			if err := after.Close(); err != nil {
				t.Error(err)
			}
			if t.Failed() {
				t.Fatalf("[A4] -seed=%d -power-cuts=1, step %d", seed, step)
			}
		}
		s.disk.Mend()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		s.Store = nil
	}
	t.Logf("held %d rounds from -seed=%d on", len(seeds), *seed)
}

// await waits for a fault to strike, which it must.
func await(t *testing.T, hit <-chan struct{}) {
	t.Helper()
	select {
	case <-hit:
	case <-time.After(20 * time.Second):
		t.Fatal("the disk was never asked for what was to fail")
	}
}

// A database that cannot be written does no harm as long as its write-ahead log can.
func TestACheckpointThatFailsIsTriedAgain(t *testing.T) {
	for _, op := range []faultdisk.Op{faultdisk.Write, faultdisk.Sync} {
		t.Run(fmt.Sprintf("[A4] the %s of the database fails", op), func(t *testing.T) {
			s := newSubject(t)
			s.SetCheckpoint(t.Context(), 10)
			hit := s.disk.Fail(op, ".db", 0, -1)
			for range 20 {
				s.mustGive(5)
			}
			await(t, hit)
			s.wantWhole()
			cut, err := sqlitestore.Open(t.Context(), s.disk.PowerCut(t, 0), sqlitestore.Options{Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			wantWhole(t, cut, s.acknowledged, s.acknowledged)
			_ = cut.Close()
			s.disk.Mend()
			s.mustGive(5)
			reopened(t, s)
		})
	}
}

// What somebody does to the folder while the store has it open.
func TestAFolderThatIsTakenAwayTakesNoChanges(t *testing.T) {
	for _, tt := range []struct {
		name string
		take func(t *testing.T, dir string)
	}{
		{"the folder is deleted", func(t *testing.T, dir string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}},
		{"the folder is moved", func(t *testing.T, dir string) {
			if err := os.Rename(dir, dir+"-moved"); err != nil {
				t.Fatal(err)
			}
		}},
		{"the write-ahead log is deleted", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "rapport.db-wal")); err != nil {
				t.Fatal(err)
			}
		}},
		{"the database is replaced by a copy", func(t *testing.T, dir string) {
			path := filepath.Join(dir, "rapport.db")
			raw, err := os.ReadFile(path)
			if err == nil {
				err = errors.Join(os.Rename(path, path+".old"), os.WriteFile(path, raw, 0o600))
			}
			if err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			s := &subject{t: t, dir: dir, log: &bytes.Buffer{}}
			s.open()
			defer s.Close() //nolint:errcheck // its folder is gone
			s.mustGive(4)
			tt.take(t, dir)
			for range 2 {
				err := s.give(s.next(1))
				wantRefused(t, err, synclog.ErrStopped)
				if !strings.Contains(fmt.Sprint(err), "moved, replaced or deleted") {
					t.Errorf("it says %v", err)
				}
			}
			s.wantWhole()
		})
	}
}

func TestAFolderThatCannotBeWrittenIsNamed(t *testing.T) {
	if os.Geteuid() == 0 {
		// Root may write everywhere: the disk itself has to refuse.
		dir := t.TempDir()
		faultdisk.Under(t, dir).Fail(faultdisk.Open, ".db", 0, -1)
		wantNotWritable(t, dir)
		return
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil { //nolint:gosec // that is the point
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) }) //nolint:gosec // so that it can be removed
	wantNotWritable(t, dir)
}

func wantNotWritable(t *testing.T, dir string) {
	t.Helper()
	_, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
	if err == nil || !strings.Contains(err.Error(), "able to read and write in "+dir) {
		t.Errorf("error %v", err)
	}
}
