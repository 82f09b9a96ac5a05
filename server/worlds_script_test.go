package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/wire"
)

// get asks for a page.
func get(path string) scene {
	return scene{"GET " + path, func(s *story) string { return asked(s.ask(http.MethodGet, path, nil)) }}
}

// send sends something else.
func send(method, path string, body any, headers ...string) scene {
	name := method + " " + path + " " + asJSON(body) + strings.Join(headers, " ")
	return scene{name, func(s *story) string { return asked(s.ask(method, path, body, headers...)) }}
}

// args are the arguments of a command. A value of func(*story) any is asked
// when the command is given.
type args map[string]any

// versionOf is for basedOn: the version that the record has.
func versionOf(id crm.ID) func(*story) any {
	return func(s *story) any { return max(s.version(id), 1) }
}

func (a args) now(s *story) args {
	out := args{"commandId": s.commandID()}
	for key, value := range a {
		if later, ok := value.(func(*story) any); ok {
			value = later(s)
		}
		out[key] = value
	}
	return out
}

// command is one of the onlooker's own.
func command(name string, a args) scene {
	return scene{"he: " + name + " " + nameOf(a), func(s *story) string {
		answered := s.ask(http.MethodPost, "/api/v1/commands/"+name, a.now(s))
		var result wire.CommandResult
		if answered.status == http.StatusOK {
			decode(s.w.t, []byte(answered.body), &result)
			s.mine[name] = result.Offset
		}
		return asked(answered)
	}}
}

func nameOf(a args) string {
	text := ""
	for _, key := range []string{"id", "recordId", "boardId", "userId", "departmentId", "ownerId", "stageId", "afterId", "values", "type", "offset", "group"} {
		if value, ok := a[key]; ok {
			if _, later := value.(func(*story) any); !later {
				text += fmt.Sprintf("%s=%v ", key, value)
			}
		}
	}
	return text
}

// before his eyes, others do something; he is told by his socket only.
func others(who crm.ID, name string, a args) scene {
	return scene{"others: " + name + " " + nameOf(a), func(s *story) string {
		by := s.vera
		if who != wVera {
			by = s.w.person(who)
		}
		done := by.ask(http.MethodPost, "/api/v1/commands/"+name, a.now(s))
		if done.status != http.StatusOK && len(s.w.kind.rules) == 0 {
			s.w.t.Fatalf("%s: %d %s", name, done.status, done.body)
		}
		return "" // whether they could is not told to him
	}}
}

// ask sends a request of the onlooker's and notes that the script asks it.
func (s *story) ask(method, path string, body any, headers ...string) answer {
	s.note(method, path)
	return s.me.ask(method, path, body, headers...)
}

func id(kind crm.RecordType, n int) crm.ID { return fixedID(string(kind), n) }

var (
	theDeal, veras   = id(crm.TypeDeal, 0), id(crm.TypeDeal, 1)
	neverMade        = fixedID("never", 1)
	hisFile          = "opportunity_id,account,contact,contact email,product,deal_stage,close_value,sales_agent\n" + "twin10,Juniper twin 10,Juniper twin 10,twin10@example.com,open,new,100,Vera\n" + "twin11,Quay lights twin 11,,,open,nowhere,x,Nobody\n"
	someIDs, someTos = everyID(), probeIDs()
)

// everyID lists the records of both worlds, what may be hidden, and what is not there.
func everyID() []string {
	var ids []string
	for _, b := range baseRecords {
		ids = append(ids, string(id(b.t, b.n)))
	}
	for _, other := range []crm.ID{wOnlooker, wVera, wNorth, wSouth, wPipeline, wBoard, wSouthBoard, wAllOver, fixedID("rule", 1), fixedID("field", 1), neverMade, "nonsense"} {
		ids = append(ids, string(other))
	}
	return append(ids, probeIDs()...)
}

func probeIDs() []string {
	ids := []string{string(neverMade)}
	for n := range wProbes {
		ids = append(ids, string(probeID(n)))
	}
	return ids
}

