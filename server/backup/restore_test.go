package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"rapport/server/backup"
	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/workspace"
)

func TestWhatIsBackedUpIsRestored(t *testing.T) {
	eachPair(t, func(t *testing.T, from, to *place) {
		c := from.settle(t)
		before := from.contents(t)
		done, err := to.restore(t.Context(), bytes.NewReader(from.backedUp(t)))
		if err != nil {
			t.Fatal(err)
		}
		after := to.contents(t)
		if done.Of.Offset != before.position.Offset || done.Of.Records.Count != uint64(len(before.records)) || done.Retired != 2 {
			t.Errorf("said %+v", done)
		}
		if after.position.Epoch == before.position.Epoch || !after.position.Epoch.Valid() {
			t.Errorf("[SL2] epoch %q, as before %q", after.position.Epoch, before.position.Epoch)
		}
		if n := len(before.entries); !reflect.DeepEqual(after.entries[:n], before.entries) || len(after.entries) != n+1 {
			t.Errorf("%d entries, before %d, or they are not the same", len(after.entries), n)
		}
		if !reflect.DeepEqual(after.files, before.files) || after.files[c.result] != fileText {
			t.Errorf("files %v, want %v", after.files, before.files)
		}
		for id, want := range before.records {
			got := after.records[id]
			switch ended := id == c.session || id == c.link; {
			case !ended && !reflect.DeepEqual(got, want):
				t.Errorf("%s %s\n got %+v\nwant %+v", want.Type, id, got, want)
			case ended && (!got.Trashed() || got.Version != want.Version+1):
				t.Errorf("%s %s lives on: %+v", want.Type, id, got)
			}
		}
		to.wantClean(t)
		to.within(t, func(_ synclog.Store, ws *workspace.Workspace) {
			if r := commit(t, ws, c.repeated); !r.Repeated {
				t.Error("a command that was done before the backup was done again")
			}
			entries, err := ws.History(t.Context(), c.deal, synclog.Page{Limit: 10})
			if err != nil || len(entries) != 2 {
				t.Errorf("%d entries in the deal's history, %v", len(entries), err)
			}
			if group, err := ws.Group(t.Context(), c.group); err != nil || len(group) != 40 {
				t.Errorf("%d entries in the group, %v", len(group), err)
			}
			commit(t, ws, workspace.Command{Name: "record.edit", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
				return tx.Edit(c.deal, crm.Fields{"title": "Tin boxes, red"}, nil)
			}})
		})
		to.wantClean(t)
	})
}

// [A13] A copy that is cut off leaves nothing that anybody could take for one, and
// is begun anew.
func TestCopyLeavesBothSidesEqual(t *testing.T) {
	eachPair(t, func(t *testing.T, from, to *place) {
		from.settle(t)
		before := from.contents(t)
		to.cutOff(t, from)
		target := must[synclog.Target](t)(to.target(t.Context()))
		sums, err := backup.Copy(t.Context(), from.mustSource(t), target, options())
		if err := errors.Join(err, target.Close()); err != nil {
			t.Fatal(err)
		}
		after := to.contents(t)
		if after.position.Epoch == before.position.Epoch {
			t.Error("[SL2] the epoch is the same")
		}
		after.position.Epoch = before.position.Epoch
		if !reflect.DeepEqual(after, before) {
			t.Errorf("%d records, %d entries, %d files came over as %d, %d, %d, or they are not the same",
				len(before.records), len(before.entries), len(before.files), len(after.records), len(after.entries), len(after.files))
		}
		if again := must[backup.Sums](t)(backup.Write(t.Context(), new(bytes.Buffer), to.mustSource(t), options())); again.Hash() != sums.Hash() {
			t.Errorf("hashes %s and %s", sums.Hash(), again.Hash())
		}
		to.wantClean(t)
	})
}

// cutOff begins a copy and cancels it before it was read back.
func (p *place) cutOff(t *testing.T, from *place) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	target := must[synclog.Target](t)(p.target(ctx))
	o := options()
	o.Progress = func(backup.Step, backup.Sums) { cancel() }
	if _, err := backup.Copy(ctx, from.mustSource(t), target, o); !errors.Is(err, context.Canceled) {
		t.Errorf("[A13] cut off: %v", err)
	}
	if err := target.Close(); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if src, err := p.source(t.Context()); err == nil {
		t.Errorf("[A13] half a copy is a source at %+v", src.Position())
		_ = src.Close()
	}
}

