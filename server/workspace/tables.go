package workspace

import (
	"slices"

	"rapport/server/crm"
	"rapport/server/schema"
)

// tables holds records with the indexes that queries need. The workspace has
// one; a batch of commands in the making has a second, small one on top of it.
// It does no locking.
type tables struct {
	typeOf map[crm.ID]crm.RecordType
	byType map[crm.RecordType]map[crm.ID]crm.Record
	// The indexes below leave records in the trash out.
	linked     map[crm.ID]idSet // named record -> records that name it
	inPipeline map[crm.ID]idSet // pipeline -> deals
	exact      map[exactKey][]crm.ID
	words      map[crm.RecordType]*textIndex
}

type idSet map[crm.ID]struct{}

// exactKey is one normalised value of one field.
type exactKey struct {
	typ   crm.RecordType
	field string
	value string
}

func newTables() *tables {
	return &tables{
		typeOf:     map[crm.ID]crm.RecordType{},
		byType:     map[crm.RecordType]map[crm.ID]crm.Record{},
		linked:     map[crm.ID]idSet{},
		inPipeline: map[crm.ID]idSet{},
		exact:      map[exactKey][]crm.ID{},
		words:      map[crm.RecordType]*textIndex{},
	}
}

func (t *tables) get(id crm.ID) (crm.Record, bool) {
	typ, ok := t.typeOf[id]
	if !ok {
		return crm.Record{}, false
	}
	return t.byType[typ][id], true
}

// put replaces the record with the same id and keeps the indexes true.
func (t *tables) put(rec crm.Record) {
	if old, ok := t.get(rec.ID); ok && old.Exists() {
		t.unindex(old)
	}
	t.typeOf[rec.ID] = rec.Type
	ofType := t.byType[rec.Type]
	if ofType == nil {
		ofType = map[crm.ID]crm.Record{}
		t.byType[rec.Type] = ofType
	}
	ofType[rec.ID] = rec
	if rec.Exists() {
		t.index(rec)
	}
}

// linkKeys lists the fields through which "what hangs on this record" is
// asked. Owner, department and pipeline of the big types are left out: their
// answers are half the workspace and have their own ways.
var linkKeys = []string{"customerId", "contactId", "recordId", "userId"}

// smallLinks adds, per small record type, further fields to linkKeys.
var smallLinks = map[crm.RecordType][]string{
	crm.TypeBoard:      {crm.KeyDepartment, crm.KeyPipeline},
	crm.TypeMembership: {crm.KeyDepartment},
	crm.TypeDepartment: {"parentId"},
}

func eachLink(rec crm.Record, fn func(crm.ID)) {
	for _, key := range linkKeys {
		if id := rec.Fields.ID(key); id != "" {
			fn(id)
		}
	}
	for _, key := range smallLinks[rec.Type] {
		if id := rec.Fields.ID(key); id != "" {
			fn(id)
		}
	}
}

// exactFields lists which fields Find answers for, per type.
var exactFields = map[crm.RecordType][]string{
	crm.TypeCustomer:   {"name", "emails", "phones", "externalId"},
	crm.TypeContact:    {"name", "emails", "phones", "externalId"},
	crm.TypeDeal:       {"externalId"},
	crm.TypeUser:       {"name", "email"},
	crm.TypeSession:    {"tokenHash"},
	crm.TypeInvitation: {"tokenHash", "email"},
	crm.TypeDepartment: {"name"},
	crm.TypePipeline:   {"name"},
}

// normal brings a value into the form under which equal things are equal.
func normal(field, value string) string {
	switch field {
	case "email", "emails":
		return schema.NormalEmail(value)
	case "phone", "phones":
		return schema.NormalPhone(value)
	case "name":
		return schema.NormalName(value)
	default:
		return value
	}
}

func eachExact(rec crm.Record, fn func(exactKey)) {
	for _, field := range exactFields[rec.Type] {
		switch v := rec.Fields[field].(type) {
		case string:
			if n := normal(field, v); n != "" {
				fn(exactKey{rec.Type, field, n})
			}
		case []any:
			for _, item := range v {
				if s, ok := item.(string); ok {
					if n := normal(field, s); n != "" {
						fn(exactKey{rec.Type, field, n})
					}
				}
			}
		}
	}
}

func (t *tables) index(rec crm.Record) {
	eachLink(rec, func(target crm.ID) { addTo(t.linked, target, rec.ID) })
	if rec.Type == crm.TypeDeal {
		if p := rec.Fields.ID(crm.KeyPipeline); p != "" {
			addTo(t.inPipeline, p, rec.ID)
		}
	}
	eachExact(rec, func(k exactKey) {
		if !slices.Contains(t.exact[k], rec.ID) {
			t.exact[k] = append(t.exact[k], rec.ID)
		}
	})
	if text := searchText(rec); text != "" {
		idx := t.words[rec.Type]
		if idx == nil {
			idx = newTextIndex()
			t.words[rec.Type] = idx
		}
		idx.put(rec.ID, text)
	}
}

func (t *tables) unindex(rec crm.Record) {
	eachLink(rec, func(target crm.ID) { removeFrom(t.linked, target, rec.ID) })
	if rec.Type == crm.TypeDeal {
		removeFrom(t.inPipeline, rec.Fields.ID(crm.KeyPipeline), rec.ID)
	}
	eachExact(rec, func(k exactKey) {
		ids := slices.DeleteFunc(t.exact[k], func(id crm.ID) bool { return id == rec.ID })
		if len(ids) == 0 {
			delete(t.exact, k)
		} else {
			t.exact[k] = ids
		}
	})
	if idx := t.words[rec.Type]; idx != nil {
		idx.remove(rec.ID)
	}
}

func addTo(index map[crm.ID]idSet, key, id crm.ID) {
	set := index[key]
	if set == nil {
		set = idSet{}
		index[key] = set
	}
	set[id] = struct{}{}
}

func removeFrom(index map[crm.ID]idSet, key, id crm.ID) {
	set := index[key]
	delete(set, id)
	if len(set) == 0 {
		delete(index, key)
	}
}

// drop forgets a record as if it had never been put.
func (t *tables) drop(id crm.ID) {
	rec, ok := t.get(id)
	if !ok {
		return
	}
	if rec.Exists() {
		t.unindex(rec)
	}
	delete(t.typeOf, id)
	delete(t.byType[rec.Type], id)
}
