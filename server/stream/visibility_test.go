package stream_test

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/wire"
)

func TestWhatAnEntryShows(t *testing.T) {
	trashed := crm.Fields{crm.KeyTrashedAt: "2026-11-24T09:00:00.000Z"}
	tests := []struct {
		name   string
		before crm.Fields // of the deal; nil: it does not exist
		change crm.Fields
		want   map[crm.ID]wire.OpKind // absent: nothing
	}{
		{"[SL8] a new deal is shown to those who may see it",
			nil, aDeal(nil), map[crm.ID]wire.OpKind{ana: wire.OpShow, ben: wire.OpShow, bea: wire.OpShow, boss: wire.OpShow}},
		{"[SL8] a changed field is set",
			aDeal(nil), crm.Fields{"title": "Chairs"},
			map[crm.ID]wire.OpKind{ana: wire.OpSet, ben: wire.OpSet, bea: wire.OpSet, boss: wire.OpSet}},
		{"[SL8] a masked field that changes is a new version to those it is masked for",
			aDeal(nil), crm.Fields{"amount": crm.Money{Amount: 1, Currency: "EUR"}},
			map[crm.ID]wire.OpKind{ana: wire.OpSet, ben: wire.OpSet, bea: wire.OpSet, boss: wire.OpSet}},
		{"[SL8] another department: hidden here, shown there, and replaced for who sees both",
			aDeal(nil), crm.Fields{"departmentId": string(marketing)},
			map[crm.ID]wire.OpKind{ana: wire.OpHide, ben: wire.OpHide, bea: wire.OpHide, mia: wire.OpShow, boss: wire.OpShow}},
		{"[SL10] another pipeline carries the whole record, for boards that did not hold it",
			aDeal(nil), crm.Fields{"pipelineId": string(id("pipeline", 2))},
			map[crm.ID]wire.OpKind{ana: wire.OpShow, ben: wire.OpShow, bea: wire.OpShow, boss: wire.OpShow}},
		{"[SL8] into the trash: deleted",
			aDeal(nil), trashed,
			map[crm.ID]wire.OpKind{ana: wire.OpDelete, ben: wire.OpDelete, bea: wire.OpDelete, boss: wire.OpDelete}},
		{"[SL10] out of the trash: the whole record",
			aDeal(trashed), crm.Fields{crm.KeyTrashedAt: nil},
			map[crm.ID]wire.OpKind{ana: wire.OpShow, ben: wire.OpShow, bea: wire.OpShow, boss: wire.OpShow}},
		{"[SL8] edited while in the trash: nothing",
			aDeal(trashed), crm.Fields{"title": "Chairs"}, nil},
		{"[SL12] handed to a guest, who sees only what he owns",
			aDeal(nil), crm.Fields{"ownerId": string(gus)},
			map[crm.ID]wire.OpKind{ana: wire.OpSet, ben: wire.OpSet, bea: wire.OpSet, boss: wire.OpSet, gus: wire.OpShow}},
		{"[SL12] taken from a guest",
			aDeal(crm.Fields{"ownerId": string(gus)}), crm.Fields{"ownerId": string(boss)},
			map[crm.ID]wire.OpKind{ana: wire.OpSet, ben: wire.OpSet, bea: wire.OpSet, boss: wire.OpSet, gus: wire.OpHide}},
		{"[SL12] changed while a guest owns it: masked for colleagues, whole for him",
			aDeal(crm.Fields{"ownerId": string(gus)}), crm.Fields{"notes": "oak or ash"},
			map[crm.ID]wire.OpKind{ana: wire.OpSet, ben: wire.OpSet, bea: wire.OpSet, boss: wire.OpSet, gus: wire.OpSet}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			if tt.before != nil {
				w.put(crm.TypeDeal, id("deal", 1), tt.before)
			}
			open := map[crm.ID]*screen{}
			for _, person := range []crm.ID{ana, ben, bea, mia, gus, boss} {
				open[person] = w.open(person)
			}
			offset := w.commit(w.deal(1, tt.change))
			for person, s := range open {
				if end := s.read(); end != nil {
					t.Fatal(end)
				}
				var got wire.OpKind
				if ops := s.ops(offset); len(ops) > 0 {
					got = ops[0].Op
				}
				if got != tt.want[person] {
					t.Errorf("%s got %q, want %q", w.records[person].Fields.Get("name"), got, tt.want[person])
				}
			}
		})
	}
}

