package stream_test

import (
	"bytes"
	"strings"
	"testing"

	"rapport/server/crm"
	"rapport/server/stream"
)

// [L5] Each person is an audience of his own, so that nothing is shared. All of
// them are told everything, and what is kept for them stays within its bound,
// however long the entries are.
func TestAnAudienceForEachPerson(t *testing.T) {
	const people = 1000
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	for n := range people {
		person, own := id("extra", n), id("extrad", n)
		w.put(crm.TypeUser, person, crm.Fields{"name": "Extra"})
		w.put(crm.TypeDepartment, own, crm.Fields{"name": "Own", "parentId": string(company)})
		for m, department := range []crm.ID{sales, own} {
			w.put(crm.TypeMembership, id("extram", people*m+n), crm.Fields{
				"userId": string(person), "departmentId": string(department), "role": "member",
			})
		}
	}
	w.commit(edit{crm.TypeUser, ana, crm.Fields{"name": "Ana"}}) // builds the policy
	var open []*screen
	for n := range people {
		open = append(open, w.open(id("extra", n)))
	}
	if n := w.stream.Stats().Audiences; n != people {
		t.Fatalf("%d audiences of %d people", n, people)
	}
	title := ""
	for n := range 16 {
		size := 10_000
		if n == 15 {
			size = 100_000 // more than a person's part
		}
		title = strings.Repeat(string(rune('a'+n)), size)
		w.commit(w.deal(1, crm.Fields{"title": title}))
		for at, s := range open {
			told := false
			for {
				data, end := s.cursor.Next()
				if end != nil {
					t.Fatal(end)
				}
				if data == nil {
					break
				}
				told = told || bytes.Contains(data, []byte(title))
			}
			if !told {
				t.Fatalf("screen %d was not told of change %d", at, n)
			}
		}
		if kept := w.stream.Stats().RoomBytes; kept > 2*stream.RoomsBytes {
			t.Fatalf("%d MB kept after change %d", kept>>20, n)
		}
	}
}