func TestABackupShowsOnePositionWhilePeopleWork(t *testing.T) {
	eachKind(t, func(t *testing.T, from *place) {
		c := from.settle(t)
		from.within(t, func(_ synclog.Store, ws *workspace.Workspace) {
			stop := make(chan struct{})
			var working sync.WaitGroup
			working.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					// Both in one entry: a backup that shows one of them is torn.
					commit(t, ws, workspace.Command{Name: "record.edit", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
						if err := tx.Edit(c.deal, crm.Fields{"title": fmt.Sprint(i)}, nil); err != nil {
							return err
						}
						return tx.Edit(c.customer, crm.Fields{"name": fmt.Sprint(i)}, nil)
					}})
				}
			})
			for range 5 {
				saved := from.backedUp(t)
				to := folder(t, t.TempDir())
				if _, err := to.restore(t.Context(), bytes.NewReader(saved)); err != nil {
					t.Error(err)
					break
				}
				to.wantClean(t)
				got := to.contents(t)
				if title, name := got.records[c.deal].Fields.String("title"), got.records[c.customer].Fields.String("name"); title != name && title != "Tin boxes, blue" {
					t.Errorf("the deal is at %s, the customer at %s", title, name)
				}
			}
			close(stop)
			working.Wait()
		})
		from.wantClean(t)
	})
}

// A place is refused, or it is filled: it never loses anything.
func TestOnlyAnEmptyPlaceIsFilled(t *testing.T) {
	source := folder(t, t.TempDir())
	source.settle(t)
	saved := source.backedUp(t)
	eachKind(t, func(t *testing.T, p *place) {
		refused := func(t *testing.T, p *place, why string) {
			t.Helper()
			_, err := p.restore(t.Context(), bytes.NewReader(saved))
			if err == nil || !strings.Contains(err.Error(), why) {
				t.Errorf("error %v, want one that says %q", err, why)
			}
		}
		t.Run("while a server has it open", func(t *testing.T) {
			p.within(t, func(synclog.Store, *workspace.Workspace) { refused(t, p, "stop") })
		})
		if p.dir != "" {
			t.Run("after a server that left nothing", func(t *testing.T) {
				if _, err := p.restore(t.Context(), bytes.NewReader(saved)); err != nil {
					t.Fatal(err)
				}
			})
		} else if _, err := p.restore(t.Context(), bytes.NewReader(saved)); err != nil {
			t.Fatal(err)
		}
		t.Run("with a workspace in it", func(t *testing.T) {
			before := p.contents(t)
			refused(t, p, "not empty")
			if after := p.contents(t); !reflect.DeepEqual(after, before) {
				t.Error("what was there has changed")
			}
		})
	})
}

// Some bits of a compressed stream make no difference to what is in it. So a
// changed backup is refused, or exactly what was saved comes out of it.
func TestADamagedBackupIsRefusedAndLeavesNothing(t *testing.T) {
	source := folder(t, t.TempDir())
	source.settle(t)
	saved := source.backedUp(t)
	p := folder(t, t.TempDir())
	done, err := p.restore(t.Context(), bytes.NewReader(saved))
	if err != nil {
		t.Fatal(err)
	}
	want := done.Of.Hash()
	p = folder(t, t.TempDir())
	harmless := 0
	try := func(what string, in []byte) {
		t.Helper()
		done, err := p.restore(t.Context(), bytes.NewReader(in))
		switch {
		case err == nil && done.Of.Hash() == want:
			harmless++
			p = folder(t, t.TempDir())
		case !errors.Is(err, backup.ErrDamaged) && !errors.Is(err, backup.ErrForeign):
			t.Fatalf("%s: error %v, hash %s, want %s", what, err, done.Of.Hash(), want)
		}
	}
	step := 1 + len(saved)/(*damaged)
	for i := 0; i < len(saved); i += step {
		flipped := slices.Clone(saved)
		flipped[i] ^= 1 << (i % 8)
		try(fmt.Sprintf("bit %d of byte %d of %d flipped", i%8, i, len(saved)), flipped)
	}
	if harmless > 1+*damaged/30 {
		t.Errorf("%d flipped bits made no difference", harmless)
	}
	harmless = 0
	for i := 0; i < len(saved); i += step {
		try(fmt.Sprintf("cut after %d of %d bytes", i, len(saved)), saved[:i])
	}
	try("cut by one byte", saved[:len(saved)-1])
	try("with something behind it", append(slices.Clone(saved), "more"...))
	try("twice", append(slices.Clone(saved), saved...))
	try("something else altogether", []byte(strings.Repeat("no backup ", 1000)))
	if harmless > 0 {
		t.Errorf("%d of what is no backup was restored", harmless)
	}
	// Nothing of all that has stayed.
	p.within(t, func(_ synclog.Store, ws *workspace.Workspace) {
		if at := ws.Position(); at.Offset != 0 {
			t.Errorf("the place stands at %+v", at)
		}
	})
	if files := p.contents(t).files; len(files) != 0 {
		t.Errorf("files %v", files)
	}
	if _, err := p.restore(t.Context(), bytes.NewReader(saved)); err != nil {
		t.Errorf("the whole backup afterwards: %v", err)
	}
	p.wantClean(t)
	t.Logf("held %d damages", 2*(len(saved)/step))
}

