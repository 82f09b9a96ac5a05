package records

import (
	"maps"
	"slices"
	"strings"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/workspace"
)

// TrashQuery asks for a page of the trash.
type TrashQuery struct {
	Type  crm.RecordType // "" = all that have a trash
	Words string         // that the name must hold, in any order; "" = any name
	After string         // Next of the page before; "" = from the newest
	Limit int
}

// TrashPage is a part of the trash, what was thrown away last first.
type TrashPage struct {
	Records []crm.Record
	Total   int    // of all pages
	Next    string // "" on the last page
}

// TrashTypes returns the record types that have a trash, in alphabetical order.
func TrashTypes() []crm.RecordType { return slices.Sorted(maps.Keys(removal)) }

// InTrash returns the records in the trash that by may restore and may see.
// Errors: CodeInvalid (Type has no trash).
func InTrash(s *workspace.State, by crm.ID, q TrashQuery) (TrashPage, error) {
	types := TrashTypes()
	if q.Type != "" {
		if removal[q.Type] == "" {
			return TrashPage{}, crm.Invalid("type", "unknown_type")
		}
		types = []crm.RecordType{q.Type}
	}
	words := strings.Fields(schema.NormalName(q.Words))
	page := TrashPage{Records: []crm.Record{}}
	for _, t := range types {
		s.Trash(t, func(rec crm.Record) bool {
			if !named(s, by, rec, words) || !MayRestore(s, by, rec) {
				return true
			}
			page.Total++
			if place := placeInTrash(rec); q.After == "" || place < q.After {
				page.insert(rec, place, q.Limit+1)
			}
			return true
		})
	}
	if len(page.Records) > q.Limit {
		page.Records = page.Records[:q.Limit]
		page.Next = placeInTrash(page.Records[q.Limit-1])
	}
	return page, nil
}

// insert keeps the newest records, at most as many as asked for: an undone
// import leaves thousands, and to sort them for one page would take too long.
func (p *TrashPage) insert(rec crm.Record, place string, most int) {
	at, _ := slices.BinarySearchFunc(p.Records, place, func(other crm.Record, place string) int {
		return strings.Compare(place, placeInTrash(other))
	})
	if at == most {
		return
	}
	if len(p.Records) == most {
		p.Records = p.Records[:most-1]
	}
	p.Records = slices.Insert(p.Records, at, rec)
}

// placeInTrash sorts like the moment in which a record was thrown away.
func placeInTrash(rec crm.Record) string {
	return rec.Fields.String(crm.KeyTrashedAt) + " " + string(rec.ID)
}

// named reports whether by may see a record and finds the words in its name. Of
// a comment its text is the name.
func named(s *workspace.State, by crm.ID, rec crm.Record, words []string) bool {
	groups := s.Can(by, access.ActionSee, rec)
	if groups == 0 {
		return false
	}
	if len(words) == 0 {
		return true
	}
	name := rec.Fields.String("name") + " " + rec.Fields.String("title") + " " + rec.Fields.String("key")
	if rec.Type == crm.TypeComment && groups.Has(crm.GroupNotes) {
		name = rec.Fields.String("text")
	}
	name = schema.NormalName(name)
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(name, word) })
}
