package main

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// checkPresence fails for a list that tells of anybody or anything that the
// onlooker has never been able to see.
func (s *story) checkPresence(text string) {
	var list wire.Presence
	decode(s.w.t, []byte(text), &list)
	for _, p := range list.People {
		for _, id := range []string{p.UserID, p.BoardID, p.Record, p.Holding} {
			if id != "" && !s.w.truth.ever(wOnlooker, crm.ID(id)) {
				s.w.t.Errorf("presence tells of %s: %s", id, text)
			}
		}
		if p.Screen != string(screenOf(crm.ID(p.UserID))) {
			s.w.t.Errorf("presence tells of a screen out of sight: %s", text)
		}
	}
}

// note takes down that the script asks something.
func (s *story) note(method, path string) {
	path, _, _ = strings.Cut(path, "?")
	s.requests[method+" "+path] = true
}

// settlePresence waits until the onlooker's list is what he may know of those
// who are at the board: each of them, and each place, only if both see it.
func (s *story) settlePresence() {
	if s.me.socket == nil {
		return
	}
	want := []wire.PresentPerson{}
	s.w.look(func(state *workspace.State) {
		both := func(who crm.ID, id string) bool {
			rec, ok := state.Get(crm.ID(id))
			return ok && state.See(wOnlooker, rec) != 0 && state.See(who, rec) != 0
		}
		for who, at := range s.watching {
			person, _ := state.Get(who)
			p := wire.PresentPerson{UserID: string(who), Screen: string(screenOf(who))}
			if at.BoardID == string(wBoard) && both(who, at.BoardID) {
				p.BoardID = at.BoardID
			}
			if both(who, at.Record) && (p.BoardID != "" || at.Record == string(theDeal)) {
				p.Record = at.Record
			}
			if state.See(wOnlooker, person) == 0 || p.BoardID == "" && p.Record == "" {
				continue
			}
			if both(who, at.Holding) {
				p.Holding = at.Holding
			}
			want = append(want, p)
		}
	})
	slices.SortFunc(want, func(a, b wire.PresentPerson) int { return cmp.Compare(a.UserID, b.UserID) })
	s.me.await("presence "+asJSON(want), func(heard []string, gone bool) bool {
		last := s.around
		for _, text := range heard {
			if messageOf(s.w.t, text).Type == "presence" {
				last = peopleIn(text)
			}
		}
		return gone || last == asJSON(want)
	})
}

// nowAround is who is beside the onlooker, as his socket told.
func (s *story) nowAround() string {
	s.settlePresence()
	return s.frames() + "\nnow around: " + s.around
}

func screenOf(who crm.ID) crm.ID { return fixedID("screen", 10+int(who[25])) }

func peopleIn(text string) string {
	_, people, _ := strings.Cut(text, `"people":`)
	return strings.TrimSuffix(people, "}")
}

