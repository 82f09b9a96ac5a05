package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/zstd"

	"rapport/server/backup"
	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/testkit"
)

type member struct {
	name    string
	content string
}

func unpack(t testing.TB, saved []byte) (members []member) {
	t.Helper()
	z := must[*zstd.Decoder](t)(zstd.NewReader(bytes.NewReader(saved)))
	defer z.Close()
	archive := tar.NewReader(z)
	for {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return members
		}
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, member{head.Name, string(must[[]byte](t)(io.ReadAll(archive)))})
	}
}

func pack(t testing.TB, members []member) []byte {
	t.Helper()
	var out bytes.Buffer
	z := must[*zstd.Encoder](t)(zstd.NewWriter(&out))
	archive := tar.NewWriter(z)
	for _, m := range members {
		if err := archive.WriteHeader(&tar.Header{Name: m.name, Size: int64(len(m.content)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(archive, m.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The checksum of the compressed stream fits in all of these.
func TestAnArchiveThatSomebodyChangedIsRefused(t *testing.T) {
	source := folder(t, t.TempDir())
	c := source.settle(t)
	saved := unpack(t, source.backedUp(t))
	at := func(members []member, name string) int {
		i := slices.IndexFunc(members, func(m member) bool { return m.name == name })
		if i < 0 {
			t.Fatalf("no %s among %v", name, members)
		}
		return i
	}
	without := func(name string) func([]member) []member {
		return func(m []member) []member { i := at(m, name); return slices.Delete(m, i, i+1) }
	}
	replace := func(name, old, with string) func([]member) []member {
		return func(m []member) []member {
			i := at(m, name)
			if !strings.Contains(m[i].content, old) {
				t.Fatalf("%s has no %q: %s", name, old, m[i].content)
			}
			m[i].content = strings.Replace(m[i].content, old, with, 1)
			return m
		}
	}
	insert := func(i int, name, content string) func([]member) []member {
		return func(m []member) []member { return slices.Insert(m, i, member{name, content}) }
	}
	const deals, log = "records/deal/000001.bson", "entries/000000000001.bson"
	result := "files/" + string(c.result)
	for _, tt := range []struct {
		name   string
		change func([]member) []member
		want   error
		says   string
	}{
		{"its end is missing", without("manifest.json"), backup.ErrDamaged, "cut short"},
		{"its beginning is missing", without("rapport.json"), backup.ErrForeign, ""},
		{"documents are missing", without(deals), backup.ErrDamaged, "of the documents"},
		{"the log is missing", without(log), backup.ErrDamaged, "log ends at entry 0, not at 47"},
		{"a file is missing", without(result), backup.ErrDamaged, "of the files 2 were written, 1 are here"},
		{"a document has another value", replace(deals, "Tin boxes, blue", "Tin boxes, grey"), backup.ErrDamaged, "not the same"},
		{"an entry has another value", replace(log, "Tin boxes, blue", "Tin boxes, grey"), backup.ErrDamaged, "not the same"},
		{"a file has another content", replace(result, "120", "121"), backup.ErrDamaged, "not the same"},
		{"its manifest counts other bytes", replace("manifest.json", `"bytes":5`, `"bytes":6`), backup.ErrDamaged, "of the files"},
		{"a file came twice", func(m []member) []member { return slices.Insert(m, at(m, result), m[at(m, result)]) }, nil, ""},
		{"a document came twice", func(m []member) []member { return slices.Insert(m, at(m, deals), m[at(m, deals)]) }, nil, ""},
		{"it says another epoch", replace("rapport.json", `"epoch":"`, `"epoch":"X`), backup.ErrDamaged, "header does not fit"},
		{"it says another offset", replace("rapport.json", `"offset":47`, `"offset":48`), backup.ErrDamaged, "log ends at entry 47, not at 48"},
		{"it is of another workspace", replace("rapport.json", `"main"`, `"other"`), backup.ErrForeign, ""},
		{"it is of a newer program", replace("rapport.json", `"format":1`, `"format":2`), backup.ErrForeign, "newer Rapport"},
		{"its header is no JSON", replace("rapport.json", `{`, `[`), backup.ErrForeign, ""},
		{"its manifest is no JSON", replace("manifest.json", `{`, `[`), backup.ErrDamaged, ""},
		{"something else is in it", insert(1, "notes.txt", "hello"), backup.ErrDamaged, "notes.txt"},
		{"a file has a name that leads elsewhere", insert(1, "files/../../escaped", "hello"), backup.ErrDamaged, "escaped"},
		{"a document is cut off", insert(1, "records/deal/000000.bson", "\x40\x00\x00\x00abc"), backup.ErrDamaged, "ends in the middle"},
		{"a document is nothing", insert(1, "records/deal/000000.bson", "\x00"), backup.ErrDamaged, "ends in the middle"},
		{"something follows its end", func(m []member) []member { return append(m, member{"more", "x"}) }, backup.ErrDamaged, "follows its end"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := folder(t, filepath.Join(t.TempDir(), "data"))
			_, err := p.restore(t.Context(), bytes.NewReader(pack(t, tt.change(slices.Clone(saved)))))
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("error %v, want %v that says %q", err, tt.want, tt.says)
			}
			if _, err := p.source(t.Context()); err == nil {
				t.Error("there is a workspace now")
			}
		})
	}
	t.Run("packed again by another program, it is as good", func(t *testing.T) {
		p := folder(t, t.TempDir())
		if _, err := p.restore(t.Context(), bytes.NewReader(pack(t, saved))); err != nil {
			t.Error(err)
		}
	})
}

func FuzzRestore(f *testing.F) {
	source := folder(f, f.TempDir())
	source.settle(f)
	saved := source.backedUp(f)
	f.Add(saved)
	f.Add(saved[:len(saved)/2])
	f.Add(pack(f, unpack(f, saved)[:3]))
	f.Fuzz(func(t *testing.T, in []byte) {
		// Whatever it is, it ends, and not in a panic.
		_, _ = backup.Restore(context.Background(), bytes.NewReader(in), nowhere{}, options())
	})
}

// nowhere is a target that keeps nothing.
type nowhere struct{ synclog.Target }

func (nowhere) AddRecords(context.Context, []crm.Record) error    { return nil }
func (nowhere) AddEntries(context.Context, []synclog.Entry) error { return nil }
func (nowhere) AddFile(_ context.Context, _ crm.ID, r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}
func (nowhere) Source(context.Context) (synclog.Source, error) {
	return nil, errors.New("nothing here")
}

// made is a source that makes its documents up, one entry for each.
type made struct {
	synclog.Source
	n uint64
}

func (m made) Position() synclog.Position {
	return synclog.Position{Epoch: "01ARZ3NDEKTSV4RRFFQ69G5FAV", Offset: m.n}
}

func (m made) entry(offset uint64) synclog.Entry {
	e := testkit.Batch(offset, 1, "").Entries[0]
	e.Ops[0].ID = crm.ID(fmt.Sprintf("01ARZ3NDEKTSV4%012d", offset))
	e.Ops[0].Set = crm.Pack(crm.Fields{"name": strings.Repeat(fmt.Sprint(offset, " "), 150)})
	return e
}

func (m made) Records(ctx context.Context, each func(crm.Record, error) error) error {
	for offset := uint64(1); offset <= m.n; offset++ {
		if err := errors.Join(ctx.Err(), each(m.entry(offset).Ops[0].Apply(crm.Record{}), nil)); err != nil {
			return err
		}
	}
	return nil
}

func (m made) Entries(ctx context.Context, each func(synclog.Entry, error) error) error {
	for offset := uint64(1); offset <= m.n; offset++ {
		if err := errors.Join(ctx.Err(), each(m.entry(offset), nil)); err != nil {
			return err
		}
	}
	return nil
}

func (made) Files(context.Context, func(synclog.StoredFile) error) error { return nil }

// Both directions at once: what is written is restored while it is written.
func TestMemoryDoesNotGrowWithTheWorkspace(t *testing.T) {
	const inUse, alive = 192 << 20, 48 << 20 // bytes; all documents and entries would be 20 MB more, at least
	var peak, most atomic.Uint64
	look := max(1000, *records/20_000*1000)
	o := options()
	o.Progress = func(_ backup.Step, s backup.Sums) {
		if (s.Records.Count+s.Entries.Count)%look != 0 {
			return
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak.Store(max(peak.Load(), m.HeapInuse))
		runtime.GC()
		runtime.ReadMemStats(&m)
		most.Store(max(most.Load(), m.HeapAlloc))
	}
	out, in := io.Pipe()
	go func() {
		_, err := backup.Write(context.Background(), in, made{n: *records}, o)
		_ = in.CloseWithError(err)
	}()
	p := folder(t, t.TempDir())
	target := must[synclog.Target](t)(p.target(t.Context()))
	done, err := backup.Restore(t.Context(), out, target, o)
	if err := errors.Join(err, target.Close()); err != nil {
		t.Fatal(err)
	}
	if done.Of.Records.Count != *records || done.Of.Entries.Count != *records {
		t.Errorf("restored %d documents, %d entries", done.Of.Records.Count, done.Of.Entries.Count)
	}
	t.Logf("held %d documents of about 1 kB and as many entries: %d MB in use and %d MB alive at most", *records, peak.Load()>>20, most.Load()>>20)
	if peak.Load() > inUse || most.Load() > alive {
		t.Errorf("%d MB in use, at most %d; %d MB alive, at most %d", peak.Load()>>20, inUse>>20, most.Load()>>20, alive>>20)
	}
}
