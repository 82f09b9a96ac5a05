package stream

import (
	"encoding/json"
	"slices"
	"strconv"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// A frame takes entries until it would pass one of these bounds; an entry is
// never split, so that one large entry may make a larger frame.
const (
	frameEntries = 256
	frameBytes   = 64 << 10
)

// fragment is one entry as the JSON of wire.Entry; nil bytes mean that nothing
// of it is visible.
type fragment struct {
	bytes []byte
	// concerned names the people who see the entry otherwise than the rest of
	// their audience, because they own something in it, sorted.
	concerned []crm.ID
}

// fragmentFor writes an entry for everybody of an audience.
func fragmentFor(e *entry, before, after *access.Audience) *fragment {
	e.prepare()
	f := &fragment{bytes: encodeEntry(e, viewer{before: before, after: after}, nil)}
	for i := range e.changes {
		c := &e.changes[i]
		note := func(id crm.ID) {
			if c.was.groups(before, id) != c.was.groups(before, "") || c.is.groups(after, id) != c.is.groups(after, "") {
				f.concerned = append(f.concerned, id)
			}
		}
		c.was.eachOwner(note)
		c.is.eachOwner(note)
	}
	slices.Sort(f.concerned)
	f.concerned = slices.Compact(f.concerned)
	return f
}

// encodeEntry returns the JSON of wire.Entry for one viewer, nil when it holds
// no op he may see. more are ops made elsewhere, as JSON.
func encodeEntry(e *entry, v viewer, more [][]byte) []byte {
	e.prepare()
	w := wire.Entry{
		Offset: e.offset, At: workspace.Timestamp(e.at), Command: e.command, CommandID: string(e.commandID),
		Ops: make([]wire.Op, 0, len(e.changes)),
	}
	for i := range e.changes {
		if op, ok := opFor(v, e.changes[i], e.schema); ok {
			w.Ops = append(w.Ops, op)
		}
	}
	if len(w.Ops)+len(more) == 0 {
		return nil
	}
	switch {
	case len(more) == 0 && tellsVersionsOnly(w.Ops):
		w = wire.Entry{Offset: w.Offset, Ops: w.Ops} // what was done is out of his sight: so is who did it, how and when
	case e.by.groups(v.after, v.person) != 0:
		w.By = string(e.actor.ID) // who did it is a fact about a person, and policy decides about people too
	}
	data := encode(w)
	if len(more) == 0 {
		return data
	}
	// "ops" is the last key of wire.Entry, so that the ops can be continued.
	data = data[:len(data)-len("]}")]
	for i, op := range more {
		if i > 0 || len(w.Ops) > 0 {
			data = append(data, ',')
		}
		data = append(data, op...)
	}
	return append(data, "]}"...)
}

// encode is json.Marshal for values that always have a JSON form.
func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		// Only crm.Fields values come here, and those are checked at the border.
		panic("stream: " + err.Error())
	}
	return data
}

// frame is a wire.EntriesFrame.
type frame struct {
	data      []byte // JSON from join, in its envelope from a room
	upTo      uint64
	visible   int      // entries in it
	concerned []crm.ID // people who need a frame of their own for this range, sorted
}

// join makes the frame (sent, …] of consecutive entries; the range ends with the
// last of them, or sooner at the bounds.
func join(epoch crm.ID, sent uint64, entries []*entry, fragmentOf func(*entry) *fragment) *frame {
	f := &frame{upTo: sent}
	var parts [][]byte
	size := 0
	for _, e := range entries {
		part := fragmentOf(e)
		if size += len(part.bytes); size > frameBytes && len(parts) > 0 {
			break
		}
		if part.bytes != nil {
			parts = append(parts, part.bytes)
		}
		f.concerned = append(f.concerned, part.concerned...)
		f.upTo = e.offset
	}
	f.visible = len(parts)
	f.data = frameJSON(epoch, sent, f.upTo, "", parts)
	slices.Sort(f.concerned)
	f.concerned = slices.Compact(f.concerned)
	return f
}

// frameJSON writes a wire.EntriesFrame around entries that are JSON already.
func frameJSON(epoch crm.ID, after, upTo uint64, audience string, entries [][]byte) []byte {
	size := 128
	for _, e := range entries {
		size += len(e) + 1
	}
	data := make([]byte, 0, size)
	data = append(data, `{"type":"entries","epoch":`...)
	data = append(data, encode(epoch)...)
	data = append(data, `,"after":`...)
	data = strconv.AppendUint(data, after, 10)
	data = append(data, `,"upTo":`...)
	data = strconv.AppendUint(data, upTo, 10)
	if audience != "" {
		data = append(data, `,"audience":`...)
		data = append(data, encode(audience)...)
	}
	data = append(data, `,"entries":[`...)
	for i, e := range entries {
		if i > 0 {
			data = append(data, ',')
		}
		data = append(data, e...)
	}
	return append(data, "]}"...)
}
