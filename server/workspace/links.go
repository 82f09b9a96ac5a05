package workspace

import (
	"hash/maphash"

	"rapport/server/crm"
)

// postings files slots under hashes. Most hashes have one slot, and a map of
// slices would spend more on those than on all else. What is found has to be
// held against the record itself: hashes collide.
type postings struct {
	one  map[uint64]uint32
	more map[uint64][]uint32 // from the second slot on
}

var postingSeed = maphash.MakeSeed()

func newPostings() postings {
	return postings{one: map[uint64]uint32{}, more: map[uint64][]uint32{}}
}

func (p postings) add(hash uint64, slot uint32) {
	first, taken := p.one[hash]
	switch {
	case !taken:
		p.one[hash] = slot
	case first != slot:
		p.more[hash] = append(p.more[hash], slot)
	}
}

func (p postings) remove(hash uint64, slot uint32) {
	first, taken := p.one[hash]
	rest := p.more[hash]
	switch {
	case !taken:
		return
	case first == slot && len(rest) == 0:
		delete(p.one, hash)
		return
	case first == slot:
		p.one[hash] = rest[len(rest)-1]
		rest = rest[:len(rest)-1]
	default:
		rest = without(rest, slot)
	}
	if len(rest) == 0 {
		delete(p.more, hash)
	} else {
		p.more[hash] = rest
	}
}

// without takes one slot out, whatever that does to the order.
func without(list []uint32, slot uint32) []uint32 {
	for i, s := range list {
		if s == slot {
			list[i] = list[len(list)-1]
			return list[:len(list)-1]
		}
	}
	return list
}

// each calls fn for the slots under a hash until it returns false. fn must not
// change the postings.
func (p postings) each(hash uint64, fn func(uint32) bool) {
	first, taken := p.one[hash]
	if !taken || !fn(first) {
		return
	}
	for _, slot := range p.more[hash] {
		if !fn(slot) {
			return
		}
	}
}

// links finds what names a record.
type links struct{ postings }

func newLinks() links { return links{newPostings()} }

// linkKeys lists the fields through which "what hangs on this record" is
// asked. Owner, department and pipeline of the big types are left out: their
// answers are half the workspace and have their own ways.
var linkKeys = []string{"customerId", "contactId", crm.KeyRecord, "userId"}

// smallLinks adds, per small record type, further fields to linkKeys.
var smallLinks = map[crm.RecordType][]string{
	crm.TypeBoard:      {crm.KeyDepartment, crm.KeyPipeline},
	crm.TypeMembership: {crm.KeyDepartment},
	crm.TypeDepartment: {"parentId"},
}

// linkKeysOf calls fn with each field in which a record of a type names others.
func linkKeysOf(t crm.RecordType, fn func(key string)) {
	for _, key := range linkKeys {
		fn(key)
	}
	for _, key := range smallLinks[t] {
		fn(key)
	}
}

// names reports whether rec links to id.
func names(rec crm.Record, id crm.ID) bool {
	found := false
	linkKeysOf(rec.Type, func(key string) { found = found || rec.Fields.ID(key) == id })
	return found
}

func linkHash(id crm.ID) uint64 { return maphash.String(postingSeed, string(id)) }

func (l links) remove(slot uint32, was, is crm.Record) {
	linkKeysOf(was.Type, func(key string) {
		if id := was.Fields.ID(key); id != "" && !names(is, id) {
			l.postings.remove(linkHash(id), slot)
		}
	})
}

func (l links) insert(slot uint32, was, is crm.Record) {
	linkKeysOf(is.Type, func(key string) {
		if id := is.Fields.ID(key); id != "" && !names(was, id) {
			l.add(linkHash(id), slot)
		}
	})
}

func (l links) build(t *tables) {
	t.eachLive(func(slot uint32, rec crm.Record) { l.insert(slot, crm.Record{}, rec) })
}

// each calls fn for the slots that may name id, until it returns false.
func (l links) each(id crm.ID, fn func(uint32) bool) { l.postings.each(linkHash(id), fn) }
