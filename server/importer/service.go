// Package importer brings deals from files of other programs into the
// workspace: it reads them, shows what would become of each row, and writes the
// deals in the importer's name, in parts between which everybody else's
// commands go on.
package importer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/wire"
	"rapport/server/workspace"
)

const (
	// maxWaiting bounds the files of one person that lie about unimported; the
	// oldest makes room.
	maxWaiting = 10
	// abandonedAfter is when a file that nobody imports is thrown away.
	abandonedAfter = 7 * 24 * time.Hour
	// readers bounds how many files are in memory at once for analysis,
	// runners how many imports run; more wait.
	readers, runners = 2, 2
)

// Options of the service.
type Options struct {
	Now func() time.Time // default time.Now
	Log *slog.Logger     // default slog.Default()
	// Progress tells the importer's screens how far his import is; nil: nobody.
	Progress func(importer crm.ID, p wire.Progress)
	// Shared says that other nodes import on the same store: Resume then takes
	// over from those that die. LookEvery is how often it looks; default 5 s.
	Shared    bool
	LookEvery time.Duration
}

// Service imports files. All methods are safe for concurrent use.
type Service struct {
	ws       *workspace.Workspace
	now      func() time.Time
	log      *slog.Logger
	progress func(crm.ID, wire.Progress)

	reading chan struct{} // a token for each file in memory
	running chan struct{} // a token for each import that runs
	stop    context.CancelFunc
	ctx     context.Context //nolint:containedctx // the life of the background work, ended by Close
	work    sync.WaitGroup

	shared    bool
	lookEvery time.Duration

	mu     sync.Mutex                   // guards all below; the change hook takes it
	counts map[crm.ID]wire.ImportCounts // of the imports that run on this node
	here   map[crm.ID]bool              // imports that this node runs, or could not finish
	// Of running imports: the last entry that each wrote, wherever it runs, and
	// which one that was at the last look.
	written, seen map[crm.ID]uint64
}

