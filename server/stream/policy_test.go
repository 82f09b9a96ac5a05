package stream_test

import (
	"maps"
	"slices"
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/wire"
)

func rule(n int, r access.Rule) edit { return edit{crm.TypeRule, id("rule", n), ruleFields(r)} }

// kinds returns the ops by record; several about one read like "hide, hide".
func kinds(ops []wire.Op) map[string]wire.OpKind {
	got := map[string]wire.OpKind{}
	for _, op := range ops {
		if before, twice := got[op.ID]; twice {
			op.Op = before + ", " + op.Op
		}
		got[op.ID] = op.Op
	}
	return got
}

func TestAPolicyChangeShowsAndHides(t *testing.T) {
	deal := func(n int) string { return string(id("deal", n)) }
	tests := []struct {
		name  string
		rules []edit
		want  map[crm.ID]map[string]wire.OpKind
	}{
		{"marketing may see the standard fields of sales' deals",
			[]edit{rule(60, access.Rule{Who: "person:" + string(mia), Effect: "may", Action: "see", What: "deal", Whose: "all", Fields: "standard"})},
			map[crm.ID]map[string]wire.OpKind{mia: {deal(1): wire.OpShow, deal(2): wire.OpShow}}},
		{"members lose sight of deals, but for what they own",
			[]edit{rule(3, access.Rule{Who: "role:member", Effect: "may", Action: "see", What: "deal", Whose: "own", Fields: "standard"})},
			map[crm.ID]map[string]wire.OpKind{
				ben: {deal(1): wire.OpHide},
				bea: {deal(1): wire.OpHide, deal(2): wire.OpHide},
				mia: {deal(3): wire.OpHide},
			}},
		{"one field group less: the record again, with the mask",
			[]edit{rule(7, access.Rule{Who: "role:lead", Effect: "may", Action: "see", What: "deal", Whose: "department", Fields: "standard+notes"})},
			map[crm.ID]map[string]wire.OpKind{
				ana: {deal(1): wire.OpShow, deal(2): wire.OpShow},
			}},
		{"a rule that changes nothing for anybody here",
			[]edit{rule(60, access.Rule{Who: "person:" + string(id("user", 99)), Effect: "may", Action: "see", What: "deal", Whose: "all", Fields: "all"})},
			nil},
	}
	for _, tt := range tests {
		t.Run("[SL16] "+tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
			w.put(crm.TypeDeal, id("deal", 2), aDeal(crm.Fields{"ownerId": string(ben)}))
			w.put(crm.TypeDeal, id("deal", 3), aDeal(crm.Fields{"departmentId": string(marketing)}))
			open := map[crm.ID]*screen{}
			for _, person := range []crm.ID{ana, ben, bea, mia, gus} {
				open[person] = w.open(person)
			}
			offset := w.commit(tt.rules...)
			for person, s := range open {
				before := s.token
				s.read()
				got := kinds(s.ops(offset))
				// Rules are no secret to whoever may see rules; here nobody may.
				if !maps.Equal(got, tt.want[person]) {
					t.Errorf("%s got %v, want %v", person, got, tt.want[person])
				}
				if want := w.policy.Audience(person).Token(); s.token != want {
					t.Errorf("%s holds the token %s, want %s", person, s.token, want)
				}
				if s.token != before && (len(s.frames) == 0 || s.frames[len(s.frames)-1].UpTo != offset) {
					t.Errorf("%s: the frame with the token does not end at the change", person)
				}
			}
			if n := w.stream.StepsHeld(); n != 0 {
				t.Errorf("the records of %d policy changes are still held", n)
			}
		})
	}
}

func TestEntriesAroundARevocation(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	s := w.open(ben)
	first := w.commit(w.deal(1, crm.Fields{"title": "A"}))
	revoked := w.commit(rule(61, access.Rule{
		Who: "person:" + string(ben), Effect: "never", Action: "see", What: "deal", Whose: "all", Fields: "all",
	}), w.deal(1, crm.Fields{"title": "B"}))
	after := w.commit(w.deal(1, crm.Fields{"title": "C"}))
	s.read()
	if got := kinds(s.ops(first)); got[string(id("deal", 1))] != wire.OpSet {
		t.Errorf("[SL16] before: %v", got)
	}
	// The entry changes the deal too: compared with the old eyes before it and the new ones after.
	if got := kinds(s.ops(revoked)); !maps.Equal(got, map[string]wire.OpKind{string(id("deal", 1)): wire.OpHide}) {
		t.Errorf("[SL16] at the change: %v", got)
	}
	if got := s.ops(after); got != nil {
		t.Errorf("[SL16] after: %v", got)
	}
	if len(s.frames) != 2 || s.frames[0].UpTo != revoked-1 || s.frames[1].Audience == "" || s.frames[1].UpTo != revoked {
		t.Errorf("[SL16] frames = %+v", s.frames)
	}
}

