package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pgregory.net/rapid"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/identity"
	"rapport/server/pipeline"
	"rapport/server/sqlitestore"
	"rapport/server/workspace"
)

// fixedID is the id of something that both worlds have: fixedID("deal", 3). It
// sorts before all that the servers make.
func fixedID(kind string, n int) crm.ID {
	kind = strings.NewReplacer("I", "1", "L", "1", "O", "0", "U", "V").Replace(strings.ToUpper(kind))
	return crm.ID("00" + fmt.Sprintf("%024s", fmt.Sprintf("%sZ%d", kind, n)))
}

// The company of both worlds: below the whole of it lie North with a team of its
// own, South and East. The onlooker is the one whose view is compared.
var (
	wRoot, wNorth, wTeam, wSouth, wEast = fixedID("dept", 0), fixedID("dept", 1), fixedID("dept", 2), fixedID("dept", 3), fixedID("dept", 4)

	wOnlooker = fixedID("person", 0)
	wVera     = fixedID("person", 1) // leads North
	wAna      = fixedID("person", 2) // the admin
	wSam      = fixedID("person", 3) // head of South
	wSally    = fixedID("person", 4) // leads South
	wEd       = fixedID("person", 5) // of East

	wPipeline, wOther             = fixedID("pipeline", 0), fixedID("pipeline", 1)
	wBoard, wSouthBoard, wAllOver = fixedID("board", 0), fixedID("board", 1), fixedID("board", 2)
)

var wStages = []string{"new", "talk", "offer", "won", "lost"}

// onlooker is a kind of person, by what policy lets him see.
type onlooker struct {
	name       string
	role       access.Role // "" = no membership
	department crm.ID
	boardShare []string // field groups in which the board of North is shared with his department; nil: not
	rules      []access.Rule
	without    []string // what the rules for everyone that do not hold here speak of
}

var onlookers = []onlooker{
	{name: "a guest", role: access.RoleGuest, department: wNorth},
	{name: "a member", role: access.RoleMember, department: wNorth},
	{name: "a lead", role: access.RoleLead, department: wNorth},
	{name: "a head", role: access.RoleHead, department: wNorth},
	{name: "an admin", role: access.RoleAdmin, department: wRoot},
	{name: "an outsider with a shared board", role: access.RoleMember, department: wEast, boardShare: []string{"standard", "notes"}},
	{name: "somebody with rules about his own", rules: []access.Rule{
		personRule("see", "deal", "own", "standard+money"), personRule("edit", "deal", "own", "standard"),
		personRule("move", "deal", "own", "all"), personRule("comment", "deal", "own", "all"),
		personRule("see", "customer", "own", "standard+reach"), personRule("see", "comment", "own", "all"),
	}},
	{name: "a head in a company that tells little about itself", role: access.RoleHead, department: wNorth,
		without: []string{"department", "user", "membership", "rule", "pipeline", "board"},
		rules: []access.Rule{
			personRule("see", "user", "own", "all"), personRule("see", "department", "named:"+string(wNorth), "all"),
			personRule("see", "pipeline", "named:"+string(wNorth), "all"), personRule("see", "board", "named:"+string(wNorth), "all"),
			personRule("see", "membership", "own", "all"),
		}},
}

func personRule(action, what, whose, fields string) access.Rule {
	return access.Rule{Who: "person:" + string(wOnlooker), Effect: "may", Action: action, What: what, Whose: whose, Fields: fields}
}

// world is one of two companies that the onlooker cannot tell apart.
type world struct {
	t      rapid.TB
	dir    string // of its store
	number int
	kind   onlooker
	hidden hidden
	clock  *stepClock
	node   *modelNode
	truth  *truth

	offsets []uint64 // of what happened out of sight
	imports []string // hidden ones
	ids     int      // made so far for what is hidden
}

// stepClock is the time of a world. It moves with the script alone, so that both
// worlds write the same moments.
type stepClock struct {
	base time.Time
	ms   atomic.Int64
}

func (c *stepClock) now() time.Time { return c.base.Add(time.Duration(c.ms.Load()) * time.Millisecond) }

const wPassword = "what nobody else would take"

var wPasswordHash = sync.OnceValue(func() string { return identity.HashPassword(wPassword) })