// steps is the whole script.
func (s *story) steps() []scene {
	var all []scene
	all = append(all, comingIn()...)
	all = append(all, readEverything()...)
	all = append(all, whatOthersDo()...)
	all = append(all, commandsAboutProbes()...)
	all = append(all, ownWork()...)
	all = append(all, ownImport()...)
	all = append(all, comingBack()...)
	all = append(all, refusals()...)
	all = append(all, readEverything()...)
	return append(all, goingOut()...)
}

// comingIn opens the app and the socket.
func comingIn() []scene {
	return []scene{
		get("/"), get("/api/v1/setup"), get(httpapi.DocumentPath), get("/api/v1/bootstrap"), get("/healthz"), get("/readyz"),
		{"opens a socket", func(s *story) string {
			s.me.listen(wire.Hello{Type: "hello", Protocol: wire.ProtocolVersion, Screen: string(fixedID("screen", 1))})
			s.me.await("a welcome", func(heard []string, gone bool) bool { return gone || len(heard) > 0 })
			return ""
		}},
	}
}

// readEverything asks each route that answers with records, with each parameter.
func readEverything() []scene {
	all := []scene{get("/api/v1/bootstrap"), get("/api/v1/devices"), get("/api/v1/invitations"), get("/api/v1/imports")}
	for _, id := range someIDs {
		for _, path := range []string{"/api/v1/records/%s", "/api/v1/records/%s/history", "/api/v1/records/%s/why", "/api/v1/records/%s/readers", "/api/v1/boards/%s"} {
			all = append(all, get(strings.ReplaceAll(path, "%s", id)))
		}
	}
	for _, id := range someTos {
		for _, path := range []string{"/api/v1/imports/%s", "/api/v1/imports/%s/rows", "/api/v1/imports/%s/result"} {
			all = append(all, get(strings.ReplaceAll(path, "%s", id)))
		}
	}
	for _, t := range []string{"deal", "customer", "contact"} {
		for _, q := range []string{"", "oak", "Oak desks", "juniper", "amber", "zq", "twin", "open 1", "twin10@example.com", "600", "@example", "desks oak", "zither"} {
			all = append(all, get("/api/v1/records?type="+t+"&limit=3&q="+url.QueryEscape(q)))
		}
		all = append(all, get("/api/v1/records?type="+t), get("/api/v1/records?type="+t+"&limit=200"), pages("/api/v1/records?type="+t+"&limit=2"), pages("/api/v1/records?type="+t+"&limit=1&q=open"))
	}
	for _, t := range []string{"", "deal", "customer", "contact", "comment", "board", "field", "import"} {
		all = append(all, get("/api/v1/trash?type="+t), get("/api/v1/trash?limit=1&q=oak&type="+t), pages("/api/v1/trash?limit=1&type="+t))
	}
	return append(all, get("/api/v1/records/"+string(theDeal)+"/history?before=1000000"), get("/api/v1/records/"+string(veras)+"/history?before=3"))
}

// pages follows a list to its end.
func pages(path string) scene {
	return scene{"all pages of " + path, func(s *story) string {
		text, after := "", ""
		for range 100 {
			a := s.ask(http.MethodGet, path+"&after="+url.QueryEscape(after), nil)
			text += asked(a) + "\n"
			var list struct{ Next string }
			if a.status != http.StatusOK {
				return text
			}
			if decode(s.w.t, []byte(a.body), &list); list.Next == "" {
				return text
			}
			after = list.Next
		}
		return text + "no end"
	}}
}

