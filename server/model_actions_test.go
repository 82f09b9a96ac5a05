package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"pgregory.net/rapid"

	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/testkit"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// actions are the steps of the model. Whoever may not do what he tries is
// refused, which is a step, too.
func (m *model) actions() map[string]func(*rapid.T) {
	actions := map[string]func(*rapid.T){
		"move a deal": m.moveDeal,
		"edit a record": func(rt *rapid.T) {
			m.edit(rt, m.likelyAdmin(rt), m.anyID(rt, crm.TypeDeal, crm.TypeCustomer, crm.TypeContact))
		},
		"edit what one sees": m.editSeen,
		"make a record":      m.makeRecord,
		"assign a record":    m.assign,
		"share a record":     m.shareRecord,
		"comment":            m.comment,
		"throw away":         func(rt *rapid.T) { m.aboutARecord(rt, "record.trash", nil) },
		"restore":            m.restore,
		"undo":               m.undo,
		"import":             m.importFile,
		"share a board":      m.shareBoard,
		"give a role":        m.giveRole,
		"move a department":  m.moveDepartment,
		"save a pipeline":    m.savePipeline,
		"define a field":     m.defineField,
		"edit a field":       m.editField,
		"add a rule":         m.addRule,
		"take a rule away":   m.takeRuleAway,
		"shut somebody out":  m.shutOut,
		"look at something":  m.watch,
		"lose a connection":  func(rt *rapid.T) { m.anyScreen(rt).disconnect(rt) },
		"come back":          m.comeBack,
		"rest":               func(rt *rapid.T) { s := m.anyScreen(rt); s.rest(!s.resting) },
		"fall behind": func(rt *rapid.T) {
			s := m.anyScreen(rt)
			m.fallBehind(rt, s)
			s.rest(rapid.Bool().Draw(rt, "rests on"))
		},
		"restart a node": m.restart,
	}
	for name, act := range actions {
		actions[name] = func(rt *rapid.T) { act(rt); m.steps++ }
	}
	actions[""] = m.check
	return actions
}

// oneOf draws one of a list by its place: ids are new in each run, and a script
// with places in it can be read and shrunk.
func oneOf[T any](rt *rapid.T, what string, list []T) T {
	return list[rapid.IntRange(0, len(list)-1).Draw(rt, what)]
}

func (m *model) anybody(rt *rapid.T) *modelPerson { return oneOf(rt, "who", m.people) }

// likelyAdmin is Ana every other time: what only admins may do is to be done, too.
func (m *model) likelyAdmin(rt *rapid.T) *modelPerson {
	if rapid.Bool().Draw(rt, "as Ana") {
		return m.people[0]
	}
	return m.anybody(rt)
}

func (m *model) anyScreen(rt *rapid.T) *modelScreen { return oneOf(rt, "screen", m.screens) }
func (m *model) anyDepartment(rt *rapid.T) crm.ID   { return oneOf(rt, "department", m.departments) }

// anyID draws the id of a record of a type; "" when there is none. In a long run
// most lie in the trash: of those it draws one now and then.
func (m *model) anyID(rt *rapid.T, types ...crm.RecordType) crm.ID {
	var ids []crm.ID
	thrownToo := rapid.IntRange(0, 7).Draw(rt, "of the trash, too") == 0
	for _, t := range types {
		ids = append(ids, slices.DeleteFunc(m.truth.ids(t), func(id crm.ID) bool { return !thrownToo && !m.truth.record(id).Exists() })...)
	}
	if len(ids) == 0 {
		return ""
	}
	return ids[rapid.IntRange(0, 40).Draw(rt, "which")%len(ids)]
}

// anySeen draws the id of a record that a person sees; "" when there is none.
func (m *model) anySeen(rt *rapid.T, p *modelPerson, t crm.RecordType) crm.ID {
	ids := slices.DeleteFunc(m.truth.ids(t), func(id crm.ID) bool { return m.truth.at(p.id, id, m.truth.head()) == (testkit.Sight{}) })
	if len(ids) == 0 {
		return ""
	}
	return ids[rapid.IntRange(0, 40).Draw(rt, "which")%len(ids)]
}

// likelySeen is anySeen three times of four: what somebody does not see he can hardly change.
func (m *model) likelySeen(rt *rapid.T, p *modelPerson, t crm.RecordType) crm.ID {
	if rapid.IntRange(0, 3).Draw(rt, "whatever it is") == 0 {
		return m.anyID(rt, t)
	}
	return m.anySeen(rt, p, t)
}