func TestARestoreThatIsCancelledLeavesAnEmptyPlace(t *testing.T) {
	source := folder(t, t.TempDir())
	source.settle(t)
	saved := source.backedUp(t)
	eachKind(t, func(t *testing.T, p *place) {
		for _, step := range []backup.Step{backup.StepWrite, backup.StepReadBack} {
			ctx, cancel := context.WithCancel(t.Context())
			target := must[synclog.Target](t)(p.target(ctx))
			o := options()
			o.Progress = func(at backup.Step, _ backup.Sums) {
				if at == step {
					cancel()
				}
			}
			_, err := backup.Restore(ctx, bytes.NewReader(saved), target, o)
			if step == backup.StepWrite && !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
			if err := target.Close(); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			cancel()
			if step == backup.StepWrite {
				continue // the second round shows that the place can be filled
			}
		}
		if p.db.URI != "" {
			p.dropAll(t)
		}
	})
}

func (p *place) dropAll(t testing.TB) {
	t.Helper()
	if err := p.db.Client(t).Database(p.db.Name).Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatVanishesIsLeftOut(t *testing.T) {
	source := folder(t, t.TempDir())
	c := source.settle(t)
	src := vanishing{source.mustSource(t), c.importing}
	var out bytes.Buffer
	must[backup.Sums](t)(backup.Write(t.Context(), &out, src, options()))
	to := folder(t, t.TempDir())
	if _, err := to.restore(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if files := to.contents(t).files; !slices.Equal(slices.Collect(maps.Keys(files)), []crm.ID{c.result}) {
		t.Errorf("files %v", files)
	}
}

// vanishing is a source of which a file is removed once it has been listed.
type vanishing struct {
	synclog.Source
	gone crm.ID
}

func (v vanishing) Files(ctx context.Context, each func(synclog.StoredFile) error) error {
	return v.Source.Files(ctx, func(f synclog.StoredFile) error {
		if f.ID == v.gone {
			f.Open = func(context.Context) (io.ReadCloser, error) { return nil, synclog.ErrNotFound }
		}
		return each(f)
	})
}

// [A13] A place that keeps something else than it was given is found out by
// reading it back, and is emptied.
func TestAPlaceThatKeepsSomethingElseIsNotUsed(t *testing.T) {
	for _, tt := range []struct {
		name string
		lose func(*unfaithful)
	}{
		{"a document is lost", func(u *unfaithful) {
			u.records = func(all []crm.Record) []crm.Record { return all[1:] }
		}},
		{"a document has another value", func(u *unfaithful) {
			u.records = func(all []crm.Record) []crm.Record {
				all = slices.Clone(all)
				all[0].Fields = all[0].Fields.With(crm.Pack(crm.Fields{"name": "another"}), nil)
				return all
			}
		}},
		{"a file ends early", func(u *unfaithful) {
			u.file = func(r io.Reader) io.Reader { return io.LimitReader(r, 3) }
		}},
	} {
		for _, way := range []string{"copy", "restore"} {
			t.Run(tt.name+": "+way, func(t *testing.T) {
				from, to := folder(t, t.TempDir()), folder(t, t.TempDir())
				from.settle(t)
				target := &unfaithful{Target: must[synclog.Target](t)(to.target(t.Context()))}
				tt.lose(target)
				var err error
				if way == "copy" {
					_, err = backup.Copy(t.Context(), from.mustSource(t), target, options())
				} else {
					var saved bytes.Buffer
					must[backup.Sums](t)(backup.Write(t.Context(), &saved, from.mustSource(t), options()))
					_, err = backup.Restore(t.Context(), &saved, target, options())
				}
				if !errors.Is(err, synclog.ErrDamaged) || !strings.Contains(err.Error(), "read back") {
					t.Errorf("not found out: %v", err)
				}
				if err := target.Close(); err != nil {
					t.Fatal(err)
				}
				if src, err := to.source(t.Context()); err == nil {
					t.Error("the place can be used")
					_ = src.Close()
				}
			})
		}
	}
}

// unfaithful is a target that keeps something else than it is given.
type unfaithful struct {
	synclog.Target
	records func([]crm.Record) []crm.Record
	file    func(io.Reader) io.Reader
}

func (u *unfaithful) AddRecords(ctx context.Context, all []crm.Record) error {
	if u.records != nil {
		all, u.records = u.records(all), nil
	}
	return u.Target.AddRecords(ctx, all)
}

func (u *unfaithful) AddFile(ctx context.Context, id crm.ID, r io.Reader) error {
	if u.file != nil {
		kept := u.file(r)
		defer io.Copy(io.Discard, r) //nolint:errcheck // it reads to the end, as if it kept it all
		r = kept
	}
	return u.Target.AddFile(ctx, id, r)
}