// ownWork is what he does himself: each command, on what he sees and on what
// policy lets him only look at.
func ownWork() []scene {
	mine, customer, contact := fixedID("mine", 1), fixedID("mine", 2), fixedID("mine", 3)
	field, line, board, team := fixedID("mine", 4), fixedID("mine", 5), fixedID("mine", 6), fixedID("mine", 7)
	all := []scene{
		command("record.create", args{"type": "customer", "id": customer, "values": map[string]any{"name": "Juniper", "emails": []string{"twin10@example.com"}, "externalId": "twin10"}}),
		command("record.create", args{"type": "contact", "id": contact, "values": map[string]any{"name": "Juniper", "customerId": customer}}),
		command("record.create", args{"type": "deal", "id": mine, "values": map[string]any{"title": "Oak desks", "customerId": customer, "contactId": contact, "externalId": "twin10", "amount": map[string]any{"amount": 100, "currency": "EUR"}}}),
		// The same id again, with other values.
		command("record.create", args{"type": "deal", "id": mine, "values": map[string]any{"title": "Amber"}}),
	}
	for _, id := range []crm.ID{mine, theDeal, veras, id(crm.TypeDeal, 2), id(crm.TypeDeal, 4), id(crm.TypeDeal, 5), id(crm.TypeCustomer, 1), id(crm.TypeContact, 1), id(crm.TypeComment, 0), id(crm.TypeComment, 1)} {
		name := map[bool]string{true: "name", false: "title"}[strings.Contains(string(id), "C")]
		all = append(all,
			command("record.edit", args{"id": id, "basedOn": versionOf(id), "values": map[string]any{"notes": "mine", "nextStep": "mine"}}),
			command("record.edit", args{"id": id, "basedOn": 1, "values": map[string]any{name: "Quay lights", "amount": map[string]any{"amount": 7, "currency": "EUR"}}}),
			command("record.edit", args{"id": id, "basedOn": versionOf(id), "values": map[string]any{"fields.gossip": "mine", "fields.margin": 3}}),
			command("comment.add", args{"id": fixedID("word", int(id[25])), "recordId": id, "text": "oak"}),
			command("deal.move", args{"id": id, "basedOn": versionOf(id), "stageId": "talk"}),
			command("deal.move", args{"id": id, "basedOn": 1, "stageId": "offer"}),
			command("deal.move", args{"id": id, "basedOn": versionOf(id), "stageId": "won"}),
			command("record.assign", args{"id": id, "basedOn": versionOf(id), "ownerId": wVera}),
			command("record.share", args{"id": id, "departmentIds": []crm.ID{wEast}}),
			command("record.trash", args{"id": id}),
			command("record.trash", args{"id": id}),
			get("/api/v1/records/"+string(id)),
			command("record.restore", args{"id": id}),
		)
	}
	return append(all,
		command("field.define", args{"id": field, "recordType": "deal", "key": "weight", "kind": "number", "labels": map[string]any{"en": "Weight"}}),
		command("field.define", args{"id": fixedID("mine", 8), "recordType": "deal", "key": "season", "kind": "text", "labels": map[string]any{"en": "Season"}}),
		command("field.edit", args{"id": fixedID("field", 0), "basedOn": versionOf(fixedID("field", 0)), "values": map[string]any{"why": "Tea is seasonal."}}),
		command("pipeline.save", args{"id": line, "basedOn": 0, "name": "Mine", "departmentId": wNorth, "lostReasons": []string{}, "stages": []map[string]any{stageArgs("a")}}),
		// Takes the stage away in which deals are that he may not see.
		command("pipeline.save", args{"id": wPipeline, "basedOn": versionOf(wPipeline), "name": "Sales", "departmentId": wNorth, "lostReasons": []string{"Price"}, "stages": []map[string]any{stageArgs("new"), stageArgs("talk"), stageArgs("won")}}),
		command("board.create", args{"id": board, "name": "Mine", "pipelineId": wPipeline, "departmentId": wNorth}),
		get("/api/v1/boards/"+string(board)),
		command("board.share", args{"boardId": wBoard, "departmentId": wEast, "fields": []string{"notes"}, "actions": []string{"see", "comment"}}),
		get("/api/v1/records/"+string(theDeal)+"/readers"), get("/api/v1/records/"+string(wBoard)+"/readers"),
		command("board.unshare", args{"boardId": wBoard, "departmentId": wEast}),
		command("department.create", args{"id": team, "name": "New team", "parentId": wNorth}),
		command("department.edit", args{"id": team, "basedOn": versionOf(team), "name": "Newer team", "parentId": wNorth}),
		command("department.edit", args{"id": wSouth, "basedOn": versionOf(wSouth), "name": "Far south", "parentId": wRoot}),
		command("member.set", args{"userId": wEd, "departmentId": wTeam, "role": "guest"}),
		command("member.set", args{"userId": wEd, "departmentId": wTeam, "role": ""}),
		command("person.edit", args{"id": wOnlooker, "basedOn": versionOf(wOnlooker), "name": "Uma the first"}),
		command("person.edit", args{"id": wEd, "basedOn": versionOf(wEd), "name": "Eduard"}),
		command("person.disable", args{"id": wEd}), command("person.enable", args{"id": wEd}),
		scene{"takes back what he did", func(s *story) string {
			text := ""
			for _, name := range slices.Sorted(maps.Keys(s.mine)) {
				text += name + ": " + asked(s.ask(http.MethodPost, "/api/v1/commands/undo", args{"offset": s.mine[name]}.now(s))) + "\n"
			}
			return text
		}},
	)
}

