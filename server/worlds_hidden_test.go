package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// hidden is what of a world the onlooker must not be able to find out. Each
// world draws its own.
type hidden struct {
	extras  []extra
	words   []int // of hidden values of the records that both worlds have
	amounts []int
	probes  []string // what is behind each probe: a kind of hidden record, or nothing
	steps   []hiddenStep
}

// extra is a record where the onlooker sees none.
type extra struct {
	t                             crm.RecordType
	place, word, amount, link, at int
	trashed                       bool
}

// hiddenStep is something that happens out of his sight, after a step of the script.
type hiddenStep struct {
	after    int
	what     string
	a, b, ms int
}

// wWords are what hidden names are made of; the onlooker searches for them.
var wWords = []string{"oak desks", "juniper", "quay lights", "open", "amber", "zither"}

// word makes a text of a drawn number. It holds what must never reach the
// onlooker, or is the twin of something in his own file.
func (w *world) word(drawn []int, i int) string {
	n := drawn[i%len(drawn)]
	if n >= 10 {
		return "twin"
	}
	return fmt.Sprintf("%s %s%d", wWords[n%len(wWords)], wCanary(w.number), n)
}

// wCanary is in all hidden texts of a world.
func wCanary(world int) string { return fmt.Sprintf("zqworld%dn", world) }

const wProbes = 8

func drawHidden(rt *rapid.T, label string, kind onlooker, steps int) hidden {
	h := hidden{
		extras: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) extra {
			return extra{
				t:     rapid.SampledFrom([]crm.RecordType{crm.TypeDeal, crm.TypeDeal, crm.TypeCustomer, crm.TypeContact, crm.TypeComment}).Draw(t, "type"),
				place: rapid.IntRange(0, 30).Draw(t, "place"), word: rapid.IntRange(0, 11).Draw(t, "word"),
				amount: rapid.IntRange(0, 999).Draw(t, "amount"), link: rapid.IntRange(0, 9).Draw(t, "link"),
				at: rapid.IntRange(0, 2).Draw(t, "stage"), trashed: rapid.IntRange(0, 5).Draw(t, "trashed") == 0,
			}
		}), 0, 25).Draw(rt, label+" extras"),
		words:   rapid.SliceOfN(rapid.IntRange(0, 11), 1, 12).Draw(rt, label+" words"),
		amounts: rapid.SliceOfN(rapid.IntRange(0, 999), 1, 12).Draw(rt, label+" amounts"),
		probes:  rapid.SliceOfN(rapid.SampledFrom(probeKinds(kind)), wProbes, wProbes).Draw(rt, label+" probes"),
	}
	what := hiddenActions(kind)
	h.steps = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) hiddenStep {
		return hiddenStep{
			after: rapid.IntRange(0, steps).Draw(t, "after"), what: rapid.SampledFrom(what).Draw(t, "what"),
			a: rapid.IntRange(0, 30).Draw(t, "a"), b: rapid.IntRange(0, 11).Draw(t, "b"), ms: rapid.IntRange(1, 998).Draw(t, "ms"),
		}
	}), 0, 40).Draw(rt, label+" steps")
	return h
}

// probeKinds are the kinds of records that can be behind an id without the
// onlooker seeing them.
func probeKinds(kind onlooker) []string {
	kinds := []string{"nothing", "nothing", "session", "credential", "import"}
	if kind.role == access.RoleAdmin {
		return kinds
	}
	kinds = append(kinds, "deal", "trashed deal", "customer", "contact", "comment", "board", "invitation", "reset link")
	if len(kind.without) > 0 {
		kinds = append(kinds, "user", "department", "pipeline", "rule", "membership")
	}
	return kinds
}

func probeID(n int) crm.ID { return fixedID("probe", n) }