func TestMaskedFieldsAreInNoFrame(t *testing.T) {
	w := newWorld(t)
	full, masked := w.open(ana), w.open(ben)
	shown := w.commit(w.deal(1, aDeal(crm.Fields{"ownerId": string(ana)})))
	set := w.commit(w.deal(1, crm.Fields{"title": "Chairs", "amount": crm.Money{Amount: 777_777, Currency: "EUR"}, "notes": nil}))
	full.read()
	masked.read()

	if op := masked.ops(shown)[0]; op.Fields["amount"] != nil || op.Fields["notes"] != nil || !slices.Equal(op.Masked, []string{"money", "notes"}) {
		t.Errorf("[SL9] masked show = %+v", op)
	}
	if op := full.ops(shown)[0]; op.Fields["amount"] == nil || op.Masked != nil {
		t.Errorf("[SL9] full show = %+v", op)
	}
	if op := masked.ops(set)[0]; len(op.Fields) != 1 || op.Fields["title"] != "Chairs" || op.Unset != nil || op.Version != 2 {
		t.Errorf("[SL9] masked set = %+v", op)
	}
	if op := full.ops(set)[0]; len(op.Fields) != 2 || !slices.Equal(op.Unset, []string{"notes"}) {
		t.Errorf("[SL9] full set = %+v", op)
	}
	for _, data := range masked.raw {
		if bytes.Contains(data, []byte("777777")) || bytes.Contains(data, []byte("oak")) {
			t.Errorf("[SL9] a masked value left: %s", data)
		}
	}
}

// Whoever may not see amounts learns that a deal has a new version, for his next
// edit is based on it; not when the amount was changed, by whom, or how.
func TestWhoChangedWhatIsMaskedIsMasked(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	full, masked := w.open(ana), w.open(ben)
	stamps := crm.Fields{"updatedAt": "2026-11-24T09:00:00.000Z", "updatedBy": string(ana)}
	amount := crm.Fields{"amount": crm.Money{Amount: 1, Currency: "EUR"}}
	maps.Copy(amount, stamps)
	title := crm.Fields{"title": "Chairs", "updatedAt": "2026-11-24T09:00:01.000Z", "updatedBy": string(ana)}
	w.commit(w.deal(1, amount))
	both := w.commit(w.deal(1, amount), w.deal(1, title))
	full.read()
	masked.read()
	got := masked.frames[0].Entries
	want := wire.Entry{Offset: both - 1, Ops: []wire.Op{{Op: wire.OpSet, Type: "deal", ID: string(id("deal", 1)), Version: 2}}}
	if !reflect.DeepEqual(got[0], want) {
		t.Errorf("[SL14] a masked change is told as %+v", got[0])
	}
	if e := got[1]; e.By != string(ana) || e.At == "" || e.Command == "" || e.Ops[len(e.Ops)-1].Fields["title"] != "Chairs" {
		t.Errorf("[SL14] a change he sees is told as %+v", e)
	}
	if bytes.Contains(bytes.Join(masked.raw, nil), []byte("updated")) {
		t.Errorf("[SL9] a masked record tells when it was written: %s", masked.raw)
	}
	if op := full.ops(both - 1)[0]; op.Fields["updatedBy"] != string(ana) || full.frames[0].Entries[0].By != string(ana) {
		t.Errorf("who sees everything is told %+v", op)
	}
}

func TestLossCarriesNothingButTheID(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	s := w.open(ben)
	offset := w.commit(w.deal(1, crm.Fields{"departmentId": string(marketing), "title": "Secret"}))
	s.read()
	op := s.ops(offset)[0]
	if op.Op != wire.OpHide || op.Fields != nil || op.Masked != nil || op.Version != 0 || op.ID != string(id("deal", 1)) {
		t.Errorf("[SL9] hide = %+v", op)
	}
}