// ownImport brings in a file of his own, in which others' records have twins.
func ownImport() []scene {
	about := func(method, rest string, body func(*story) any) scene {
		return scene{"his import: " + method + " " + rest, func(s *story) string {
			var args any
			if body != nil {
				args = body(s)
			}
			return asked(s.ask(method, "/api/v1/imports/"+cmp.Or(s.imported, string(neverMade))+rest, args))
		}}
	}
	settings := func(into map[string]any) func(*story) any {
		return func(s *story) any {
			chosen := map[string]any{}
			for key, value := range firstOf(s.settings, noSettings) {
				chosen[key] = value
			}
			for key, value := range into {
				chosen[key] = value
			}
			return map[string]any{"settings": chosen}
		}
	}
	upload := func() scene {
		return scene{"uploads a file", func(s *story) string {
			a := s.ask(http.MethodPost, "/api/v1/imports", asFile(hisFile), "X-File-Name", "his.csv")
			if a.status == http.StatusCreated {
				var v struct {
					ID       string         `json:"id"`
					Settings map[string]any `json:"settings"`
				}
				decode(s.w.t, []byte(a.body), &v)
				s.imported, s.settings = v.ID, v.Settings
			}
			return asked(a)
		}}
	}
	into := map[string]any{"pipelineId": wPipeline, "departmentId": wNorth, "owners": "me"}
	start := func() scene {
		return scene{"starts it", func(s *story) string {
			body := settings(into)(s).(map[string]any)
			a := s.ask(http.MethodPost, "/api/v1/commands/import.start", args{"id": cmp.Or(s.imported, string(neverMade)), "settings": body["settings"]}.now(s))
			if a.status != http.StatusOK {
				return asked(a)
			}
			v := s.w.endOfImport(s.me, s.imported)
			s.me.await("the end of the import", func(heard []string, gone bool) bool {
				return gone || slices.ContainsFunc(heard, func(text string) bool {
					return messageOf(s.w.t, text).Type == "progress" && strings.Contains(text, `"state":"`+string(v.State)+`"`)
				})
			})
			return asked(a) + asJSON(v)
		}}
	}
	undo := func(what string, group func(*story) string) scene {
		return scene{what, func(s *story) string {
			return asked(s.ask(http.MethodPost, "/api/v1/commands/undo", args{"group": cmp.Or(group(s), string(neverMade))}.now(s)))
		}}
	}
	undone := func(s *story) string {
		var v wire.Import
		if s.imported != "" {
			s.me.get("/api/v1/imports/"+s.imported, &v)
		}
		return v.UndoneBy
	}
	return []scene{
		upload(), get("/api/v1/imports"), about(http.MethodGet, "", nil),
		about(http.MethodPost, "/preview", settings(nil)), about(http.MethodPost, "/preview", settings(into)),
		about(http.MethodPost, "/preview", settings(map[string]any{"pipelineId": wOther, "departmentId": wSouth, "owners": "create"})),
		about(http.MethodGet, "/rows", nil), start(), about(http.MethodGet, "", nil),
		about(http.MethodGet, "/rows", nil), about(http.MethodGet, "/rows?fate=refused&limit=1", nil), about(http.MethodGet, "/result", nil),
		get("/api/v1/boards/" + string(wBoard)), get("/api/v1/records?type=deal&q=twin"),
		command("import.cancel", args{"id": func(s *story) any { return cmp.Or(s.imported, string(neverMade)) }}),
		undo("takes the import back", func(s *story) string { return s.imported }), get("/api/v1/imports"), undo("and again", func(s *story) string { return s.imported }),
		undo("has it back", undone), upload(), start(), about(http.MethodGet, "/rows", nil), get("/api/v1/imports"),
	}
}

