package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"rapport/server/crm"
	"rapport/server/synclog"
)

// Checked is what a check has looked at.
type Checked struct {
	Sums
	Position synclog.Position
	Findings int
	// Unneeded are files that no record needs: what a crash between storing a
	// file and noting it leaves. They are no disagreement.
	Unneeded int
}

// Check looks for everything in which log, documents, indexes and files of a
// workspace disagree, and calls found with each in a sentence. It holds the
// documents in memory, as a server does.
// Errors: of reading, and of found.
func Check(ctx context.Context, src synclog.Source, o Options, found func(string) error) (Checked, error) {
	c := &checker{src: src, o: o.withDefaults(), tell: found, state: map[crm.ID]replayed{}, commands: newDay()}
	c.done.Position = src.Position()
	for _, part := range []func(context.Context) error{c.list, c.inspect, c.log, c.documents, c.remembered, c.read} {
		// What cannot be read at all is found, too; the rest may still be looked at.
		if err := part(ctx); err != nil && (!errors.Is(err, synclog.ErrDamaged) || errors.Is(err, errTell)) {
			return c.done, err
		} else if err != nil {
			if err := c.found("%v", err); err != nil {
				return c.done, err
			}
		}
	}
	return c.done, nil
}

// checker does one check.
type checker struct {
	src      synclog.Source
	o        Options
	tell     func(string) error
	done     Checked
	listed   []synclog.StoredFile
	state    map[crm.ID]replayed
	commands *day
	gaps     bool // entries are missing, or cannot be read
	ahead    int  // documents that are newer than their entries make them
}

// replayed is a record as its entries make it.
type replayed struct {
	crm.Record
	stored bool // its document has been seen
}

type neededFile struct {
	by  crm.Record
	ref FileRef
}

// errTell marks an error of the caller's function.
var errTell = errors.New("the finding could not be told")

func (c *checker) found(format string, args ...any) error {
	c.done.Findings++
	if err := c.tell(fmt.Sprintf(format, args...)); err != nil {
		return fmt.Errorf("%w: %w", errTell, err)
	}
	return nil
}

// log replays the entries and finds what is wrong among them.
func (c *checker) log(ctx context.Context) error {
	err := c.src.Entries(ctx, func(e synclog.Entry, wrong error) error {
		if wrong != nil {
			c.gaps = true
			if err := c.found("entry %d: %v", e.Offset, wrong); err != nil {
				return err
			}
		}
		if err := c.place(e); err != nil {
			return err
		}
		c.done.Entries.Count++
		if c.done.Entries.Count%progressEvery == 0 {
			c.o.Progress(StepLog, c.done.Sums)
		}
		if len(e.Ops) == 0 && wrong != nil {
			return nil // nothing of it could be read
		}
		return c.replay(e)
	})
	if err == nil && c.done.Offset < c.done.Position.Offset {
		err = c.missing(c.done.Offset+1, c.done.Position.Offset)
	}
	return err
}

// place finds gaps and doubles.
func (c *checker) place(e synclog.Entry) error {
	next := c.done.Offset + 1
	if e.Offset < next {
		return c.found("entry %d stands where entry %d belongs", e.Offset, next)
	}
	c.done.Offset = e.Offset
	if e.Offset > next {
		return c.missing(next, e.Offset-1)
	}
	return nil
}

func (c *checker) missing(from, upTo uint64) error {
	c.gaps = true
	if from == upTo {
		return c.found("entry %d is missing", from)
	}
	return c.found("entries %d to %d are missing", from, upTo)
}