// placeProbes puts hidden records behind the ids that the onlooker asks for.
func (w *world) placeProbes(tx *workspace.Tx) error {
	for n, kind := range w.hidden.probes {
		id, text := probeID(n), w.word(w.hidden.words, n)
		south := crm.Fields{crm.KeyDepartment: string(wSouth), crm.KeyOwner: string(wSally), "name": text, "title": text}
		placed := func(t crm.RecordType, more crm.Fields) error {
			for key, value := range more {
				south[key] = value
			}
			return createAll(tx, creation{t, id, south})
		}
		var err error
		switch kind {
		case "deal", "trashed deal":
			err = placed(crm.TypeDeal, crm.Fields{crm.KeyPipeline: string(wPipeline), crm.KeyStage: wStages[0], "order": "a0", "customerId": string(fixedID("customer", 0))})
			if err == nil && kind == "trashed deal" {
				err = tx.Trash(id)
			}
		case "customer", "contact":
			err = placed(crm.RecordType(kind), nil)
		case "board":
			err = placed(crm.TypeBoard, crm.Fields{crm.KeyPipeline: string(wPipeline)})
		case "comment":
			err = createAll(tx, creation{crm.TypeComment, id, crm.Fields{"recordId": string(fixedID("deal", 4)), "text": text}})
		case "import":
			err = placed(crm.TypeImport, crm.Fields{"state": "uploaded", "size": int64(10)})
		case "session", "credential":
			err = createAll(tx, creation{crm.RecordType(kind), id, crm.Fields{"userId": string(wSally), "tokenHash": text, "hash": text}})
		case "invitation":
			err = createAll(tx, creation{crm.TypeInvitation, id, crm.Fields{"kind": "invite", "email": inviteEmail(n), "role": "member", crm.KeyDepartment: string(wSouth), "tokenHash": text, "expiresAt": workspace.Timestamp(tx.Now().Add(time.Hour))}})
		case "reset link":
			err = createAll(tx, creation{crm.TypeInvitation, id, crm.Fields{"kind": "reset", "userId": string(wSally), "tokenHash": text, "expiresAt": workspace.Timestamp(tx.Now().Add(time.Hour))}})
		case "user":
			err = createAll(tx, creation{crm.TypeUser, id, crm.Fields{"name": text, "email": fmt.Sprintf("%s%d@example.com", wCanary(w.number), n)}})
		case "department":
			err = createAll(tx, creation{crm.TypeDepartment, id, crm.Fields{"name": text, "parentId": string(wSouth)}})
		case "pipeline":
			stages := []pipeline.Stage{{ID: "new", Name: text, Kind: pipeline.StageOpen}}
			err = createAll(tx, creation{crm.TypePipeline, id, crm.Fields{"name": text, "stages": pipeline.StagesValue(stages), crm.KeyDepartment: string(wSouth)}})
		case "rule":
			err = createAll(tx, creation{crm.TypeRule, id, ruleOf(access.Rule{Who: "person:" + string(wEd), Effect: "may", Action: "see", What: "deal", Whose: "own", Fields: "all"})})
		case "membership":
			// Not of Ed, whom the script appoints: who reads a record is told as it is,
			// also where the reason is a hidden membership.
			err = createAll(tx, creation{crm.TypeMembership, id, crm.Fields{"userId": string(wSally), crm.KeyDepartment: string(wEast), "role": "guest"}})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addHidden makes a record in one of the places where the onlooker sees none.
func (w *world) addHidden(tx *workspace.Tx, x extra) error {
	text := w.word([]int{x.word}, 0)
	f := contentOf(x.t, x.word, text, x.amount)
	author := []crm.ID{wSam, wVera, wAna}[x.place%3]
	if x.t == crm.TypeComment {
		on := w.unseen(tx, crm.TypeDeal)
		if len(on) == 0 {
			return nil
		}
		f["recordId"] = string(on[x.place%len(on)])
		return w.createAs(tx, author, creation{x.t, w.newID(), f})
	}
	var places []crm.Fields
	for _, department := range []crm.ID{"", wRoot, wNorth, wTeam, wSouth, wEast} {
		for _, owner := range []crm.ID{"", wVera, wSam, wEd} {
			place := crm.Fields{}
			if department != "" {
				place[crm.KeyDepartment] = string(department)
			}
			if owner != "" {
				place[crm.KeyOwner] = string(owner)
			}
			if x.t == crm.TypeDeal {
				place[crm.KeyPipeline] = string(wPipeline)
			}
			if tx.Can(wOnlooker, access.ActionSee, crm.Record{Type: x.t, Version: 1, Fields: crm.Pack(place)}) == 0 {
				places = append(places, place)
			}
		}
	}
	if len(places) == 0 {
		return nil // an admin sees everything
	}
	for key, value := range places[x.place%len(places)] {
		f[key] = value
	}
	if x.t != crm.TypeCustomer {
		// A hidden record may name one that is seen.
		f["customerId"] = string(fixedID("customer", x.link%7))
	}
	if x.t == crm.TypeDeal {
		stage := wStages[x.at]
		order, err := pipeline.KeyBetween(pipeline.LastKey(&tx.State, wPipeline, stage), "")
		if err != nil {
			return err
		}
		f[crm.KeyStage], f["order"] = stage, order
	}
	id := w.newID()
	if err := createAll(tx, creation{x.t, id, f}); err != nil {
		return err
	}
	if x.trashed {
		return tx.Trash(id)
	}
	return nil
}

// mayCome reports whether the script shows the onlooker a record at some time:
// what it is then must be the same in both worlds.
func (w *world) mayCome(id crm.ID) bool {
	return w.truth.ever(wOnlooker, id) && w.kind.role != access.RoleGuest || id == veras || strings.HasPrefix(string(id), string(fixedID("made", 0))[:24])
}

// unseen returns the records of a type that are not in the trash and that the
// onlooker does not see.
func (w *world) unseen(s interface {
	Each(crm.RecordType, func(crm.Record) bool)
	See(crm.ID, crm.Record) crm.Groups
}, t crm.RecordType,
) []crm.ID {
	var ids []crm.ID
	s.Each(t, func(rec crm.Record) bool {
		if s.See(wOnlooker, rec) == 0 && !strings.HasPrefix(string(rec.ID), string(probeID(0))[:20]) {
			ids = append(ids, rec.ID)
		}
		return true
	})
	return ids
}

// hiddenActions are what can happen out of an onlooker's sight.
func hiddenActions(kind onlooker) []string {
	out := []string{"import", "upload", "sessions"}
	if kind.role == access.RoleAdmin {
		return out
	}
	out = append(out, "make", "edit", "move", "trash", "comment", "assign", "invite", "watch", "mask")
	if len(kind.without) > 0 {
		out = append(out, "hire", "rule", "department", "appoint")
	}
	return out
}

// happen does one thing that the onlooker must not notice.
func (w *world) happen(h hiddenStep) {
	w.clock.ms.Add(int64(h.ms))
	defer w.clock.ms.Add(int64(-h.ms))
	before := w.node.ws.Position().Offset
	w.perform(h)
	for offset := before + 1; h.what != "mask" && offset <= w.node.ws.Position().Offset; offset++ {
		w.offsets = append(w.offsets, offset)
	}
}

func (w *world) perform(h hiddenStep) {
	text := w.word([]int{h.b}, 0)
	switch h.what {
	case "make":
		w.system(wSam, func(tx *workspace.Tx) error {
			return w.addHidden(tx, extra{t: []crm.RecordType{crm.TypeDeal, crm.TypeCustomer, crm.TypeContact}[h.a%3], place: h.a, word: h.b, amount: h.a * h.b, link: h.b, at: h.a % 3})
		})
	case "edit":
		w.toHidden(h, "record.edit", map[string]any{"basedOn": 1, "values": map[string]any{"title": text, "nextStep": text}})
	case "move":
		w.toHidden(h, "deal.move", map[string]any{"basedOn": 1, "stageId": wStages[h.b%2]})
	case "trash":
		w.toHidden(h, []string{"record.trash", "record.restore"}[h.b%2], map[string]any{})
	case "assign":
		w.toHidden(h, "record.assign", map[string]any{"basedOn": 1, "ownerId": []crm.ID{wSam, wSally}[h.b%2]})
	case "comment":
		w.commentOutOfSight(h, text)
	case "mask":
		w.editMasked(h, text)
	case "import", "upload":
		w.importOutOfSight(h, text)
	case "invite":
		w.person(wSam).ask(http.MethodPost, "/api/v1/invitations", map[string]any{
			"email": fmt.Sprintf("%s%d@example.com", wCanary(w.number), h.a), "name": text, "departmentId": wSouth, "role": "member",
		})
	case "sessions":
		w.person(wSally).ask(http.MethodDelete, "/api/v1/devices", nil)
	case "watch":
		w.watchOutOfSight(h)
	default:
		w.changePolicyOutOfSight(h, text)
	}
}

// toHidden gives a command about a hidden deal, as the admin.
func (w *world) toHidden(h hiddenStep, command string, args map[string]any) {
	var ids []crm.ID
	w.look(func(s *workspace.State) { ids = w.unseen(s, crm.TypeDeal) })
	ids = slices.DeleteFunc(ids, w.mayCome)
	if len(ids) == 0 {
		return
	}
	args["id"] = ids[h.a%len(ids)]
	w.command(w.person(wAna), command, args)
}

func (w *world) command(by *tap, name string, args map[string]any) answer {
	w.t.Helper()
	args["commandId"] = w.newID()
	a := by.ask(http.MethodPost, "/api/v1/commands/"+name, args)
	if a.status >= 500 {
		w.t.Fatalf("%s: %d %s", name, a.status, a.body)
	}
	return a
}

// commentOutOfSight says something where the onlooker does not hear it: about a
// hidden record, or about a visible one on which he may not read comments.
func (w *world) commentOutOfSight(h hiddenStep, text string) {
	id := w.newID()
	w.look(func(s *workspace.State) {
		deaf := func(rec crm.Record) bool {
			said := crm.Record{Type: crm.TypeComment, Version: 1, Fields: crm.Pack(crm.Fields{"recordId": string(rec.ID)})}
			return s.Can(wOnlooker, access.ActionSee, said) == 0
		}
		var ids []crm.ID
		s.Each(crm.TypeDeal, func(rec crm.Record) bool {
			if deaf(rec) && !w.mayCome(rec.ID) {
				ids = append(ids, rec.ID)
			}
			return true
		})
		if len(ids) > 0 {
			id = ids[h.a%len(ids)]
		}
	})
	w.command(w.person(wAna), "comment.add", map[string]any{"id": w.newID(), "recordId": id, "text": text})
}

// editMasked changes values that the onlooker does not see of a record that he sees. One
// deal is handed to him later, and shared with him: there he may see them then.
func (w *world) editMasked(h hiddenStep, text string) {
	masked := map[string]any{}
	b := baseRecords[h.a%len(baseRecords)]
	if b.trashed || b.t == crm.TypeComment || fixedID(string(b.t), b.n) == veras {
		return
	}
	var version uint64
	w.look(func(s *workspace.State) {
		rec, _ := s.Get(fixedID(string(b.t), b.n))
		version = rec.Version
		sees := s.See(wOnlooker, rec)
		for key, value := range contentOf(b.t, b.n, text, h.b) {
			if !sees.Has(s.Schema().GroupOf(b.t, key)) && sees != 0 {
				masked[key] = value
			}
		}
	})
	if len(masked) > 0 {
		w.command(w.person(wAna), "record.edit", map[string]any{"id": fixedID(string(b.t), b.n), "basedOn": version, "values": masked})
	}
}

func (w *world) importOutOfSight(h hiddenStep, text string) {
	sally := w.person(wSally)
	file := "opportunity_id,account,product,deal_stage,close_value\n"
	for n := range 1 + h.a%3 {
		file += fmt.Sprintf("%s%d,%s,%s,new,%d\n", text, n, text, text, h.b)
	}
	a := sally.ask(http.MethodPost, "/api/v1/imports", asFile(file), "X-File-Name", "hidden.csv")
	if a.status == http.StatusForbidden && len(w.kind.without) > 0 {
		return // she knows no pipeline to import into
	}
	if a.status != http.StatusCreated {
		w.t.Fatalf("import: %d %s", a.status, a.body)
	}
	var v wire.Import
	decode(w.t, []byte(a.body), &v)
	w.imports = append(w.imports, v.ID)
	if h.what == "upload" || w.kind.role == access.RoleAdmin {
		return // an admin would see the deals
	}
	if a := w.command(sally, "import.start", map[string]any{"id": v.ID, "settings": v.Settings}); a.status != http.StatusOK {
		w.t.Fatalf("start: %d %s", a.status, a.body)
	}
	w.endOfImport(sally, v.ID)
}

func (w *world) endOfImport(by *tap, id string) (v wire.Import) {
	deadline := time.Now().Add(30 * time.Second)
	for by.get("/api/v1/imports/"+id, &v); v.State == wire.ImportRunning; by.get("/api/v1/imports/"+id, &v) {
		if time.Now().After(deadline) {
			w.t.Fatalf("the import does not end: %+v", v)
		}
		time.Sleep(2 * time.Millisecond) // it is polled as a page without a socket would
	}
	return v
}

// watchOutOfSight shows people at places that the onlooker may not see.
func (w *world) watchOutOfSight(h hiddenStep) {
	who := w.person([]crm.ID{wSam, wAna, wSally}[h.a%3])
	if !who.listen(wire.Hello{Type: "hello", Protocol: wire.ProtocolVersion, Screen: string(w.newID())}) {
		return
	}
	defer who.hangUp()
	deal := fixedID("deal", 4)
	who.say(wire.Watch{Type: "watch", BoardID: string(wSouthBoard), Record: string(deal), Holding: string(deal)})
	who.await("a welcome", func(heard []string, gone bool) bool { return gone || len(heard) > 0 })
}

// changePolicyOutOfSight changes who may do what, among people and departments
// that the onlooker does not know of.
func (w *world) changePolicyOutOfSight(h hiddenStep, text string) {
	w.system(wAna, func(tx *workspace.Tx) error {
		switch h.what {
		case "hire":
			return createAll(tx, creation{crm.TypeUser, w.newID(), crm.Fields{"name": text, "email": fmt.Sprintf("%s%d@example.com", wCanary(w.number), w.ids)}})
		case "rule":
			return createAll(tx, creation{crm.TypeRule, w.newID(), ruleOf(access.Rule{
				Who: "role:guest@" + string(wSouth), Effect: []string{"may", "never"}[h.a%2], Action: "see", What: "deal", Whose: "department", Fields: "all",
			})})
		case "department":
			return createAll(tx, creation{crm.TypeDepartment, w.newID(), crm.Fields{"name": text, "parentId": string(wSouth)}})
		default:
			return createAll(tx, creation{crm.TypeMembership, w.newID(), crm.Fields{
				"userId": string(wSally), crm.KeyDepartment: string([]crm.ID{wEast, wRoot}[h.a%2]), "role": []string{"guest", "member"}[h.b%2],
			}})
		}
	})
}
