package bsoncodec

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"rapport/server/crm"
	"rapport/server/synclog"
)

// MaxOffset is the largest offset that fits an EntryID.
const MaxOffset = 999_999_999_999

// EntryID is the _id of an entry, "<workspace>/<offset, 12 digits>": it is
// taken exactly once, and a range of offsets is a range of ids.
func EntryID(ws crm.WorkspaceID, offset uint64) string {
	return fmt.Sprintf("%s/%012d", ws, offset)
}

// EntryOffset returns the offset that an EntryID names; ok is false when id is none.
func EntryOffset(ws crm.WorkspaceID, id string) (offset uint64, ok bool) {
	digits, ok := strings.CutPrefix(id, string(ws)+"/")
	if !ok {
		return 0, false
	}
	offset, err := strconv.ParseUint(digits, 10, 64)
	return offset, err == nil && EntryID(ws, offset) == id
}

// MarshalEntry returns the stored form of an entry:
//
//	{_id, offset, at, actor: {user, session, source}, commandId, commandHash,
//	 command, group, undoes, ids: [record ids],
//	 ops: [{type, id, version, set: {…}, unset: […], before: {…}}]}
//
// What is empty is left out. ids repeats the ids of the ops for the index that
// finds a record's history.
// Errors: a key or value that could not be read back as it is.
func MarshalEntry(ws crm.WorkspaceID, e synclog.Entry) ([]byte, error) {
	start, doc := bsoncore.AppendDocumentStart(make([]byte, 0, 1024))
	doc = bsoncore.AppendStringElement(doc, keyID, EntryID(ws, e.Offset))
	doc = bsoncore.AppendInt64Element(doc, "offset", int64(e.Offset))
	doc = bsoncore.AppendDateTimeElement(doc, "at", e.At.UnixMilli())
	doc, err := appendActor(doc, e.Actor)
	if err != nil {
		return nil, err
	}
	doc = appendText(doc, "commandId", string(e.CommandID))
	doc = appendText(doc, "commandHash", e.CommandHash)
	doc = appendText(doc, "command", e.Command)
	doc = appendText(doc, "group", string(e.Group))
	if e.Undoes != 0 {
		doc = bsoncore.AppendInt64Element(doc, "undoes", int64(e.Undoes))
	}
	ids := make([]string, len(e.Ops))
	for i, op := range e.Ops {
		ids[i] = string(op.ID)
	}
	if doc, err = appendTexts(doc, "ids", ids); err != nil {
		return nil, err
	}
	list, doc := bsoncore.AppendArrayElementStart(doc, "ops")
	for i, op := range e.Ops {
		if doc, err = appendOp(doc, strconv.Itoa(i), op); err != nil {
			return nil, fmt.Errorf("bsoncodec: entry %d, %s %s: %w", e.Offset, op.Type, op.ID, err)
		}
	}
	if doc, err = bsoncore.AppendArrayEnd(doc, list); err != nil {
		return nil, err
	}
	return bsoncore.AppendDocumentEnd(doc, start)
}

func appendActor(dst []byte, a crm.Actor) ([]byte, error) {
	start, dst := bsoncore.AppendDocumentElementStart(dst, "actor")
	dst = appendText(dst, "user", string(a.UserID))
	dst = appendText(dst, "session", string(a.SessionID))
	dst = appendText(dst, "source", string(a.Source))
	return bsoncore.AppendDocumentEnd(dst, start)
}

func appendOp(dst []byte, key string, op synclog.Op) ([]byte, error) {
	start, dst := bsoncore.AppendDocumentElementStart(dst, key)
	dst = bsoncore.AppendStringElement(dst, "type", string(op.Type))
	dst = bsoncore.AppendStringElement(dst, "id", string(op.ID))
	dst = bsoncore.AppendInt64Element(dst, "version", int64(op.Version))
	dst, err := appendNested(dst, "set", op.Set)
	if err != nil {
		return nil, err
	}
	if len(op.Unset) > 0 {
		// Here the keys are values and stay flat, as the command named them.
		if dst, err = appendTexts(dst, "unset", op.Unset); err != nil {
			return nil, err
		}
	}
	if dst, err = appendNested(dst, "before", op.Before); err != nil {
		return nil, err
	}
	return bsoncore.AppendDocumentEnd(dst, start)
}