// whatOthersDo happens before his eyes, as far as he may see it.
func whatOthersDo() []scene {
	deal := func(n int) crm.ID { return id(crm.TypeDeal, n) }
	edit := func(who crm.ID, id crm.ID, values map[string]any) scene {
		return others(who, "record.edit", args{"id": id, "basedOn": versionOf(id), "values": values})
	}
	made := fixedID("made", 1)
	all := []scene{
		edit(wVera, veras, map[string]any{"title": "Oak desks and chairs"}),
		edit(wVera, veras, map[string]any{"title": "Oak desks", "amount": map[string]any{"amount": 5, "currency": "EUR"}, "notes": "open"}),
		others(wVera, "deal.move", args{"id": veras, "basedOn": versionOf(veras), "stageId": "talk"}),
		others(wVera, "deal.move", args{"id": veras, "basedOn": versionOf(veras), "stageId": "talk", "afterId": deal(2)}),
		others(wVera, "deal.move", args{"id": deal(2), "basedOn": versionOf(deal(2)), "stageId": "talk", "beforeId": deal(3)}),
		others(wVera, "deal.move", args{"id": deal(3), "basedOn": versionOf(deal(3)), "stageId": "lost", "lostReason": "Price"}),
		others(wVera, "record.create", args{"type": "deal", "id": made, "values": map[string]any{"title": "open", "customerId": id(crm.TypeCustomer, 1)}}),
		others(wVera, "comment.add", args{"id": fixedID("said", 1), "recordId": theDeal, "text": "open"}),
		others(wAna, "record.assign", args{"id": veras, "basedOn": versionOf(veras), "ownerId": wOnlooker}),
		others(wAna, "record.assign", args{"id": veras, "basedOn": versionOf(veras), "ownerId": wVera}),
		others(wAna, "record.share", args{"id": veras, "departmentIds": []crm.ID{wSouth, wEast}}),
		others(wAna, "record.share", args{"id": veras, "departmentIds": []crm.ID{}}),
		others(wVera, "record.trash", args{"id": made}),
		others(wVera, "record.restore", args{"id": made}),
	}
	// Out of sight, and back: by department, and by policy.
	return append(all,
		edit(wAna, made, map[string]any{"departmentId": wSouth}),
		edit(wAna, made, map[string]any{"departmentId": wNorth}),
		others(wAna, "board.share", args{"boardId": wAllOver, "departmentId": wSouth, "fields": []string{}, "actions": []string{"see"}}),
		others(wAna, "board.unshare", args{"boardId": wAllOver, "departmentId": wSouth}),
		others(wAna, "member.set", args{"userId": wEd, "departmentId": wEast, "role": "lead"}),
		presence("Vera comes to the board", wVera, wire.Watch{BoardID: string(wBoard)}),
		presence("Vera holds a card", wVera, wire.Watch{BoardID: string(wBoard), Holding: string(veras)}),
		presence("Vera opens a deal", wVera, wire.Watch{BoardID: string(wBoard), Record: string(theDeal)}),
		presence("Ana is at the board, and at something else", wAna, wire.Watch{BoardID: string(wBoard), Record: string(deal(4)), Holding: string(deal(4))}),
		presence("Ana is elsewhere", wAna, wire.Watch{BoardID: string(wSouthBoard)}),
	)
}

// presence shows somebody somewhere, while the onlooker looks at the board and a deal.
func presence(name string, who crm.ID, watch wire.Watch) scene {
	return scene{name, func(s *story) string {
		watch.Type = "watch"
		s.me.say(wire.Watch{Type: "watch", BoardID: string(wBoard), Record: string(theDeal)})
		if s.there[who] == nil {
			s.there[who] = s.w.person(who)
			s.there[who].listen(wire.Hello{Type: "hello", Protocol: wire.ProtocolVersion, Screen: string(screenOf(who))})
		}
		s.there[who].say(watch)
		s.watching[who] = watch
		return s.nowAround()
	}}
}