// New makes the service. Close ends it.
func New(ws *workspace.Workspace, o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Progress == nil {
		o.Progress = func(crm.ID, wire.Progress) {}
	}
	if o.LookEvery == 0 {
		o.LookEvery = lookEvery
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Service{
		ws: ws, now: o.Now, log: o.Log, progress: o.Progress,
		reading: make(chan struct{}, readers), running: make(chan struct{}, runners),
		ctx: ctx, stop: stop, shared: o.Shared, lookEvery: o.LookEvery,
		counts: map[crm.ID]wire.ImportCounts{}, here: map[crm.ID]bool{}, written: map[crm.ID]uint64{},
	}
	if s.shared {
		ws.OnChange(s.notice)
	}
	return s
}

// Close stops imports between two parts and waits for that. They go on at the
// next start.
func (s *Service) Close() {
	s.stop()
	s.work.Wait()
}

// Upload keeps a file and says what is in it. name is what the browser calls
// the file. A file that cannot be read at all is not kept.
// Errors: CodeForbidden, CodeTooLarge, CodeInvalid (reason, and the row in Params).
func (s *Service) Upload(ctx context.Context, by crm.Actor, name string, r io.Reader) (wire.Import, error) {
	// Pipelines and owners are proposed that another node may have made, or taken
	// back, a moment ago. When the store is silent, what is known here has to do.
	_ = s.ws.Confirm(ctx)
	job := crm.Fields{crm.KeyOwner: string(by.UserID), keyName: cleanFileName(name), keyState: string(wire.ImportUploaded)}
	err := s.ws.Read(ctx, nil, func(st *workspace.State) error {
		department, err := departmentFor(st, by.UserID)
		job[crm.KeyDepartment] = string(department)
		return err
	})
	if err != nil {
		return wire.Import{}, err
	}
	release, err := acquire(ctx, s.reading)
	if err != nil {
		return wire.Import{}, err
	}
	defer release()
	raw, err := readAll(r)
	if err != nil {
		return wire.Import{}, err
	}
	sum := sha256.Sum256(raw)
	job[keySize], job[keyHash] = int64(len(raw)), hex.EncodeToString(sum[:])
	id := crm.NewID(s.now())
	draft := crm.Record{Type: crm.TypeImport, ID: id, Version: 1, Fields: crm.Pack(job)}
	analysed, err := s.analyse(ctx, by.UserID, draft, raw, settingsOf(draft))
	if err != nil {
		return wire.Import{}, err
	}
	if err := s.keep(ctx, by, id, job, raw); err != nil {
		return wire.Import{}, err
	}
	analysed.CreatedAt = workspace.Timestamp(s.now())
	return analysed, nil
}

// departmentFor finds a department in which the person may import.
func departmentFor(st *workspace.State, by crm.ID) (crm.ID, error) {
	policy := st.Policy()
	for _, d := range append([]crm.ID{policy.PrimaryDepartment(by)}, policy.DepartmentsOf(by)...) {
		rec := crm.Record{Type: crm.TypeImport, Version: 1, Fields: crm.Pack(crm.Fields{crm.KeyOwner: string(by), crm.KeyDepartment: string(d)})}
		if st.Can(by, access.ActionCreate, rec) != 0 {
			return d, nil
		}
	}
	return "", crm.Errorf(crm.CodeForbidden, "forbidden", "you may not import")
}

func readAll(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxFileBytes+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > MaxFileBytes {
		return nil, crm.Errorf(crm.CodeTooLarge, "too_large", "the file is larger than %d bytes", MaxFileBytes)
	}
	return raw, nil
}

// keep stores the file and its record, and throws away what lies about too long.
func (s *Service) keep(ctx context.Context, by crm.Actor, id crm.ID, job crm.Fields, raw []byte) error {
	files, ws := s.ws.Files(), s.ws.ID()
	if err := files.PutFile(ctx, ws, id, bytes.NewReader(raw)); err != nil {
		return workspace.StoreError(err, "the file could not be kept")
	}
	var dropped []crm.ID
	_, err := s.ws.Commit(ctx, workspace.Command{Name: "import.upload", Actor: by, Plan: func(tx *workspace.Tx) error {
		if _, err := tx.Require(access.ActionCreate, crm.Record{Type: crm.TypeImport, ID: id, Version: 1, Fields: crm.Pack(job)}); err != nil {
			return err
		}
		dropped = s.abandoned(&tx.State, by.UserID)
		for _, old := range dropped {
			if err := tx.Trash(old); err != nil {
				return err
			}
		}
		return tx.Create(crm.TypeImport, id, job)
	}})
	switch {
	case crm.CodeOf(err) == crm.CodeUnknown:
		dropped = nil // the record may be there yet, and would be without its file
	case err != nil:
		dropped = []crm.ID{id}
	}
	for _, old := range dropped {
		if rmErr := files.DeleteFile(ctx, ws, old); rmErr != nil {
			s.log.Warn("file of an import not removed", "importId", string(old), "error", rmErr)
		}
	}
	return err
}

// abandoned lists the files that make room: old ones of anybody, and the oldest
// of a person who has too many.
func (s *Service) abandoned(st *workspace.State, by crm.ID) []crm.ID {
	var old, own []crm.ID
	limit := s.now().Add(-abandonedAfter)
	st.Each(crm.TypeImport, func(rec crm.Record) bool {
		switch {
		case stateOf(rec) != wire.ImportUploaded:
		case rec.Fields.Time(crm.KeyCreatedAt).Before(limit) && len(old) < 100:
			old = append(old, rec.ID)
		case rec.Fields.ID(crm.KeyOwner) == by:
			own = append(own, rec.ID)
		}
		return true
	})
	slices.Sort(own) // ids begin with their time
	if extra := len(own) - maxWaiting + 1; extra > 0 {
		old = append(old, own[:extra]...)
	}
	return old
}

// List returns the person's imports, newest first, without their analyses.
func (s *Service) List(ctx context.Context, by crm.Actor) (wire.ImportList, error) {
	var list wire.ImportList
	touched := map[string]crm.ID{}
	err := s.ws.Read(ctx, nil, func(st *workspace.State) error {
		list.Imports = []wire.Import{}
		st.Each(crm.TypeImport, func(rec crm.Record) bool {
			if _, err := mine(st, by.UserID, rec.ID); err == nil {
				list.Imports = append(list.Imports, s.present(st, rec))
				touched[string(rec.ID)] = rec.Fields.ID(keyTouched)
			}
			return true
		})
		return nil
	})
	for i := range list.Imports {
		v := &list.Imports[i]
		err = errors.Join(err, s.addUndone(ctx, v, touched[v.ID]))
	}
	slices.SortFunc(list.Imports, func(a, b wire.Import) int { return strings.Compare(b.ID, a.ID) })
	return list, err
}

// present is view with the counts of an import that runs on this node.
func (s *Service) present(st *workspace.State, rec crm.Record) wire.Import {
	v := view(st, rec)
	if v.State == wire.ImportRunning {
		s.mu.Lock()
		defer s.mu.Unlock()
		if c, ok := s.counts[rec.ID]; ok {
			v.Counts = c
		}
	}
	return v
}

// Get returns an import; while it waits to be started, with its analysis.
// Errors: CodeNotFound.
func (s *Service) Get(ctx context.Context, by crm.Actor, id crm.ID) (wire.Import, error) {
	rec, v, err := s.load(ctx, by, id)
	if err != nil {
		return v, err
	}
	if stateOf(rec) != wire.ImportUploaded {
		return v, s.addUndone(ctx, &v, rec.Fields.ID(keyTouched))
	}
	return s.Preview(ctx, by, id, settingsOf(rec))
}

// Preview says what an import would do with the given settings. It changes nothing.
// Errors: CodeNotFound, CodeInvalid (Fields names the setting), CodeConflict
// (it was started already).
func (s *Service) Preview(ctx context.Context, by crm.Actor, id crm.ID, set wire.ImportSettings) (wire.Import, error) {
	rec, _, err := s.load(ctx, by, id)
	if err != nil {
		return wire.Import{}, err
	}
	if stateOf(rec) != wire.ImportUploaded {
		return wire.Import{}, started()
	}
	release, err := acquire(ctx, s.reading)
	if err != nil {
		return wire.Import{}, err
	}
	defer release()
	raw, err := s.file(ctx, id)
	if err != nil {
		return wire.Import{}, err
	}
	return s.analyse(ctx, by.UserID, rec, raw, set)
}

func started() error {
	return crm.Errorf(crm.CodeConflict, "import_started", "this import was started already")
}

func (s *Service) load(ctx context.Context, by crm.Actor, id crm.ID) (rec crm.Record, v wire.Import, err error) {
	err = s.ws.Read(ctx, nil, func(st *workspace.State) error {
		if rec, err = mine(st, by.UserID, id); err == nil {
			v = s.present(st, rec)
		}
		return err
	})
	return rec, v, err
}

// file reads the source of an import.
func (s *Service) file(ctx context.Context, id crm.ID) ([]byte, error) {
	r, err := s.ws.Files().OpenFile(ctx, s.ws.ID(), id)
	if errors.Is(err, synclog.ErrNotFound) {
		return nil, crm.Errorf(crm.CodeNotFound, "file_gone", "the file is not kept any more")
	}
	if err != nil {
		return nil, workspace.StoreError(err, "the file cannot be read")
	}
	defer r.Close() //nolint:errcheck // read only
	raw, err := readAll(r)
	if err != nil {
		return nil, workspace.StoreError(err, "the file cannot be read")
	}
	return raw, nil
}

// acquire waits for a token.
// Errors: CodeUnavailable when ctx ends before.
func acquire(ctx context.Context, tokens chan struct{}) (release func(), err error) {
	select {
	case tokens <- struct{}{}:
		return func() { <-tokens }, nil
	case <-ctx.Done():
		return nil, crm.Errorf(crm.CodeUnavailable, "busy", "too many files are being read; try again")
	}
}