func (m *model) anyStage(rt *rapid.T, deal crm.Record) string {
	stages := pipeline.ParseStages(m.truth.record(deal.Fields.ID(crm.KeyPipeline)).Fields.Get("stages"))
	if len(stages) == 0 {
		return ""
	}
	return stages[rapid.IntRange(0, 5).Draw(rt, "stage")%len(stages)].ID
}

func (m *model) aboutARecord(rt *rapid.T, command string, args map[string]any) {
	id := m.anyID(rt, crm.TypeDeal, crm.TypeCustomer, crm.TypeContact)
	if id == "" {
		return
	}
	all := map[string]any{"id": id}
	for key, value := range args {
		all[key] = value
	}
	m.does(rt, m.anybody(rt), command, all)
}

// restore brings back something that lies in the trash.
func (m *model) restore(rt *rapid.T) {
	var thrown []crm.ID
	for _, t := range []crm.RecordType{crm.TypeDeal, crm.TypeCustomer, crm.TypeContact, crm.TypeComment} {
		thrown = append(thrown, slices.DeleteFunc(m.truth.ids(t), func(id crm.ID) bool { return m.truth.record(id).Exists() })...)
	}
	if len(thrown) > 0 {
		m.does(rt, m.likelyAdmin(rt), "record.restore", map[string]any{"id": oneOf(rt, "which", thrown)})
	}
}

func (m *model) moveDeal(rt *rapid.T) {
	p := m.likelyAdmin(rt)
	deal := m.truth.record(m.likelySeen(rt, p, crm.TypeDeal))
	args := map[string]any{"id": deal.ID, "basedOn": deal.Version, "stageId": m.anyStage(rt, deal)}
	if rapid.Bool().Draw(rt, "with a reason") {
		args["lostReason"] = "Price"
	}
	m.does(rt, p, "deal.move", args)
}

// editSeen edits a record as somebody who sees it, and is no admin to begin with:
// whether he may edit it, and which fields, is what matters then.
func (m *model) editSeen(rt *rapid.T) {
	p := oneOf(rt, "who", m.people[1:])
	if id := m.anySeen(rt, p, oneOf(rt, "type", []crm.RecordType{crm.TypeDeal, crm.TypeCustomer})); id != "" {
		m.edit(rt, p, id)
	}
}

// edit changes a field of a record, or empties it.
func (m *model) edit(rt *rapid.T, p *modelPerson, id crm.ID) {
	rec := m.truth.record(id)
	text := rapid.StringMatching(`[a-zñ漢 ]{0,8}[a-z]`).Draw(rt, "text")
	values := map[string]any{}
	switch key := rapid.IntRange(0, 4).Draw(rt, "field"); {
	case key == 4:
		values[crm.CustomPrefix+oneOf(rt, "which", modelFields)] = text
	case rec.Type != crm.TypeDeal && key < 2:
		values["name"] = text
	case rec.Type == crm.TypeCustomer:
		values["phones"] = []string{fmt.Sprint("+34 912 345 ", rapid.IntRange(100, 999).Draw(rt, "phone"))}
	case key == 0:
		values["title"] = text
	case key == 1:
		values["amount"] = map[string]any{"amount": rapid.IntRange(1, 9).Draw(rt, "amount"), "currency": "EUR"}
	case key == 2:
		values["nextStep"] = text
	default:
		values["customerId"] = m.anyID(rt, crm.TypeCustomer)
	}
	for key := range values {
		if rapid.IntRange(0, 3).Draw(rt, "emptied") == 0 {
			values[key] = nil
		}
	}
	m.does(rt, p, "record.edit", map[string]any{"id": id, "basedOn": rec.Version, "values": values})
}

func (m *model) makeRecord(rt *rapid.T) {
	t := rapid.SampledFrom([]crm.RecordType{crm.TypeDeal, crm.TypeCustomer, crm.TypeContact}).Draw(rt, "type")
	values := map[string]any{}
	if rapid.Bool().Draw(rt, "placed") {
		values["departmentId"] = m.anyDepartment(rt)
	}
	switch t {
	case crm.TypeDeal:
		values["title"] = "A new deal"
		values["customerId"] = m.anyID(rt, crm.TypeCustomer)
	case crm.TypeContact:
		values["name"] = "A new contact"
		values["customerId"] = m.anyID(rt, crm.TypeCustomer)
	default:
		values["name"] = "A new customer"
	}
	m.does(rt, m.anybody(rt), "record.create", map[string]any{"type": t, "id": crm.NewID(time.Now()), "values": values})
}