func (c *checker) replay(e synclog.Entry) error {
	if len(e.Ops) == 0 || len(e.Ops) > synclog.MaxOps {
		if err := c.found("entry %d changes %d records", e.Offset, len(e.Ops)); err != nil {
			return err
		}
	}
	if e.Undoes >= e.Offset {
		if err := c.found("entry %d takes back entry %d, which is not before it", e.Offset, e.Undoes); err != nil {
			return err
		}
	}
	if twin := c.commands.add(e); twin != 0 {
		if err := c.found("entries %d and %d are the same command %s", twin, e.Offset, e.CommandID); err != nil {
			return err
		}
	}
	for _, op := range e.Ops {
		if err := c.replayOp(e.Offset, op); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) replayOp(offset uint64, op synclog.Op) error {
	before := c.state[op.ID].Record
	if op.Version != before.Version+1 {
		if err := c.found("entry %d makes version %d of %s %s, of which there is version %d", offset, op.Version, op.Type, op.ID, before.Version); err != nil {
			return err
		}
	}
	if before.Version > 0 && before.Type != op.Type {
		if err := c.found("entry %d makes %s %s a %s", offset, before.Type, op.ID, op.Type); err != nil {
			return err
		}
	}
	if keys := misremembered(before.Fields, op); len(keys) > 0 {
		if err := c.found("entry %d remembers other values of %s %s before it than there were: %s", offset, op.Type, op.ID, strings.Join(keys, ", ")); err != nil {
			return err
		}
	}
	c.state[op.ID] = replayed{Record: op.Apply(before)}
	return nil
}

// misremembered returns the keys whose value before is not what op says: undo
// would bring back something that never was.
func misremembered(before crm.Values, op synclog.Op) (keys []string) {
	if before.Len() == 0 && op.Before.Len() == 0 {
		return nil
	}
	changed := map[string]bool{}
	for key := range op.Set.All() {
		changed[key] = true
	}
	for _, key := range op.Unset {
		changed[key] = true
	}
	for key := range changed {
		if !before.Same(op.Before, key) {
			keys = append(keys, key)
		}
	}
	for key := range op.Before.All() {
		if !changed[key] {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// documents compares the documents with what the log makes of them.
func (c *checker) documents(ctx context.Context) error {
	err := c.src.Records(ctx, func(rec crm.Record, wrong error) error {
		c.done.Records.Count++
		if c.done.Records.Count%progressEvery == 0 {
			c.o.Progress(StepRecords, c.done.Sums)
		}
		made, ok := c.state[rec.ID]
		twice := made.stored
		if ok {
			made.stored = true
			c.state[rec.ID] = made
		}
		if wrong == nil && rec.Version > made.Version {
			c.ahead++
		}
		switch {
		case wrong != nil:
			return c.found("%s %s: %v", rec.Type, rec.ID, wrong)
		case !ok:
			return c.found("%s %s has a document, but no entry made it", rec.Type, rec.ID)
		case twice:
			return c.found("%s %s has two documents", rec.Type, rec.ID)
		}
		return c.compare(rec, made.Record)
	})
	if err == nil {
		err = c.tail()
	}
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(c.state)) {
		if made := c.state[id]; !made.stored {
			if err := c.found("%s %s has entries, but no document", made.Type, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// tail finds a log that has lost its end. Where a store keeps its head nowhere but
// in the entries, only the documents know: with no gap before, what they are ahead
// of is behind the last entry.
func (c *checker) tail() error {
	if c.ahead == 0 || c.gaps {
		return nil
	}
	return c.found("the log ends with entry %d, and documents have changes that no entry made (%d of them): entries after it are missing, or documents were changed by hand",
		c.done.Offset, c.ahead)
}

func (c *checker) compare(stored, made crm.Record) error {
	if stored.Type != made.Type {
		return c.found("%s %s is a %s by its entries", stored.Type, stored.ID, made.Type)
	}
	if stored.Version != made.Version {
		return c.found("%s %s is at version %d, its entries make %d", stored.Type, stored.ID, stored.Version, made.Version)
	}
	if stored.Fields.Equal(made.Fields) {
		return nil
	}
	set, unset, _ := made.Fields.Difference(stored.Fields)
	keys := slices.Clone(unset)
	for key := range set.All() {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return c.found("%s %s is not what its entries make of it: %s", stored.Type, stored.ID, strings.Join(keys, ", "))
}

// remembered compares the commands that a server would remember with the entries.
func (c *checker) remembered(ctx context.Context) error {
	expected := c.commands.expected()
	err := c.src.Commands(ctx, c.commands.since(), func(k synclog.CommandKey) error {
		want, ok := expected[k.Offset]
		delete(expected, k.Offset)
		if !ok || want.Actor != k.Actor || want.CommandID != k.CommandID || want.Hash != k.Hash {
			return c.found("command %s is remembered with entry %d, which is of another", k.CommandID, k.Offset)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, offset := range slices.Sorted(maps.Keys(expected)) {
		if err := c.found("command %s of entry %d is not remembered", expected[offset].CommandID, offset); err != nil {
			return err
		}
	}
	return nil
}

// list takes down which files there are. It comes first: files are as they are
// now, and one that is needed at this moment may be removed a little later.
func (c *checker) list(ctx context.Context) error {
	return c.src.Files(ctx, func(file synclog.StoredFile) error {
		c.listed = append(c.listed, file)
		return nil
	})
}

// read reads every file and finds those that records need and are not there.
func (c *checker) read(ctx context.Context) error {
	needed := map[crm.ID]neededFile{}
	for _, rec := range c.state {
		for _, ref := range c.o.FilesOf(rec.Record) {
			needed[ref.ID] = neededFile{rec.Record, ref}
		}
	}
	for _, file := range c.listed {
		need, ok := needed[file.ID]
		delete(needed, file.ID)
		if !ok {
			c.done.Unneeded++
		}
		if err := c.readOne(ctx, file, need); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(needed)) {
		if err := c.found("%s %s needs the file %s, which is not there", needed[id].by.Type, needed[id].by.ID, id); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) readOne(ctx context.Context, file synclog.StoredFile, need neededFile) error {
	c.done.Files.Count++
	c.done.FileBytes += file.Size
	hash, err := readFile(ctx, file)
	switch {
	case errors.Is(err, synclog.ErrNotFound):
		return nil // removed meanwhile
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return c.found("file %s: %v", file.ID, err)
	case need.ref.SHA256 != "" && need.ref.SHA256 != hash:
		return c.found("file %s is not the one that %s %s needs", file.ID, need.by.Type, need.by.ID)
	}
	return nil
}

// readFile reads a file to its end and returns its hash.
func readFile(ctx context.Context, file synclog.StoredFile) (string, error) {
	content, err := file.Open(ctx)
	if err != nil {
		return "", err
	}
	defer content.Close() //nolint:errcheck // only read
	sized, hash := &sizedReader{from: content, left: file.Size}, sha256.New()
	if _, err := io.Copy(hash, sized); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), sized.end()
}

func (c *checker) inspect(ctx context.Context) error {
	return c.src.Inspect(ctx, func(wrong error) error { return c.found("%v", wrong) })
}