func appendNested(dst []byte, key string, f crm.Values) ([]byte, error) {
	if f.Len() == 0 {
		return dst, nil
	}
	start, dst := bsoncore.AppendDocumentElementStart(dst, key)
	dst, err := appendFields(dst, f)
	if err != nil {
		return nil, err
	}
	return bsoncore.AppendDocumentEnd(dst, start)
}

func appendText(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	return bsoncore.AppendStringElement(dst, key, value)
}

func appendTexts(dst []byte, key string, values []string) ([]byte, error) {
	start, dst := bsoncore.AppendArrayElementStart(dst, key)
	for i, v := range values {
		dst = bsoncore.AppendStringElement(dst, strconv.Itoa(i), v)
	}
	return bsoncore.AppendArrayEnd(dst, start)
}

// entryHead is an entry without its ops, for reading.
type entryHead struct {
	Offset int64     `bson:"offset"`
	At     time.Time `bson:"at"`
	Actor  struct {
		User    string `bson:"user"`
		Session string `bson:"session"`
		Source  string `bson:"source"`
	} `bson:"actor"`
	CommandID   string `bson:"commandId"`
	CommandHash string `bson:"commandHash"`
	Command     string `bson:"command"`
	Group       string `bson:"group"`
	Undoes      int64  `bson:"undoes"`
}

func (h entryHead) entry() synclog.Entry {
	return synclog.Entry{
		Offset: uint64(h.Offset), At: h.At.UTC(),
		Actor:     crm.Actor{UserID: crm.ID(h.Actor.User), SessionID: crm.ID(h.Actor.Session), Source: crm.Source(h.Actor.Source)},
		CommandID: crm.ID(h.CommandID), CommandHash: h.CommandHash, Command: h.Command,
		Group: crm.ID(h.Group), Undoes: uint64(h.Undoes),
	}
}

// opDocument is an op for reading: nested values stay raw until they are typed.
type opDocument struct {
	Type    string   `bson:"type"`
	ID      string   `bson:"id"`
	Version int64    `bson:"version"`
	Set     bson.Raw `bson:"set"`
	Unset   []string `bson:"unset"`
	Before  bson.Raw `bson:"before"`
}

// Entry reads what MarshalEntry wrote. raw may be reused afterwards.
func (d *Decoder) Entry(raw []byte) (synclog.Entry, error) {
	var doc struct {
		Head entryHead    `bson:",inline"`
		Ops  []opDocument `bson:"ops"`
	}
	if err := bson.Unmarshal(raw, &doc); err != nil {
		return synclog.Entry{}, fmt.Errorf("bsoncodec: entry: %w", err)
	}
	e := doc.Head.entry()
	e.Ops = make([]synclog.Op, len(doc.Ops))
	for i, op := range doc.Ops {
		set, err := d.nested(op.Set)
		if err != nil {
			return synclog.Entry{}, fmt.Errorf("bsoncodec: entry %d: %w", e.Offset, err)
		}
		before, err := d.nested(op.Before)
		if err != nil {
			return synclog.Entry{}, fmt.Errorf("bsoncodec: entry %d: %w", e.Offset, err)
		}
		e.Ops[i] = synclog.Op{
			Type: crm.RecordType(op.Type), ID: crm.ID(op.ID), Version: uint64(op.Version),
			Set: set, Unset: op.Unset, Before: before,
		}
	}
	return e, nil
}

func (d *Decoder) nested(raw bson.Raw) (crm.Values, error) {
	if len(raw) == 0 {
		return crm.Values{}, nil
	}
	return d.fields(raw)
}

// UnmarshalCommand reads only what idempotency needs of an entry.
func UnmarshalCommand(raw []byte) (synclog.CommandKey, error) {
	var h entryHead
	if err := bson.Unmarshal(raw, &h); err != nil {
		return synclog.CommandKey{}, fmt.Errorf("bsoncodec: command: %w", err)
	}
	return synclog.CommandKey{
		Actor: crm.ID(h.Actor.User), CommandID: crm.ID(h.CommandID), Hash: h.CommandHash,
		Offset: uint64(h.Offset), At: h.At.UTC(),
	}, nil
}