// [B22]
func TestHiddenEntriesLeaveOnlyTheRange(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	w.put(crm.TypeDeal, id("deal", 2), aDeal(crm.Fields{"departmentId": string(marketing)}))
	s := w.open(mia)
	hidden := w.commit(w.deal(1, crm.Fields{"title": "Chairs"}))
	s.read()
	if len(s.raw) != 0 {
		t.Fatalf("[SL7] a hidden entry was answered with %s", s.raw[0])
	}
	// The range is told with the next heartbeat, not at the time of the change.
	w.stream.Beat()
	s.read()
	if len(s.frames) != 1 || len(s.frames[0].Entries) != 0 || s.position != hidden || len(s.beats) != 1 {
		t.Fatalf("[SL7] after the beat: %s", s.raw)
	}
	// An entry that touches one visible and one hidden record shows the one.
	both := w.commit(w.deal(1, crm.Fields{"title": "A"}), w.deal(2, crm.Fields{"title": "B"}))
	s.read()
	if ops := s.ops(both); len(ops) != 1 || ops[0].ID != string(id("deal", 2)) {
		t.Errorf("[SL7] ops = %+v", ops)
	}
	if s.frames[1].After != hidden {
		t.Errorf("[SL6] frame after %d, want %d", s.frames[1].After, hidden)
	}
}

func TestTypesThatNeverLeave(t *testing.T) {
	w := newWorld(t)
	s := w.open(admin)
	for n, kind := range []crm.RecordType{crm.TypeCredential, crm.TypeSession, crm.TypeInvitation, crm.TypeImport} {
		offset := w.commit(edit{kind, id("hidden", n), crm.Fields{"tokenHash": "s3cret", "hash": "s3cret", "ownerId": string(admin)}})
		s.read()
		if s.ops(offset) != nil {
			t.Errorf("[SL11] a %s was sent", kind)
		}
	}
	for _, data := range s.raw {
		if bytes.Contains(data, []byte("s3cret")) {
			t.Errorf("[SL11] %s", data)
		}
	}
}

func TestCommentsGoWithWhatTheyHangOn(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	w.put(crm.TypeDeal, id("deal", 2), aDeal(crm.Fields{"departmentId": string(marketing), "ownerId": string(gus)}))
	inSales, inMarketing, guest := w.open(ben), w.open(mia), w.open(gus)
	comment := func(n, deal int, by crm.ID) uint64 {
		return w.commit(edit{crm.TypeComment, id("comment", n), crm.Fields{
			"recordId": string(id("deal", deal)), "text": "Call on Friday", crm.KeyCreatedBy: string(by),
		}})
	}
	tests := []struct {
		name   string
		offset uint64
		want   []*screen
	}{
		{"on a deal of sales", comment(1, 1, ana), []*screen{inSales}},
		{"on a deal of marketing by a guest who owns the deal", comment(2, 2, gus), []*screen{inMarketing, guest}},
		{"by a guest on a deal he may not see", comment(3, 1, gus), []*screen{inSales}},
		{"on something that is not there", comment(4, 9, ana), nil},
	}
	for _, s := range []*screen{inSales, inMarketing, guest} {
		s.read()
	}
	for _, tt := range tests {
		t.Run("[SL13] "+tt.name, func(t *testing.T) {
			for name, s := range map[string]*screen{"sales": inSales, "marketing": inMarketing, "guest": guest} {
				if got, want := s.ops(tt.offset) != nil, slices.Contains(tt.want, s); got != want {
					t.Errorf("%s got it: %v, want %v", name, got, want)
				}
			}
		})
	}
}