func (m *model) assign(rt *rapid.T) {
	id := m.anyID(rt, crm.TypeDeal, crm.TypeCustomer, crm.TypeContact)
	args := map[string]any{"id": id, "basedOn": m.truth.record(id).Version, "ownerId": m.anybody(rt).id}
	m.does(rt, m.anybody(rt), "record.assign", args)
}

func (m *model) shareRecord(rt *rapid.T) {
	with := []crm.ID{}
	for range rapid.IntRange(0, 2).Draw(rt, "departments") {
		with = append(with, m.anyDepartment(rt))
	}
	m.aboutARecord(rt, "record.share", map[string]any{"departmentIds": with})
}

func (m *model) comment(rt *rapid.T) {
	record := m.anyID(rt, crm.TypeDeal, crm.TypeCustomer)
	m.does(rt, m.anybody(rt), "comment.add", map[string]any{"id": crm.NewID(time.Now()), "recordId": record, "text": "What do you think?"})
}

// undo takes back one of the last entries, or an import.
func (m *model) undo(rt *rapid.T) {
	if len(m.groups) > 0 && rapid.IntRange(0, 3).Draw(rt, "a group") == 0 {
		m.does(rt, m.anybody(rt), "undo", map[string]any{"group": oneOf(rt, "group", m.groups)})
		return
	}
	back := uint64(rapid.IntRange(0, 8).Draw(rt, "entries back")) //nolint:gosec // small
	if head := m.truth.head(); head > back {
		m.does(rt, m.likelyAdmin(rt), "undo", map[string]any{"offset": head - back})
	}
}

func (m *model) importFile(rt *rapid.T) {
	p := m.anybody(rt)
	file := "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
	for n := range rapid.IntRange(1, 5).Draw(rt, "rows") {
		file += fmt.Sprintf("OP%d,Agent %d,Item,Account %d,%s,2026-01-02,,\n", n, n%2, n%3, []string{"Prospecting", "Engaging"}[n%2])
	}
	node := m.anyNode()
	status, answer := p.send(rt, node, http.MethodPost, "/api/v1/imports", file, nil)
	if status != http.StatusCreated {
		return
	}
	var v wire.Import
	decode(rt, answer, &v)
	args := map[string]any{"commandId": crm.NewID(time.Now()), "id": v.ID, "settings": v.Settings}
	m.imports[crm.ID(v.ID)] = p
	status, _ = p.send(rt, node, http.MethodPost, "/api/v1/commands/import.start", args, nil)
	m.done.note("import.start", status == http.StatusOK)
	if status != http.StatusOK {
		return
	}
	m.groups = append(m.groups, crm.ID(v.ID))
	deadline := m.runs.deadline()
	for v.State == wire.ImportRunning || v.State == wire.ImportUploaded {
		if time.Now().After(deadline) {
			m.runs.late = true
			testkit.Wrong(rt, "an import does not end", "%+v", v)
		}
		time.Sleep(2 * time.Millisecond) // it is polled as a page without a socket would
		status, answer := p.send(rt, node, http.MethodGet, "/api/v1/imports/"+v.ID, nil, nil)
		if status != http.StatusOK {
			return // not his any more
		}
		decode(rt, answer, &v)
	}
}

func (m *model) shareBoard(rt *rapid.T) {
	p := m.likelyAdmin(rt)
	board, department := m.likelySeen(rt, p, crm.TypeBoard), m.anyDepartment(rt)
	if rapid.Bool().Draw(rt, "take it back") {
		m.does(rt, p, "board.unshare", map[string]any{"boardId": board, "departmentId": department})
		return
	}
	fields := rapid.SampledFrom([][]string{{}, {"money"}, {"money", "notes"}}).Draw(rt, "fields")
	m.does(rt, p, "board.share", map[string]any{
		"boardId": board, "departmentId": department, "fields": fields, "actions": []string{"see", "comment", "move"},
	})
}

func (m *model) giveRole(rt *rapid.T) {
	role := rapid.SampledFrom([]string{"", "guest", "member", "lead", "head", "admin"}).Draw(rt, "role")
	m.does(rt, m.likelyAdmin(rt), "member.set", map[string]any{"userId": m.anybody(rt).id, "departmentId": m.anyDepartment(rt), "role": role})
}

