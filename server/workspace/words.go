package workspace

import (
	"strings"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"

	"rapport/server/crm"
	"rapport/server/schema"
)

// searchFields lists what a search looks into, per type; the name comes first.
// A field's group matters: see search.visible.
var searchFields = map[crm.RecordType][]string{
	crm.TypeCustomer: {"name", "website", "externalId", "emails", "phones"},
	crm.TypeContact:  {"name", "jobTitle", "externalId", "emails", "phones"},
	crm.TypeDeal:     {"title", "externalId", "product"},
}

// textIndex answers "contains all these words" over the short texts of one
// record type. Two characters that follow each other, and each by itself, lead
// to the records that have them; what all grams of the words lead to is then
// looked at. That works for Chinese, which has no blanks between words, too.
type textIndex struct {
	grams map[gram]*roaring.Bitmap
	texts map[uint32]string
}

// gram is two characters, or one and nothing.
type gram uint64

func newTextIndex() *textIndex {
	return &textIndex{grams: map[gram]*roaring.Bitmap{}, texts: map[uint32]string{}}
}

// eachGram calls fn for each gram of a text; one that occurs twice comes twice.
func eachGram(text string, fn func(gram)) {
	last := rune(0)
	for _, r := range text {
		if r == '\n' || r == ' ' { // no word that is looked for has one
			last = 0
			continue
		}
		fn(gram(r) << 32)
		if last != 0 {
			fn(gram(last)<<32 | gram(r))
		}
		last = r
	}
}

func sameText(was, is crm.Record) bool {
	if was.Version == 0 || is.Version == 0 {
		return false
	}
	for _, field := range searchFields[is.Type] {
		if !was.Fields.Same(is.Fields, field) {
			return false
		}
	}
	return true
}

func (x *textIndex) remove(slot uint32, was, is crm.Record) {
	if sameText(was, is) {
		return
	}
	eachGram(x.texts[slot], func(g gram) {
		if found := x.grams[g]; found != nil {
			if found.Remove(slot); found.IsEmpty() {
				delete(x.grams, g)
			}
		}
	})
	delete(x.texts, slot)
}

func (x *textIndex) insert(slot uint32, was, is crm.Record) {
	if sameText(was, is) {
		return
	}
	text := searchText(is)
	x.texts[slot] = text
	eachGram(text, func(g gram) {
		found := x.grams[g]
		if found == nil {
			found = roaring.New()
			x.grams[g] = found
		}
		found.Add(slot)
	})
}

// build gathers the slots of each gram first: they come in ascending order, and
// a bitmap takes a whole list much faster than its members.
func (x *textIndex) build(t *tables, list []uint32) {
	lists := map[gram][]uint32{}
	var plain [128 * 128][]uint32 // pairs of ASCII, which are most: no map in between
	for _, slot := range list {
		rec := t.slots.record(slot)
		if !rec.Exists() {
			continue
		}
		text := searchText(rec)
		x.texts[slot] = text
		eachGram(text, func(g gram) {
			first, second := g>>32, g&(1<<32-1)
			if first < 128 && second < 128 {
				plain[first*128+second] = appendOnce(plain[first*128+second], slot)
				return
			}
			lists[g] = appendOnce(lists[g], slot)
		})
	}
	for i, slots := range plain {
		if slots != nil {
			x.grams[gram(i/128)<<32|gram(i%128)] = roaring.BitmapOf(slots...)
		}
	}
	for g, slots := range lists {
		x.grams[g] = roaring.BitmapOf(slots...)
	}
}

func appendOnce(list []uint32, slot uint32) []uint32 {
	if n := len(list); n > 0 && list[n-1] == slot {
		return list
	}
	return append(list, slot)
}

// candidates returns the slots that have all grams of the words.
func (x *textIndex) candidates(words []string) *roaring.Bitmap {
	var sets []*roaring.Bitmap
	missing := false
	for _, word := range words {
		single := utf8.RuneCountInString(word) == 1
		eachGram(word, func(g gram) {
			if !single && g&(1<<32-1) == 0 {
				return // the pair says more
			}
			set := x.grams[g]
			missing = missing || set == nil
			sets = append(sets, set)
		})
	}
	if missing || len(sets) == 0 {
		return roaring.New()
	}
	return roaring.FastAnd(sets...)
}

// nameIn returns the name in the text of a record, in normal form.
func nameIn(text string) string {
	name, _, _ := strings.Cut(text, "\n")
	return name
}

func containsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

func searchText(rec crm.Record) string {
	return textOf(rec, searchFields[rec.Type], func(string) bool { return true })
}

// textOf joins the named fields that ok admits, folded for comparison, each text on a
// line. The first line is the name, and empty where that is missing. A phone is there
// twice, as written and in its normal form.
func textOf(rec crm.Record, fields []string, ok func(field string) bool) string {
	var b strings.Builder
	if ok(fields[0]) {
		b.WriteString(schema.NormalName(rec.Fields.String(fields[0])))
	}
	for _, field := range fields[1:] {
		if !ok(field) {
			continue
		}
		for text := range rec.Fields.Lookup(field).Texts() {
			b.WriteByte('\n')
			b.WriteString(schema.NormalName(text))
			if field == "phones" {
				b.WriteByte('\n')
				b.WriteString(schema.NormalPhone(text))
			}
		}
	}
	return b.String()
}