func wToken(person crm.ID) string { return (strings.Repeat("-", 43) + string(person))[26:] }

func newWorld(t rapid.TB, dir string, number int, kind onlooker, h hidden, base time.Time) *world {
	t.Helper()
	store, err := sqlitestore.Open(context.Background(), dir, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: dir, number: number, kind: kind, hidden: h, clock: &stepClock{base: base}, truth: newTruth()}
	w.node = serveOn(t, &node{store: store, log: slog.New(slog.DiscardHandler)}, w.clock.now, w.truth.apply)
	w.system(wAna, w.foundCompany)
	w.system(wVera, w.fill)
	w.look(func(s *workspace.State) { w.truth.begin(s, []crm.ID{wOnlooker}) })
	return w
}

// restart serves the same store with another server.
func (w *world) restart() {
	w.t.Helper()
	w.node.stop()
	store, err := sqlitestore.Open(context.Background(), w.dir, sqlitestore.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.node = serveOn(w.t, &node{store: store, log: slog.New(slog.DiscardHandler)}, w.clock.now, w.truth.apply)
}

// system commits a plan with the rights of the system in somebody's name.
func (w *world) system(by crm.ID, plan func(*workspace.Tx) error) uint64 {
	w.t.Helper()
	result, err := w.node.ws.Commit(context.Background(), workspace.Command{
		Name: "test", Actor: crm.Actor{UserID: by, Source: crm.SourceSystem}, Plan: plan,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return result.Offset
}

func (w *world) look(fn func(*workspace.State)) {
	w.node.ws.Peek(fn)
}

// person returns the browser of somebody.
func (w *world) person(id crm.ID) *tap {
	return newTap(w.t, w.node.url, httpapi.CookieName(false)+"="+wToken(id), nil)
}

// newID makes an id for what is hidden; the other world has other ones.
func (w *world) newID() crm.ID {
	w.ids++
	return fixedID(fmt.Sprintf("hidden%dx", w.number), w.ids)
}

type creation struct {
	t      crm.RecordType
	id     crm.ID
	fields crm.Fields
}

func createAll(tx *workspace.Tx, list ...creation) error {
	for _, c := range list {
		if err := tx.Create(c.t, c.id, c.fields); err != nil {
			return fmt.Errorf("%s %s: %w", c.t, c.id, err)
		}
	}
	return nil
}

// foundCompany makes departments, people, rules, pipelines, boards and fields.
func (w *world) foundCompany(tx *workspace.Tx) error {
	list := []creation{{crm.TypeWorkspace, fixedID("workspace", 0), crm.Fields{"name": "Nordwind Tea", "currency": "EUR", "timeZone": "Asia/Taipei"}}}
	for id, name := range map[crm.ID]string{wRoot: "Nordwind", wNorth: "North", wTeam: "Northern team", wSouth: "South", wEast: "East"} {
		parent := map[crm.ID]crm.ID{wNorth: wRoot, wTeam: wNorth, wSouth: wRoot, wEast: wRoot}[id]
		f := crm.Fields{"name": name}
		if parent != "" {
			f["parentId"] = string(parent)
		}
		list = append(list, creation{crm.TypeDepartment, id, f})
	}
	slices.SortFunc(list[1:], func(a, b creation) int { return strings.Compare(string(a.id), string(b.id)) })
	list = append(list, w.hire(tx, wOnlooker, "Uma", w.kind.role, w.kind.department)...)
	for _, p := range []struct {
		id         crm.ID
		name       string
		role       access.Role
		department crm.ID
	}{
		{wVera, "Vera", access.RoleLead, wNorth}, {wAna, "Ana", access.RoleAdmin, wRoot}, {wSam, "Sam", access.RoleHead, wSouth},
		{wSally, "Sally", access.RoleLead, wSouth}, {wEd, "Ed", access.RoleMember, wEast},
	} {
		list = append(list, w.hire(tx, p.id, p.name, p.role, p.department)...)
	}
	list = append(list, w.rules()...)
	list = append(list, w.pipelines()...)
	for n, f := range []struct{ key, kind, group string }{{"season", "text", "standard"}, {"margin", "number", "money"}, {"hotline", "phone", "reach"}, {"gossip", "text", "notes"}} {
		list = append(list, creation{crm.TypeField, fixedID("field", n), crm.Fields{
			"recordType": "deal", "key": f.key, "kind": f.kind, "group": f.group, "required": false, "labels": map[string]any{"en": f.key},
		}})
	}
	return createAll(tx, list...)
}

// hire makes a person who is signed in already.
func (w *world) hire(tx *workspace.Tx, id crm.ID, name string, role access.Role, department crm.ID) []creation {
	sum := sha256.Sum256([]byte(wToken(id)))
	list := []creation{
		{crm.TypeUser, id, crm.Fields{"name": name, "email": strings.ToLower(name) + "@example.com", "language": "en"}},
		{crm.TypeSession, fixedID("session", int(id[25])), crm.Fields{
			"userId": string(id), "tokenHash": base64.RawURLEncoding.EncodeToString(sum[:]), "device": "Firefox on Linux",
			"expiresAt":  workspace.Timestamp(tx.Now().Add(20 * 24 * time.Hour)),
			"lastSeenOn": time.Now().UTC().Format(time.DateOnly),
		}},
		{crm.TypeCredential, fixedID("credential", int(id[25])), crm.Fields{"userId": string(id), "hash": wPasswordHash()}},
	}
	if role != "" {
		list = append(list, creation{crm.TypeMembership, fixedID("member", int(id[25])), crm.Fields{
			"userId": string(id), crm.KeyDepartment: string(department), "role": string(role),
		}})
	}
	return list
}

func (w *world) rules() []creation {
	n := 0
	rules, err := access.DefaultRules(func() crm.ID { n++; return fixedID("rule", n) })
	if err != nil {
		w.t.Fatal(err)
	}
	rules = slices.DeleteFunc(rules, func(r access.Rule) bool { return r.Who == "everyone" && slices.Contains(w.kind.without, r.What) })
	for i, r := range w.kind.rules {
		r.ID = fixedID("extra", i)
		rules = append(rules, r)
	}
	var list []creation
	for _, r := range rules {
		list = append(list, creation{crm.TypeRule, r.ID, ruleOf(r)})
	}
	if w.kind.boardShare != nil {
		for i, action := range []string{"see", "comment", "move"} {
			f := ruleOf(access.Rule{
				Who: "department:" + string(w.kind.department), Effect: "may", Action: action, What: "board:" + string(wBoard),
				Whose: "all", Fields: strings.Join(w.kind.boardShare, "+"),
			})
			f["boardId"], f[crm.KeyDepartment] = string(wBoard), string(w.kind.department)
			list = append(list, creation{crm.TypeRule, fixedID("share", i), f})
		}
		f := ruleOf(access.Rule{Who: "department:" + string(w.kind.department), Effect: "may", Action: "see", What: "customer", Whose: "named:" + string(wNorth), Fields: "standard"})
		f["boardId"], f[crm.KeyDepartment] = string(wBoard), string(w.kind.department)
		list = append(list, creation{crm.TypeRule, fixedID("share", 9), f})
	}
	return list
}

func ruleOf(r access.Rule) crm.Fields {
	return crm.Fields{"who": r.Who, "effect": r.Effect, "action": r.Action, "what": r.What, "whose": r.Whose, "fieldGroups": r.Fields}
}

func (w *world) pipelines() []creation {
	var stages []pipeline.Stage
	for i, id := range wStages {
		s := pipeline.Stage{ID: id, Name: id, Kind: pipeline.StageOpen, ProbabilityPct: 20 * (i + 1), IdleDays: 7}
		switch id {
		case "offer":
			s.Requires, s.Why = []string{"nextStep", "amount"}, "An offer names its price."
		case "won":
			s.Kind, s.ProbabilityPct, s.IdleDays = pipeline.StageWon, 100, 0
		case "lost":
			s.Kind, s.ProbabilityPct, s.IdleDays = pipeline.StageLost, 0, 0
		}
		stages = append(stages, s)
	}
	board := func(id crm.ID, name string, department crm.ID) creation {
		return creation{crm.TypeBoard, id, crm.Fields{"name": name, crm.KeyPipeline: string(wPipeline), crm.KeyDepartment: string(department)}}
	}
	return []creation{
		{crm.TypePipeline, wPipeline, crm.Fields{
			"name": "Sales", "stages": pipeline.StagesValue(stages), "lostReasons": []any{"Price", "Timing"}, crm.KeyDepartment: string(wNorth),
		}},
		{crm.TypePipeline, wOther, crm.Fields{
			"name": "Renewals", "stages": pipeline.StagesValue(stages[:2]), crm.KeyDepartment: string(wNorth),
		}},
		board(wBoard, "North", wNorth), board(wSouthBoard, "South", wSouth), board(wAllOver, "All over", wRoot),
	}
}

// baseRecord is a record that both worlds have. What of it the onlooker may see
// is the same in both, the rest is not.
type baseRecord struct {
	t          crm.RecordType
	n          int
	department crm.ID
	owner      crm.ID
	links      crm.Fields
	stage      int
	trashed    bool
}

func customerOf(n int) crm.Fields { return crm.Fields{"customerId": string(fixedID("customer", n))} }

var baseRecords = []baseRecord{
	{t: crm.TypeCustomer, n: 0, department: wNorth, owner: wOnlooker},
	{t: crm.TypeCustomer, n: 1, department: wNorth, owner: wVera},
	{t: crm.TypeCustomer, n: 2, department: wTeam, owner: wVera},
	{t: crm.TypeCustomer, n: 3, department: wSouth, owner: wSam},
	{t: crm.TypeCustomer, n: 4, department: wEast, owner: wEd},
	{t: crm.TypeCustomer, n: 5, department: wSouth, owner: wOnlooker},
	{t: crm.TypeCustomer, n: 6, department: wNorth, owner: wVera, trashed: true},
	{t: crm.TypeContact, n: 0, department: wNorth, owner: wVera, links: customerOf(0)},
	{t: crm.TypeContact, n: 1, department: wNorth, owner: wOnlooker, links: customerOf(3)},
	{t: crm.TypeContact, n: 2, department: wSouth, owner: wSam, links: customerOf(0)},
	{t: crm.TypeDeal, n: 0, department: wNorth, owner: wOnlooker, links: customerOf(0)},
	{t: crm.TypeDeal, n: 1, department: wNorth, owner: wVera, links: customerOf(1)},
	{t: crm.TypeDeal, n: 2, department: wNorth, owner: wVera, links: customerOf(3), stage: 1},
	{t: crm.TypeDeal, n: 3, department: wTeam, owner: wVera, links: customerOf(2), stage: 1},
	{t: crm.TypeDeal, n: 4, department: wSouth, owner: wSam, links: customerOf(0)},
	{t: crm.TypeDeal, n: 5, department: wSouth, owner: wOnlooker, links: customerOf(5), stage: 1},
	{t: crm.TypeDeal, n: 6, department: wEast, owner: wEd, links: customerOf(4)},
	{t: crm.TypeDeal, n: 7, department: wNorth, stage: 2},
	{t: crm.TypeDeal, n: 8, department: wNorth, owner: wOnlooker, trashed: true},
	{t: crm.TypeDeal, n: 9, department: wSouth, owner: wSally, trashed: true},
	{t: crm.TypeComment, n: 0, owner: wVera, links: crm.Fields{"recordId": string(fixedID("deal", 0))}},
	{t: crm.TypeComment, n: 1, owner: wOnlooker, links: crm.Fields{"recordId": string(fixedID("deal", 1))}},
	{t: crm.TypeComment, n: 2, owner: wSam, links: crm.Fields{"recordId": string(fixedID("deal", 4))}},
	{t: crm.TypeComment, n: 3, owner: wVera, links: crm.Fields{"recordId": string(fixedID("customer", 0))}},
}

// fill makes the records: what the onlooker sees is the same in both worlds.
func (w *world) fill(tx *workspace.Tx) error {
	orders, last := make([]string, len(baseRecords)), ""
	for i := range orders {
		var err error
		if last, err = pipeline.KeyBetween(last, ""); err != nil {
			return err
		}
		orders[i] = last
	}
	for i, b := range baseRecords {
		f := crm.Fields{}
		maps.Copy(f, b.links)
		if b.t != crm.TypeComment {
			if b.department != "" {
				f[crm.KeyDepartment] = string(b.department)
			}
			if b.owner != "" {
				f[crm.KeyOwner] = string(b.owner)
			}
		}
		if b.t == crm.TypeDeal {
			f[crm.KeyPipeline], f[crm.KeyStage], f["order"] = string(wPipeline), wStages[b.stage], orders[i]
		}
		rec := crm.Record{Type: b.t, ID: fixedID(string(b.t), b.n), Version: 1, Fields: crm.Pack(f)}
		sees := w.sees(&tx.State, rec, b.owner)
		if rec.ID == veras { // comes to him for a while, and to his department
			given := rec
			given.Fields = rec.Fields.With(crm.Pack(crm.Fields{crm.KeyOwner: string(wOnlooker)}), nil)
			shared := rec
			shared.Fields = rec.Fields.With(crm.Pack(crm.Fields{"sharedWith": []any{string(wSouth), string(wEast)}}), nil)
			sees |= w.sees(&tx.State, given, b.owner) | w.sees(&tx.State, shared, b.owner)
		}
		shown, secret := contentOf(b.t, b.n, "open", b.n), contentOf(b.t, b.n, w.word(w.hidden.words, i), w.hidden.amounts[i%len(w.hidden.amounts)])
		for key, value := range secret {
			if sees.Has(tx.Schema().GroupOf(b.t, key)) {
				value = shown[key]
			}
			f[key] = value
		}
		if err := w.createAs(tx, b.owner, creation{b.t, rec.ID, f}); err != nil {
			return err
		}
		if b.trashed {
			if err := tx.Trash(rec.ID); err != nil {
				return err
			}
		}
	}
	for _, x := range w.hidden.extras {
		if err := w.addHidden(tx, x); err != nil {
			return err
		}
	}
	return w.placeProbes(tx)
}

// sees returns in which groups the onlooker sees a record that is about to be made.
func (w *world) sees(s *workspace.State, rec crm.Record, author crm.ID) crm.Groups {
	if rec.Type == crm.TypeComment { // its own is what he wrote
		rec.Fields = rec.Fields.With(crm.Pack(crm.Fields{crm.KeyCreatedBy: string(author)}), nil)
	}
	return s.Can(wOnlooker, access.ActionSee, rec)
}

// createAs makes a record in somebody's name: what a comment is by its author's own.
func (w *world) createAs(tx *workspace.Tx, by crm.ID, c creation) error {
	if err := createAll(tx, c); err != nil {
		return err
	}
	if by == "" {
		return nil
	}
	return tx.Edit(c.id, crm.Fields{crm.KeyCreatedBy: string(by)}, nil)
}

// contentOf makes values of all kinds, in all field groups, around a text.
func contentOf(t crm.RecordType, n int, text string, number int) crm.Fields {
	name := fmt.Sprintf("%s %s %d", []string{"Oak desks", "Juniper", "Quay lights"}[n%3], text, n)
	mail := fmt.Sprintf("%s%d@example.com", strings.ReplaceAll(text, " ", "."), n)
	phone := fmt.Sprintf("+34 600 %03d %03d", number%1000, n)
	address := map[string]any{"street": name, "city": text}
	switch t {
	case crm.TypeCustomer:
		return crm.Fields{"name": name, "website": "https://example.com/" + strings.ReplaceAll(text, " ", "-"), "emails": []any{mail}, "phones": []any{phone}, "address": address, "notes": name, "externalId": text + fmt.Sprint(n)}
	case crm.TypeContact:
		return crm.Fields{"name": name, "jobTitle": text, "emails": []any{mail}, "phones": []any{phone}, "address": address, "notes": name}
	case crm.TypeDeal:
		return crm.Fields{
			"title": name, "nextStep": text, "product": text, "source": text, "externalId": text + fmt.Sprint(n), "notes": name,
			"amount": crm.Money{Amount: int64(100 * (number + 1)), Currency: "EUR"}, "probability": int64(number % 100),
			"fields.season": text, "fields.margin": int64(number), "fields.hotline": phone, "fields.gossip": name,
		}
	default:
		return crm.Fields{"text": name}
	}
}