func (m *model) moveDepartment(rt *rapid.T) {
	rec := m.truth.record(m.anyDepartment(rt))
	m.does(rt, m.likelyAdmin(rt), "department.edit", map[string]any{
		"id": rec.ID, "basedOn": rec.Version, "name": rec.Fields.String("name"), "parentId": m.anyDepartment(rt),
	})
}

// savePipeline gives a pipeline another name, and perhaps to another department.
func (m *model) savePipeline(rt *rapid.T) {
	rec := m.truth.record(m.anyID(rt, crm.TypePipeline))
	stages := []pipeline.StageArgs{}
	for _, stage := range pipeline.Parse(rec).Stages {
		stages = append(stages, pipeline.StageArgs{
			ID: stage.ID, Name: stage.Name, Kind: string(stage.Kind), Probability: stage.ProbabilityPct, IdleDays: stage.IdleDays,
			Requires: append([]string{}, stage.Requires...), From: append([]string{}, stage.From...), Why: stage.Why,
		})
	}
	m.does(rt, m.likelyAdmin(rt), "pipeline.save", map[string]any{
		"id": rec.ID, "basedOn": rec.Version, "name": fmt.Sprint("Sales ", rapid.IntRange(1, 9).Draw(rt, "name")),
		"departmentId": m.anyDepartment(rt), "stages": stages, "lostReasons": []string{"Price"},
	})
}

// modelFields are the keys of fields that people define; few, so that one comes
// again after it was taken back.
var modelFields = []string{"colour", "size"}

var fieldGroups = rapid.SampledFrom([]string{"standard", "money", "reach", "notes"})

func (m *model) defineField(rt *rapid.T) {
	m.does(rt, m.likelyAdmin(rt), "field.define", map[string]any{
		"id": crm.NewID(time.Now()), "recordType": rapid.SampledFrom([]string{"deal", "customer", "contact"}).Draw(rt, "type"),
		"key": oneOf(rt, "key", modelFields), "kind": "text", "group": fieldGroups.Draw(rt, "group"), "labels": map[string]any{"en": "A field"},
	})
}

// editField moves a field to another group, or renames it.
func (m *model) editField(rt *rapid.T) {
	rec := m.truth.record(m.anyID(rt, crm.TypeField))
	if rec.ID == "" {
		return
	}
	values := map[string]any{"labels": map[string]any{"en": fmt.Sprint("Field ", rapid.IntRange(1, 9).Draw(rt, "label"))}}
	if rapid.Bool().Draw(rt, "to another group") {
		values = map[string]any{"group": fieldGroups.Draw(rt, "group")}
	}
	m.does(rt, m.likelyAdmin(rt), "field.edit", map[string]any{"id": rec.ID, "basedOn": rec.Version, "values": values})
}

// modelRules bounds how many rules the model has made at a time. Where hundreds pile
// up nearly everything is forbidden to everybody, and nothing is tried any more.
const modelRules = 12

func (m *model) addRule(rt *rapid.T) {
	if len(m.rules) >= modelRules {
		m.takeRuleAway(rt)
	}
	who := []string{"everyone", "role:guest", "role:member", "role:lead"}
	for _, p := range m.people[1:] {
		who = append(who, "person:"+string(p.id))
	}
	whom := oneOf(rt, "whom", who)
	id := crm.NewID(time.Now())
	fields := crm.Fields{
		"who":         whom,
		"effect":      rapid.SampledFrom([]string{"may", "never"}).Draw(rt, "effect"),
		"action":      rapid.SampledFrom([]string{"see", "see", "edit", "move"}).Draw(rt, "action"),
		"what":        rapid.SampledFrom([]string{"deal", "customer", "comment", "board", "pipeline", "user", "department"}).Draw(rt, "what"),
		"whose":       rapid.SampledFrom([]string{"own", "department", "shared", "all"}).Draw(rt, "whose"),
		"fieldGroups": rapid.SampledFrom([]string{"all", "standard", "standard+money"}).Draw(rt, "field groups"),
	}
	if m.system(func(tx *workspace.Tx) error { return tx.Create(crm.TypeRule, id, fields) }) == nil {
		m.rules = append(m.rules, id)
		m.done.note("a rule", true)
	}
}