// A record that the entry with the policy changes, too, is compared once: as it
// was with the old eyes, as it is with the new ones.
func TestAPolicyChangeTellsOnceOfWhatItChangesItself(t *testing.T) {
	sees := func(whose string) access.Rule {
		return access.Rule{Who: "person:" + string(mia), Effect: "may", Action: "see", What: "deal", Whose: whose, Fields: "standard"}
	}
	never := sees("all")
	never.Effect = "never"
	inMarketing := crm.Fields{"departmentId": string(marketing)}
	for _, tt := range []struct {
		name   string
		before crm.Fields
		rule   access.Rule
		change crm.Fields
		want   wire.OpKind
	}{
		{"shown by the rule while its title changes", nil, sees("all"), crm.Fields{"title": "Chairs"}, wire.OpShow},
		{"shown by the rule while it goes to another department", nil, sees("all"), inMarketing, wire.OpShow},
		{"shown by the rule while it is put into the trash", nil, sees("all"), crm.Fields{crm.KeyTrashedAt: "2026-11-24T09:00:00.000Z"}, ""},
		{"hidden by the rule while its title changes", inMarketing, never, crm.Fields{"title": "Chairs"}, wire.OpHide},
		{"hidden by the rule while it leaves the department", inMarketing, never, crm.Fields{"departmentId": string(sales)}, wire.OpHide},
	} {
		t.Run("[SL16] "+tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.put(crm.TypeDeal, id("deal", 1), aDeal(tt.before))
			s := w.open(mia)
			offset := w.commit(rule(63, tt.rule), w.deal(1, tt.change))
			s.read()
			want := map[string]wire.OpKind{}
			if tt.want != "" {
				want[string(id("deal", 1))] = tt.want
			}
			if got := kinds(s.ops(offset)); !maps.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// Most people of an audience share the frame of a policy change. What the same
// entry does to something of one's own is told to its owner alone, whoever reads first.
func TestAPolicyChangeTellsOwnersOfTheirOwn(t *testing.T) {
	for _, tt := range []struct {
		name       string
		ownerFirst bool
	}{{"the owner reads first", true}, {"his colleague reads first", false}} {
		t.Run("[SL16] "+tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.put(crm.TypeDeal, id("deal", 1), aDeal(crm.Fields{"ownerId": string(ben), "departmentId": string(marketing)}))
			w.put(crm.TypeCustomer, id("customer", 1), crm.Fields{"name": "Harbour Hotel", "departmentId": string(sales)})
			owner, colleague := w.open(ben), w.open(bea)
			if owner.token != colleague.token {
				t.Fatal("ben and bea should be one audience")
			}
			offset := w.commit(rule(64, access.Rule{
				Who: "role:member", Effect: "may", Action: "see", What: "customer", Whose: "all", Fields: "standard",
			}), w.deal(1, crm.Fields{"title": "Chairs"}))
			order := []*screen{owner, colleague}
			if !tt.ownerFirst {
				slices.Reverse(order)
			}
			for _, s := range order {
				s.read()
			}
			shown := map[string]wire.OpKind{string(id("customer", 1)): wire.OpShow}
			if got := kinds(colleague.ops(offset)); !maps.Equal(got, shown) {
				t.Errorf("the colleague got %v, want %v", got, shown)
			}
			shown[string(id("deal", 1))] = wire.OpSet
			if got := kinds(owner.ops(offset)); !maps.Equal(got, shown) {
				t.Errorf("the owner got %v, want %v", got, shown)
			}
		})
	}
}

func TestCommentsFollowTheirRecordThroughAPolicyChange(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	w.put(crm.TypeComment, id("comment", 1), crm.Fields{"recordId": string(id("deal", 1)), "text": "Call", "createdBy": string(ana)})
	s := w.open(ben)
	offset := w.commit(rule(62, access.Rule{
		Who: "person:" + string(ben), Effect: "never", Action: "see", What: "deal", Whose: "all", Fields: "all",
	}))
	s.read()
	want := map[string]wire.OpKind{string(id("deal", 1)): wire.OpHide, string(id("comment", 1)): wire.OpHide}
	if got := kinds(s.ops(offset)); !maps.Equal(got, want) {
		t.Errorf("[SL13] got %v, want %v", got, want)
	}
}

func TestAScreenThatClosesBeforeThePolicyChange(t *testing.T) {
	w := newWorld(t)
	s, other := w.open(ben), w.open(bea)
	w.commit(rule(3, access.Rule{Who: "role:member", Effect: "may", Action: "see", What: "deal", Whose: "own", Fields: "standard"}))
	if w.stream.StepsHeld() != 1 {
		t.Fatal("nothing is held for screens that have yet to pass")
	}
	s.cursor.Close()
	other.read()
	if n := w.stream.StepsHeld(); n != 0 {
		t.Errorf("the records of %d policy changes are still held", n)
	}
}

func TestTooMuchToShowOneByOne(t *testing.T) {
	w := newWorld(t)
	for n := range 5001 {
		w.put(crm.TypeDeal, id("deal", n), aDeal(nil))
	}
	s := w.open(mia)
	offset := w.commit(rule(60, access.Rule{
		Who: "person:" + string(mia), Effect: "may", Action: "see", What: "deal", Whose: "all", Fields: "standard",
	}))
	s.read()
	if s.welcome.Mode != wire.ModeSnapshot || s.welcome.Position.Offset != offset || len(s.frames) != 0 {
		t.Fatalf("[SL17] welcome = %+v", s.welcome)
	}
	if s.token != w.policy.Audience(mia).Token() {
		t.Error("[SL17] the order to load again carries an old token")
	}
	next := w.commit(w.deal(1, crm.Fields{"title": "A"}))
	s.read()
	if s.ops(next) == nil {
		t.Error("[SL17] the stream did not go on after the order")
	}
}

func TestAFieldThatMovesToAnotherGroup(t *testing.T) {
	w := newWorld(t)
	field := crm.Fields{"recordType": "deal", "key": "margin", "kind": "number", "group": "standard"}
	s := w.open(ben)
	created := w.commit(edit{crm.TypeField, id("field", 1), field})
	s.read()
	if s.welcome.Position.Offset != 100 {
		t.Fatalf("[SL17] a new field at %d made the screen load again", created)
	}
	moved := w.commit(edit{crm.TypeField, id("field", 1), crm.Fields{"group": "money"}})
	s.read()
	if s.welcome.Mode != wire.ModeSnapshot || s.welcome.Position.Offset != moved {
		t.Errorf("[SL17] welcome = %+v", s.welcome)
	}
	first := w.commit(edit{crm.TypeField, id("field", 2), crm.Fields{"recordType": "deal", "key": "phone", "kind": "phone", "group": "reach"}})
	s.read()
	if s.welcome.Position.Offset != first {
		t.Errorf("[SL17] deals have contact data from %d on, and the screen was last told to load again at %d", first, s.welcome.Position.Offset)
	}
	gone := w.commit(edit{crm.TypeField, id("field", 1), crm.Fields{crm.KeyTrashedAt: "2026-11-24T09:00:00.000Z"}})
	again := w.commit(edit{crm.TypeField, id("field", 3), field})
	s.read()
	if s.welcome.Position.Offset != again {
		t.Errorf("[SL17] a field that went at %d and came back at %d still has values, and the screen was last told to load again at %d", gone, again, s.welcome.Position.Offset)
	}
}

func TestOwnersGetFramesOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(crm.Fields{"ownerId": string(ben)}))
	owner, colleague := w.open(ben), w.open(bea)
	if owner.token != colleague.token {
		t.Fatal("ben and bea should be one audience")
	}
	one := w.commit(w.deal(1, crm.Fields{"amount": crm.Money{Amount: 5, Currency: "EUR"}}))
	two := w.commit(w.deal(2, aDeal(nil)))
	owner.read()
	colleague.read()
	if ops := owner.ops(one); len(ops) != 1 || ops[0].Fields["amount"] == nil {
		t.Errorf("[SL12] the owner got %+v", ops)
	}
	if ops := colleague.ops(one); len(ops) != 1 || len(ops[0].Fields) != 0 || ops[0].Version != 2 {
		t.Errorf("[SL12] the colleague got %+v", ops)
	}
	for _, s := range []*screen{owner, colleague} {
		if ops := s.ops(two); len(ops) != 1 || !slices.Equal(ops[0].Masked, []string{"money", "notes"}) {
			t.Errorf("[SL12] ops of what nobody here owns: %+v", ops)
		}
	}
}

// The ring keeps the policies of its entries. What those that hardly anybody asks
// any more have worked out would be megabytes for each change of policy.
func TestPoliciesOfThePastForgetWhatTheyWorkedOut(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	s := w.open(ben)
	var policies []*access.Policy
	for n := range 4 {
		w.commit(w.deal(1, crm.Fields{"nextStep": string(id("step", n))}))
		s.read()
		policies = append(policies, w.policy)
		w.commit(edit{crm.TypeUser, id("extra", n), crm.Fields{"name": "Extra"}}) // makes a policy
		s.read()
	}
	for n, p := range policies {
		if remembers := p.Remembered() > 0; remembers != (n == len(policies)-1) {
			t.Errorf("policy %d of %d remembers %d decisions", n, len(policies), p.Remembered())
		}
	}
	w.commit(w.deal(1, crm.Fields{"nextStep": "Call"}))
	late := w.resume(bea, &wire.Position{Epoch: string(epoch), Offset: w.offset - 8}, s.token)
	late.read()
	if late.position != w.offset || len(late.ops(w.offset-1))+len(late.ops(w.offset)) == 0 {
		t.Errorf("who is far behind came to %d of %d", late.position, w.offset)
	}
}