func firstOf(a, b map[string]any) map[string]any {
	if a != nil {
		return a
	}
	return b
}

// comingBack leaves the socket and comes back: where it was, without a position,
// and with what is none.
func comingBack() []scene {
	back := func(name string, hello func(*story) wire.Hello) scene {
		return scene{"comes back " + name, func(s *story) string {
			s.me.hangUp()
			text := s.frames()
			s.around = "[]" // a new socket begins with nobody
			h := hello(s)
			h.Type, h.Protocol, h.Screen = "hello", wire.ProtocolVersion, string(fixedID("screen", 1))
			s.me.listen(h)
			s.me.await("a welcome", func(heard []string, gone bool) bool { return gone || len(heard) > 0 })
			return text
		}}
	}
	leave := scene{"is away", func(s *story) string { s.me.hangUp(); return s.frames() }}
	quiet := scene{"is away still", func(*story) string { return "" }}
	edit := others(wVera, "record.edit", args{"id": veras, "basedOn": versionOf(veras), "values": map[string]any{"nextStep": "open"}})
	at := func(s *story) *wire.Position { p := s.position; return &p }
	return []scene{
		leave, quiet, edit, quiet,
		back("where he was", func(s *story) wire.Hello { return wire.Hello{Position: at(s), Audience: s.token} }),
		back("with nothing", func(*story) wire.Hello { return wire.Hello{} }),
		back("with another's token", func(s *story) wire.Hello { return wire.Hello{Position: at(s), Audience: strings.Repeat("A", 22)} }),
		back("from another time", func(s *story) wire.Hello {
			return wire.Hello{Position: &wire.Position{Epoch: string(neverMade), Offset: 1}, Audience: s.token}
		}),
		back("from the beginning", func(s *story) wire.Hello {
			return wire.Hello{Position: &wire.Position{Epoch: s.position.Epoch}, Audience: s.token}
		}),
		{"watches what may not be there", func(s *story) string {
			for _, id := range someTos {
				s.me.say(wire.Watch{Type: "watch", BoardID: id, Record: id, Holding: id})
			}
			s.me.say(wire.Watch{Type: "watch", BoardID: string(wBoard), Record: string(theDeal)})
			return s.nowAround()
		}},
		{"says what nobody says", func(s *story) string {
			s.me.say(map[string]any{"type": "peek", "id": neverMade})
			s.me.await("the end", func(_ []string, gone bool) bool { return gone })
			return s.frames()
		}},
		back("once more", func(s *story) wire.Hello { return wire.Hello{Position: at(s), Audience: s.token} }),
		{"hears the heartbeat", func(s *story) string {
			if s.w.kind.name != onlookers[0].name {
				return "" // it is the same for all, and takes seconds
			}
			s.me.await("a heartbeat", func(heard []string, gone bool) bool {
				return gone || s.messages["heartbeat"] || slices.ContainsFunc(heard, func(text string) bool { return messageOf(s.w.t, text).Type == "heartbeat" })
			})
			return ""
		}},
	}
}