// An entry that changes a record and a comment on it: the comment was seen where
// the record was, and is seen where the record is.
func TestACommentThatMovesWithItsRecord(t *testing.T) {
	inMarketing := aDeal(crm.Fields{"departmentId": string(marketing)})
	for _, tt := range []struct {
		name   string
		before crm.Fields
		change crm.Fields
		want   map[crm.ID]wire.OpKind // of the comment
	}{
		{"to another department: hidden here, shown there",
			aDeal(nil), crm.Fields{"departmentId": string(marketing)},
			map[crm.ID]wire.OpKind{ben: wire.OpHide, mia: wire.OpShow}},
		{"to a guest, who comes to own it",
			inMarketing, crm.Fields{"ownerId": string(gus)},
			map[crm.ID]wire.OpKind{mia: wire.OpSet, gus: wire.OpShow}},
		{"away from a guest, who owned it",
			aDeal(crm.Fields{"departmentId": string(marketing), "ownerId": string(gus)}), crm.Fields{"ownerId": string(boss)},
			map[crm.ID]wire.OpKind{mia: wire.OpSet, gus: wire.OpHide}},
		{"nowhere: the record stays where it is",
			aDeal(nil), crm.Fields{"title": "Chairs"},
			map[crm.ID]wire.OpKind{ben: wire.OpSet}},
	} {
		t.Run("[SL13] "+tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.put(crm.TypeDeal, id("deal", 1), tt.before)
			w.put(crm.TypeComment, id("comment", 1), crm.Fields{
				"recordId": string(id("deal", 1)), "text": "Call on Friday", crm.KeyCreatedBy: string(gus),
			})
			open := map[crm.ID]*screen{}
			for _, person := range []crm.ID{ben, mia, gus} {
				open[person] = w.open(person)
			}
			offset := w.commit(w.deal(1, tt.change), edit{crm.TypeComment, id("comment", 1), crm.Fields{"text": "Call on Monday"}})
			for person, s := range open {
				s.read()
				if got := kinds(s.ops(offset))[string(id("comment", 1))]; got != tt.want[person] {
					t.Errorf("%s got %q, want %q", w.records[person].Fields.Get("name"), got, tt.want[person])
				}
			}
		})
	}
}

func TestWhoDidItIsToldToThoseWhoMaySeeThePerson(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	s := w.open(ben)
	w.commit(w.deal(1, crm.Fields{"title": "A"}))
	s.read()
	if by := s.frames[0].Entries[0].By; by != string(ana) {
		t.Errorf("[SL14] by = %q", by)
	}
	w.commit(edit{crm.TypeRule, id("rule", 90), ruleFields(access.Rule{
		Who: "everyone", Effect: "never", Action: "see", What: "user", Whose: "all", Fields: "all",
	})})
	w.commit(w.deal(1, crm.Fields{"title": "B"}))
	s.read()
	if by := s.frames[len(s.frames)-1].Entries[0].By; by != "" {
		t.Errorf("[SL14] by = %q, though people are hidden", by)
	}
}

func TestAnAudienceSharesItsBytes(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(crm.Fields{"ownerId": string(ana)}))
	one, two, other := w.open(ben), w.open(bea), w.open(ana)
	if one.token != two.token || one.token == other.token {
		t.Fatal("ben and bea should be one audience, ana another")
	}
	w.commit(w.deal(1, crm.Fields{"title": "Chairs"}))
	for _, s := range []*screen{one, two, other} {
		s.read()
	}
	if &one.raw[0][0] != &two.raw[0][0] {
		t.Error("[SL15] the same frame was written twice for one audience")
	}
	if strings.Contains(string(other.raw[0]), one.token) {
		t.Error("a token of another audience was sent")
	}
}

// Two worlds that differ only in what mia may not see send her the same bytes.
func TestTwoWorlds(t *testing.T) {
	tell := func(title string, amount int64) [][]byte {
		w := newWorld(t)
		w.put(crm.TypeDeal, id("deal", 1), aDeal(crm.Fields{"title": title}))
		w.put(crm.TypeDeal, id("deal", 2), aDeal(crm.Fields{"departmentId": string(marketing)}))
		s, colleague := w.open(mia), w.open(ana)
		s.watch(wire.Watch{BoardID: string(board)})
		colleague.watch(wire.Watch{BoardID: string(board), Holding: string(id("deal", 1))})
		money := crm.Money{Amount: amount, Currency: "EUR"}
		w.commit(w.deal(1, crm.Fields{"title": title + "!", "amount": money}))
		w.commit(w.deal(2, crm.Fields{"title": "Chairs", "amount": money}), w.deal(1, crm.Fields{"notes": title}))
		w.commit(w.deal(2, crm.Fields{"amount": money, "notes": title}))
		w.commit(rule(60, access.Rule{
			Who: "role:lead", Effect: "may", Action: "see", What: "deal", Whose: "all", Fields: "all",
		}))
		w.stream.Beat()
		s.read()
		return s.raw
	}
	one, two := tell("Oak desks", 5), tell("A much longer title, and other numbers", 1_000_000)
	if len(one) == 0 || !slices.EqualFunc(one, two, bytes.Equal) {
		t.Errorf("[SL7] one world:\n%s\nthe other:\n%s", bytes.Join(one, []byte("\n")), bytes.Join(two, []byte("\n")))
	}
}
