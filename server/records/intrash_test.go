package records_test

import (
	"slices"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/records"
	"rapport/server/workspace"
)

func (w *world) inTrash(by string, q records.TrashQuery) (titles []string, page records.TrashPage) {
	w.t.Helper()
	if q.Limit == 0 {
		q.Limit = 50
	}
	w.Look(func(s *workspace.State) {
		var err error
		if page, err = records.InTrash(s, w.People[by], q); err != nil {
			w.t.Fatal(err)
		}
	})
	for _, rec := range page.Records {
		titles = append(titles, rec.Fields.String("title")+rec.Fields.String("name")+rec.Fields.String("text"))
	}
	return titles, page
}

// threwAway puts records of Sales into the trash, each a minute after the one before.
func (w *world) threwAway() {
	w.t.Helper()
	assam := w.made("Mia", crm.TypeDeal, values{"title": "Assam, 40 chests"})
	darjeeling := w.made("Leo", crm.TypeDeal, values{"title": "Darjeeling for Harbour"})
	yards := w.made("Mia", crm.TypeCustomer, values{"name": "Harbour Yards"})
	kept := w.made("Mia", crm.TypeDeal, values{"title": "Harbour blend"})
	comment := w.newID()
	if _, err := w.records.AddComment(w.t.Context(), w.As("Mia"), records.CommentArgs{ID: comment, RecordID: kept, Text: "They like Assam"}); err != nil {
		w.t.Fatal(err)
	}
	for _, id := range []crm.ID{assam, darjeeling, yards, comment} {
		w.Wait(time.Minute)
		if _, err := w.records.Trash(w.t.Context(), w.As("Leo"), records.IDArgs{ID: id}); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestTheTrashShowsWhatOneMayRestore(t *testing.T) {
	tests := []struct {
		name, by string
		query    records.TrashQuery
		prepare  func(*world)
		want     []string
	}{
		{name: "a lead, all of it, what was thrown away last first", by: "Leo",
			want: []string{"They like Assam", "Harbour Yards", "Darjeeling for Harbour", "Assam, 40 chests"}},
		{name: "a member, what is his own", by: "Mia", want: []string{"They like Assam", "Harbour Yards", "Assam, 40 chests"}},
		{name: "a guest sees records and restores none", by: "Gus"},
		{name: "another department, nothing", by: "Mark"},
		{name: "one type of it", by: "Leo", query: records.TrashQuery{Type: crm.TypeDeal}, want: []string{"Darjeeling for Harbour", "Assam, 40 chests"}},
		{name: "by words of the name, in any order and case", by: "Leo", query: records.TrashQuery{Words: "YARDS harb"}, want: []string{"Harbour Yards"}},
		{name: "comments by their text", by: "Leo", query: records.TrashQuery{Words: "assam"}, want: []string{"They like Assam", "Assam, 40 chests"}},
		{name: "but not by a text that is masked", by: "Leo", query: records.TrashQuery{Words: "assam"},
			prepare: func(w *world) { w.rule("role:lead", "never", "see", "comment", "all", "notes") }, want: []string{"Assam, 40 chests"}},
		{name: "what one may restore and not see is not there", by: "Leo",
			prepare: func(w *world) { w.rule("role:lead", "never", "see", "deal", "all", "all") }, want: []string{"Harbour Yards"}},
		{name: "a page goes on where the one before ended", by: "Leo", query: records.TrashQuery{Limit: 3, After: "first page"}, want: []string{"Assam, 40 chests"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.threwAway()
			if tt.prepare != nil {
				tt.prepare(w)
			}
			total := len(tt.want)
			if tt.query.After != "" {
				_, first := w.inTrash(tt.by, records.TrashQuery{Limit: tt.query.Limit})
				total, tt.query.After = len(first.Records)+len(tt.want), first.Next
			}
			got, page := w.inTrash(tt.by, tt.query)
			if !slices.Equal(got, tt.want) || page.Total != total || page.Next != "" {
				t.Errorf("%q of %d, next %q; want %q of %d", got, page.Total, page.Next, tt.want, total)
			}
		})
	}
}

func TestWhatIsRestoredLeavesTheTrash(t *testing.T) {
	w := newWorld(t)
	w.threwAway()
	_, page := w.inTrash("Leo", records.TrashQuery{Type: crm.TypeCustomer})
	if _, err := w.records.Restore(t.Context(), w.As("Leo"), records.IDArgs{ID: page.Records[0].ID}); err != nil {
		t.Fatal(err)
	}
	if left, _ := w.inTrash("Leo", records.TrashQuery{Type: crm.TypeCustomer}); len(left) > 0 {
		t.Errorf("%q is still there", left)
	}
}
