package sqlitestore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"rapport/server/synclog"
)

// When a commit fails in any other way than for lack of room, above all when a
// sync fails, the system may have given up what it was to write and yet show it
// in its memory as if it were there: trying the sync again proves nothing. So
// the store stops taking changes until it has opened the file anew, has
// written all that lies in the write-ahead log into the database once more and
// synced it, has done a commit of its own, and has found the file whole. Only
// then is it known whether the batch in doubt is in.

const (
	// settleLimit bounds one try.
	settleLimit = 30 * time.Second
	settlePause = time.Second
	// settleWait is how long a try waits for readers, in milliseconds.
	settleWait = 500
)

// trouble is why no change is taken.
type trouble struct {
	err     error // nil: all is well
	doubt   []any // offset, body, … of the entries whose commit failed; nil: it is known what is in
	retryAt time.Time
	refused bool // the last change was refused, for lack of room mostly: Ping finds out whether that is over
}

// inDoubt reports whether the batch is the one whose outcome is unknown.
func (t *trouble) inDoubt(r rows) bool {
	if t.doubt == nil || len(t.doubt) != len(r.entries) {
		return false
	}
	for i := 1; i < len(t.doubt); i += insertEntries.columns {
		if !bytes.Equal(t.doubt[i].([]byte), r.entries[i].([]byte)) {
			return false
		}
	}
	return true
}

// stop makes the store take no more changes and returns why. It requires mu.
func (s *Store) stop(cause error, doubt []any) error {
	err := fmt.Errorf("%w: %w", synclog.ErrStopped, cause)
	if full(cause) {
		err = fmt.Errorf("%w: %w", synclog.ErrFull, err)
	}
	s.trouble = trouble{err: err, doubt: doubt}
	s.note.stop(s.head)
	s.log.Error("the store has stopped taking changes", "folder", s.dir, "error", cause)
	return err
}

// settle makes sure of what the store holds after it has stopped. It requires mu.
// Errors: it still takes no changes.
func (s *Store) settle() error {
	t := &s.trouble
	if t.err == nil {
		return nil
	}
	if time.Now().Before(t.retryAt) {
		return t.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), settleLimit)
	defer cancel()
	head, err := s.openAnew(ctx)
	if err == nil {
		err = s.judge(head)
	}
	if err != nil {
		t.retryAt = time.Now().Add(s.settlePause)
		s.log.Warn("the store still takes no changes", "folder", s.dir, "error", err)
		return t.err
	}
	s.trouble = trouble{}
	s.note.resume(s.head)
	s.log.Info("the store takes changes again", "folder", s.dir, "offset", s.head)
	return nil
}

// judge takes in where the log stands now. It requires mu.
func (s *Store) judge(head uint64) error {
	switch {
	case head == s.head:
		return nil // the batch in doubt is not in, and never will be
	case head == s.head+uint64(len(s.trouble.doubt)/insertEntries.columns):
		s.newest = synclog.Newest{} // its entries are not at hand
		s.advance(head)             // it is
		return nil
	}
	return fmt.Errorf("%w: the log ends at %d, %d was expected", synclog.ErrDamaged, head, s.head)
}

// openAnew opens the writer's connection again and returns the head that was
// found. It requires mu.
func (s *Store) openAnew(ctx context.Context) (head uint64, err error) {
	if err := s.opened.stillThere(); err != nil {
		return 0, err
	}
	s.inserts.close()
	if s.write != nil {
		_ = s.write.Close() // whatever it says: it is not used again
	}
	if err := s.connectWriter(ctx); err != nil {
		return 0, err
	}
	if err := rewrite(ctx, s.write); err != nil {
		return 0, err
	}
	if err := checkPages(ctx, s.write); err != nil {
		return 0, err
	}
	return head, s.write.QueryRowContext(ctx, selectHead).Scan(&head)
}

// rewrite brings all that is committed into the database file and syncs it,
// then begins the write-ahead log anew, which ends what lay in it unconfirmed.
func rewrite(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", settleWait)); err != nil {
		return err
	}
	var busy, inLog, done int
	if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &inLog, &done); err != nil {
		return err
	}
	if busy != 0 {
		return errors.New("a reader holds the write-ahead log")
	}
	return probe(ctx, db)
}

// probe is a commit that changes nothing of the workspace.
func probe(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('probed', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
		time.Now().UTC().Format(time.RFC3339Nano))
	return err
}

// checkPages has SQLite look at every page.
func checkPages(ctx context.Context, db *sql.DB) error {
	var said string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
		return err
	}
	if said != "ok" {
		return fmt.Errorf("%w: SQLite says: %s", synclog.ErrDamaged, said)
	}
	return nil
}

// Ping implements synclog.Store. After a refusal it also finds out whether
// changes would be taken again.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.read.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return s.failed("ping", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.settle(); err != nil {
		return err
	}
	if s.trouble.refused {
		if err := probe(ctx, s.write); err != nil {
			return s.failed("ping", sayFull(err))
		}
		s.trouble.refused = false
	}
	return nil
}

// openedFiles are the files that were opened, to tell them from others that
// have their names now.
type openedFiles map[string]os.FileInfo

const walSuffix = "-wal"

func openedIn(dir string) (openedFiles, error) {
	files := openedFiles{}
	for _, path := range []string{databasePath(dir), databasePath(dir) + walSuffix} {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		files[path] = info
	}
	return files, nil
}

// stillThere returns why what is written now would be lost: somebody has moved,
// replaced or deleted the files, which only their opened handles hold together.
func (f openedFiles) stillThere() error {
	for path, info := range f {
		now, err := os.Stat(path)
		if err == nil && !os.SameFile(info, now) {
			err = errors.New("it is another file now")
		}
		if err != nil {
			return fmt.Errorf("%s was moved, replaced or deleted while Rapport ran (%w); stop Rapport, bring the folder back and start again", path, err)
		}
	}
	return nil
}