// commandsAboutProbes gives each command about what may or may not be there.
func commandsAboutProbes() []scene {
	var all []scene
	for _, id := range someTos {
		about := func(name string, a args) { all = append(all, command(name, a)) }
		about("record.edit", args{"id": id, "basedOn": 1, "values": map[string]any{"title": "mine", "name": "mine"}})
		about("record.edit", args{"id": id, "basedOn": 1, "values": map[string]any{}})
		about("record.edit", args{"id": id, "basedOn": 7, "values": map[string]any{"nextStep": "x"}})
		for _, name := range []string{"record.trash", "record.restore", "import.cancel", "person.disable", "person.enable"} {
			about(name, args{"id": id})
		}
		about("record.assign", args{"id": id, "basedOn": 1, "ownerId": wOnlooker})
		about("record.share", args{"id": id, "departmentIds": []crm.ID{wNorth}})
		about("comment.add", args{"id": fixedID("never", 2), "recordId": id, "text": "Hello?"})
		about("deal.move", args{"id": id, "basedOn": 1, "stageId": "talk"})
		about("undo", args{"group": id})
		about("pipeline.save", args{"id": id, "basedOn": 1, "name": "Mine", "departmentId": "", "lostReasons": []string{}, "stages": []map[string]any{stageArgs("a")}})
		about("field.edit", args{"id": id, "basedOn": 1, "values": map[string]any{"why": "x"}})
		about("board.share", args{"boardId": id, "departmentId": wNorth, "fields": []string{}, "actions": []string{}})
		about("board.unshare", args{"boardId": id, "departmentId": wNorth, "was": args{"fields": []string{}, "actions": []string{}}})
		about("person.edit", args{"id": id, "basedOn": 1, "name": "Mine"})
		about("member.set", args{"userId": id, "departmentId": wNorth, "role": "guest"})
		about("member.set", args{"userId": id, "departmentId": wSouth, "role": "", "was": "member"})
		about("member.set", args{"userId": wVera, "departmentId": id, "role": "guest"})
		about("department.edit", args{"id": id, "basedOn": 1, "name": "Mine", "parentId": ""})
		about("department.create", args{"id": fixedID("never", 3), "name": "Mine", "parentId": id})
		about("import.start", args{"id": id, "settings": noSettings})
		all = append(all, send(http.MethodPost, "/api/v1/imports/"+id+"/preview", map[string]any{"settings": noSettings}),
			send(http.MethodPost, "/api/v1/people/"+id+"/reset-link", map[string]any{}),
			send(http.MethodDelete, "/api/v1/invitations/"+id, nil), send(http.MethodDelete, "/api/v1/devices/"+id, nil),
			send(http.MethodPost, "/api/v1/invitations", map[string]any{"email": "new@example.com", "name": "", "departmentId": id, "role": "guest"}))
		// As a value of something that he sees.
		for _, key := range []string{"customerId", "contactId", "ownerId", "departmentId"} {
			about("record.edit", args{"id": theDeal, "basedOn": versionOf(theDeal), "values": map[string]any{key: id}})
		}
		about("record.create", args{"type": "deal", "id": fixedID("never", 4), "values": map[string]any{"title": "x", "pipelineId": id}})
		about("record.create", args{"type": "contact", "id": fixedID("never", 4), "values": map[string]any{"name": "x", "customerId": id}})
		about("record.assign", args{"id": theDeal, "basedOn": versionOf(theDeal), "ownerId": id})
		about("record.share", args{"id": theDeal, "departmentIds": []string{id}})
		about("deal.move", args{"id": theDeal, "basedOn": versionOf(theDeal), "stageId": "talk", "afterId": id})
		about("deal.move", args{"id": theDeal, "basedOn": versionOf(theDeal), "stageId": "new", "beforeId": id})
		about("deal.move", args{"id": theDeal, "basedOn": versionOf(theDeal), "stageId": "talk", "pipelineId": id})
		about("board.create", args{"id": fixedID("never", 5), "name": "x", "pipelineId": id, "departmentId": wNorth})
		about("board.create", args{"id": fixedID("never", 5), "name": "x", "pipelineId": wPipeline, "departmentId": id})
		about("board.share", args{"boardId": wBoard, "departmentId": id, "fields": []string{}, "actions": []string{}})
		about("pipeline.save", args{"id": fixedID("never", 6), "basedOn": 0, "name": "x", "departmentId": id, "lostReasons": []string{}, "stages": []map[string]any{stageArgs("a")}})
	}
	for n := range 12 {
		all = append(all, scene{fmt.Sprint("undo of a hidden entry ", n), func(s *story) string {
			offset := uint64(1 << 40)
			if n < len(s.w.offsets) {
				offset = s.w.offsets[len(s.w.offsets)-1-n]
			}
			return asked(s.ask(http.MethodPost, "/api/v1/commands/undo", args{"offset": offset}.now(s)))
		}})
	}
	return all
}

func stageArgs(id string) map[string]any {
	return map[string]any{"id": id, "name": id, "kind": "open", "probability": 50, "idleDays": 0, "requires": []string{}, "from": []string{}, "why": ""}
}

// noSettings are those of an import that let everything be recognised.
var noSettings = map[string]any{
	"encoding": "", "delimiter": "", "headerRow": -1, "columns": nil, "pipelineId": "", "pipelineName": "", "departmentId": "",
	"stages": []any{}, "people": []any{}, "owners": "", "currency": "",
}