func (m *model) takeRuleAway(rt *rapid.T) {
	if len(m.rules) == 0 {
		return
	}
	i := rapid.IntRange(0, 20).Draw(rt, "rule") % len(m.rules)
	id := m.rules[i]
	m.rules = append(m.rules[:i:i], m.rules[i+1:]...)
	_ = m.system(func(tx *workspace.Tx) error { // undone meanwhile, perhaps
		if _, ok := tx.Lookup(crm.TypeRule, id); !ok {
			return nil
		}
		m.done.note("a rule taken away", true)
		return tx.Trash(id)
	})
}

// system commits as nobody, on any node.
func (m *model) system(plan func(*workspace.Tx) error) error { return m.systemOn(m.anyNode(), plan) }

func (m *model) systemOn(n *modelNode, plan func(*workspace.Tx) error) error {
	_, err := n.ws.Commit(context.Background(), workspace.Command{
		Name: "model", Actor: crm.Actor{Source: crm.SourceSystem}, Plan: plan,
	})
	return err
}

// shutOut takes somebody's access, or gives it back and signs him in again.
func (m *model) shutOut(rt *rapid.T) {
	p := oneOf(rt, "person", m.people[1:])
	if !m.truth.record(p.id).Fields.Has("disabledAt") {
		m.does(rt, m.people[0], "person.disable", map[string]any{"id": p.id})
		return
	}
	m.does(rt, m.people[0], "person.enable", map[string]any{"id": p.id})
	m.signIn(rt, p)
}

func (m *model) signIn(rt *rapid.T, p *modelPerson) {
	m.meet(rt)
	status, answer := p.send(rt, m.anyNode(), http.MethodPost, "/api/v1/session", map[string]any{"email": p.email, "password": passwordOf(p)}, nil)
	if (status == http.StatusOK) != m.truth.mayComeIn(p.id) {
		testkit.Wrong(rt, "somebody who may not come in does, or the other way round", "%s signs in: %d %s", p.name, status, answer)
	}
	if status == http.StatusOK {
		p.signedIn = m.truth.head()
		m.meet(rt)
	}
}

// comesIn connects a screen, signing its person in if need be.
func (m *model) comesIn(rt *rapid.T, s *modelScreen) {
	if !s.person.in(m) {
		m.signIn(rt, s.person)
	}
	s.connect(rt, m.anyNode())
}

func (m *model) watch(rt *rapid.T) {
	s := m.anyScreen(rt)
	if s.socket == nil {
		return
	}
	w := wire.Watch{Type: "watch", BoardID: string(m.anyID(rt, crm.TypeBoard))}
	switch rapid.IntRange(0, 2).Draw(rt, "what") {
	case 0:
		w.Record = string(m.anyID(rt, crm.TypeDeal, crm.TypeCustomer))
	case 1:
		w.Holding = string(m.anyID(rt, crm.TypeDeal))
	}
	_ = s.socket.WriteJSON(w) // the server may have closed it
}

// comeBack connects a screen again: to go on where it was, or from nothing.
func (m *model) comeBack(rt *rapid.T) {
	s := m.anyScreen(rt)
	s.disconnect(rt)
	s.rest(false)
	if rapid.IntRange(0, 3).Draw(rt, "reloaded") == 0 {
		s.forget()
	}
	if m.truth.mayComeIn(s.person.id) {
		m.comesIn(rt, s)
	}
}

// fallBehind changes something that a screen shows more often than a node's ring
// and the kernels between them can hold, while the screen rests.
func (m *model) fallBehind(rt *rapid.T, s *modelScreen) {
	deal := m.anySeen(rt, s.person, crm.TypeDeal)
	if s.socket == nil || deal == "" {
		return
	}
	s.rest(true)
	node := m.anyNode()
	write := func(step string) {
		err := m.systemOn(node, func(tx *workspace.Tx) error { return tx.Edit(deal, crm.Fields{"nextStep": step}, nil) })
		if err != nil {
			rt.Log(err)
			rt.Error("a change by the system is refused")
		}
	}
	long := strings.Repeat("oak ", 4<<10)
	var writers sync.WaitGroup
	for n := range modelRing { // at once, which is quicker
		writers.Go(func() {
			write(fmt.Sprint(n, " ", m.steps, " ", long))
			write(fmt.Sprint(n, " ", m.steps))
		})
	}
	writers.Wait()
	write("sleep on it")
}

func (m *model) restart(rt *rapid.T) {
	i := rapid.IntRange(0, len(m.nodes)-1).Draw(rt, "node")
	m.nodes[i].stop()
	m.nodes[i] = m.startNode(rt)
}