// refusals asks for what there is in ways in which nobody should.
func refusals() []scene {
	all := []scene{
		send(http.MethodPost, "/api/v1/setup", map[string]any{"company": "x", "currency": "EUR", "timeZone": "Asia/Taipei", "name": "x", "email": "x@example.com", "password": wPassword, "language": "en"}),
		send(http.MethodPost, "/api/v1/commands/record.edit", map[string]any{"id": theDeal, "ID": theDeal}),
		send(http.MethodPost, "/api/v1/commands/record.edit", map[string]any{"commandId": "nonsense"}),
		send(http.MethodPost, "/api/v1/commands/record.edit", map[string]any{}, "Content-Type", "text/plain"),
		send(http.MethodPost, "/api/v1/commands/record.edit", map[string]any{}, "Origin", "https://elsewhere.example"),
		send(http.MethodPost, "/api/v1/imports", asFile("\x00\x01"), "X-File-Name", "his.csv"),
		send(http.MethodPost, "/api/v1/imports", asFile(""), "X-File-Name", "his.csv"),
	}
	for _, path := range []string{"/api/v1/nothing", "/api/v1/records/" + someTos[1] + "/else", "/api/v1/records?type=session", "/api/v1/records?type=deal&limit=0", "/api/v1/records?type=deal&after=x", "/api/v1/records?type=deal&ownerId=" + string(wSam), "/api/v1/trash?type=session", "/api/v1/trash?after=x", "/api/v1/setup?x=1"} {
		all = append(all, get(path))
	}
	for _, id := range someTos {
		for _, method := range []string{http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			all = append(all, send(method, "/api/v1/records/"+id, nil))
		}
		all = append(all,
			send(http.MethodGet, "/api/v1/records/"+id, nil, "Rapport-Position", "nonsense"),
			send(http.MethodGet, "/api/v1/records/"+id, nil, "Cookie", ""),
			send(http.MethodPost, "/api/v1/commands/record.edit", map[string]any{"commandId": fixedID("cmd", 900000), "id": id, "basedOn": 1, "values": map[string]any{}}, "Cookie", ""))
	}
	return all
}

// goingOut is about links, passwords and devices; it ends his session.
func goingOut() []scene {
	link := func(path string, more map[string]any) scene {
		return scene{"with a link: POST " + path, func(s *story) string {
			body := map[string]any{"token": cmp.Or(s.link, "no such link")}
			for key, value := range more {
				body[key] = value
			}
			return asked(s.ask(http.MethodPost, path, body, "Cookie", ""))
		}}
	}
	invite := func(email string) scene {
		return scene{"invites " + email, func(s *story) string {
			a := s.ask(http.MethodPost, "/api/v1/invitations", map[string]any{"email": email, "name": "Mira", "departmentId": wNorth, "role": "guest"})
			var made wire.Link
			if a.status == http.StatusCreated {
				decode(s.w.t, []byte(a.body), &made)
				s.link = made.Token
			}
			return asked(a)
		}}
	}
	all := []scene{send(http.MethodPost, "/api/v1/password", map[string]any{"current": "wrong", "password": wPassword + "!"})}
	for n := range wProbes {
		all = append(all, invite(inviteEmail(n)))
	}
	return append(all,
		get("/api/v1/invitations"), link("/api/v1/invitations/look", nil),
		link("/api/v1/reset", map[string]any{"password": wPassword}),
		link("/api/v1/invitations/accept", map[string]any{"name": "Mira", "password": wPassword, "language": "en"}),
		link("/api/v1/invitations/look", nil), get("/api/v1/devices"),
		send(http.MethodPost, "/api/v1/session", map[string]any{"email": "sally@example.com", "password": "wrong"}, "Cookie", ""),
		send(http.MethodPost, "/api/v1/session", map[string]any{"email": "nobody@example.com", "password": "wrong"}, "Cookie", ""),
		send(http.MethodPost, "/api/v1/session", map[string]any{"email": "uma@example.com", "password": wPassword}, "Cookie", ""),
		get("/api/v1/devices"), send(http.MethodDelete, "/api/v1/devices", nil), get("/api/v1/devices"),
		scene{"signs out and is cut off", func(s *story) string {
			out := asked(s.ask(http.MethodDelete, "/api/v1/session", nil))
			s.me.await("the end of the socket", func(_ []string, gone bool) bool { return gone })
			text := out + s.frames()
			s.me.hangUp()
			return text + fmt.Sprint(s.me.listen(wire.Hello{}))
		}},
		get("/api/v1/bootstrap"), get("/api/v1/records/"+string(theDeal)),
	)
}

// inviteEmail is that of a hidden invitation, where a probe is one.
func inviteEmail(n int) string { return fmt.Sprintf("in%d@example.com", n) }
