package httpapi_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/workspace"
)

// [E7] Two admins save one thing at once, from one version. One wins; the other is told
// with what it is now, nothing of his is there, and based on that he may save.
func TestTwoAdminsSaveAtOnce(t *testing.T) {
	stages := []fields{
		{"id": "a", "name": "Due", "kind": "open", "probability": 50, "idleDays": 0, "requires": []string{}, "why": ""},
		{"id": "b", "name": "Renewed", "kind": "won", "probability": 100, "idleDays": 0, "requires": []string{}, "why": ""},
		{"id": "c", "name": "Ended", "kind": "lost", "probability": 0, "idleDays": 0, "requires": []string{}, "why": ""},
	}
	for _, tt := range []struct {
		command, key string
		// prepare returns what both will change, and the body that says so in words of one.
		prepare func(o *office) (crm.ID, func(word string) fields)
	}{
		{"department.edit", "name", func(o *office) (crm.ID, func(string) fields) {
			return o.north, func(word string) fields { return fields{"name": word, "parentId": o.root} }
		}},
		{"person.edit", "jobTitle", func(o *office) (crm.ID, func(string) fields) {
			return o.users["guest"], func(word string) fields { return fields{"jobTitle": word} }
		}},
		{"field.edit", "labels", func(o *office) (crm.ID, func(string) fields) {
			return o.field(), func(word string) fields { return fields{"values": fields{"labels": fields{"en": word}}} }
		}},
		{"pipeline.save", "name", func(o *office) (crm.ID, func(string) fields) {
			id := crm.NewID(time.Now())
			body := func(word string) fields {
				return fields{"name": word, "departmentId": o.north, "lostReasons": []string{}, "stages": stages}
			}
			first := body("Renewals")
			first["id"], first["basedOn"] = id, 0
			if res, text := o.as("admin", "POST", "/api/v1/commands/pipeline.save", command(first)); res.StatusCode != 200 {
				o.t.Fatalf("%d %s", res.StatusCode, text)
			}
			return id, body
		}},
	} {
		t.Run(tt.command, func(t *testing.T) {
			o := newOffice(t).staffed()
			o.commit(func(tx *workspace.Tx) error { return o.hire(tx, "second admin", o.root, "admin") })
			id, body := tt.prepare(o)
			version := func() (version uint64, value string) {
				o.ws.Peek(func(s *workspace.State) {
					rec, _ := s.Get(id)
					version = rec.Version
					value, _ = rec.Fields.Get(tt.key).(string)
					if labels, ok := rec.Fields.Get(tt.key).(map[string]any); ok {
						value, _ = labels["en"].(string)
					}
				})
				return version, value
			}
			base, _ := version()
			words := map[string]string{"admin": "as Ana has it", "second admin": "as the other has it"}
			save := func(who string, basedOn uint64) reply {
				b := command(body(words[who]))
				b["id"], b["basedOn"] = id, basedOn
				res, text := o.as(who, "POST", "/api/v1/commands/"+tt.command, b)
				return reply{res.StatusCode, text}
			}
			winner, loser, told := bothAdmins(t, func(who string) reply { return save(who, base) })
			now, value := version()
			if now != base+1 || value != words[winner] {
				t.Fatalf("version %d after %d, %q: %s has won", now, base, value, winner)
			}
			p := problemIn(t, told)
			if p.Code != string(crm.CodeConflict) || p.Current == nil || p.Current.Version != now || len(p.Fields) == 0 {
				t.Errorf("the other is told %s", told)
			}
			if a := save(loser, now); a.status != 200 {
				t.Errorf("based on what is there: %d %s", a.status, a.text)
			}
			if _, value := version(); value != words[loser] {
				t.Errorf("it is %q", value)
			}
		})
	}
}

type reply struct {
	status int
	text   string
}

// bothAdmins lets two do something at once, and returns who has won and what the
// other one, whose command was a conflict, was told.
func bothAdmins(t *testing.T, do func(who string) reply) (winner, loser, told string) {
	t.Helper()
	winner, loser = "admin", "second admin"
	var first, second reply
	var both sync.WaitGroup
	both.Go(func() { first = do(winner) })
	both.Go(func() { second = do(loser) })
	both.Wait()
	if first.status != 200 {
		winner, loser, first, second = loser, winner, second, first
	}
	if first.status != 200 || second.status != 409 {
		t.Fatalf("%s: %v, %s: %v", winner, first, loser, second)
	}
	return winner, loser, second.text
}

// [E7] A role or a share that is not there yet has no version: it is set against what
// its giver saw. Of two who set it at once one wins; the other is told what differs,
// and may set it when he has seen that.
func TestTwoAdminsGiveAtOnce(t *testing.T) {
	terms := func(groups, actions string) fields {
		return fields{"fields": strings.Fields(groups), "actions": strings.Fields(actions)}
	}
	type gift struct {
		command string
		body    fields
		seen    any // by who looks afterwards
	}
	role := func(name string) gift { return gift{"member.set", fields{"role": name}, name} }
	share := func(groups, actions string) gift {
		return gift{"board.share", terms(groups, actions), terms(groups, actions)}
	}
	for _, tt := range []struct {
		name      string
		was       any // what both see
		mine, his gift
		differs   []string // of the two gifts
	}{
		{"a role in a department where he has one", "guest", role("lead"), role("member"), []string{"role"}},
		{"a role that the other takes away", "guest", role("lead"), role(""), []string{"role"}},
		{"what nothing was shared of", terms("", ""), share("money", "see"), share("notes", "see move"), []string{"actions", "fields"}},
		{
			"a share that the other ends", terms("", "see"), share("", "see comment"),
			gift{"board.unshare", fields{}, terms("", "")},
			[]string{"actions"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t).staffed()
			o.commit(func(tx *workspace.Tx) error { return o.hire(tx, "second admin", o.root, "admin") })
			gifts := map[string]gift{"admin": tt.mine, "second admin": tt.his}
			send := func(who string, g gift, was any) reply {
				body := command(fields{"was": was, "departmentId": o.south, "boardId": o.board})
				if g.command == "member.set" {
					body = command(fields{"was": was, "departmentId": o.north, "userId": o.users["guest"]})
				}
				maps.Copy(body, g.body)
				res, text := o.as(who, "POST", "/api/v1/commands/"+g.command, body)
				return reply{res.StatusCode, text}
			}
			if was, ok := tt.was.(fields); ok && len(was["actions"].([]string)) > 0 {
				if a := send("admin", gift{"board.share", was, nil}, nil); a.status != 200 {
					t.Fatal(a)
				}
			}

			winner, loser, told := bothAdmins(t, func(who string) reply { return send(who, gifts[who], tt.was) })
			p := problemIn(t, told)
			if p.Code != string(crm.CodeConflict) || !slices.Equal(slices.Sorted(maps.Keys(p.Fields)), tt.differs) {
				t.Errorf("the other is told %s", told)
			}
			if gifts[winner].body["role"] != "" && tt.differs[0] == "role" && p.Params["by"] != string(o.users[winner]) {
				t.Errorf("whose role it is now is not told: %s", told)
			}
			if a := send(loser, gifts[loser], tt.was); a.status != 409 {
				t.Errorf("not having looked: %v", a)
			}
			if a := send(loser, gifts[loser], gifts[winner].seen); a.status != 200 {
				t.Errorf("having looked: %v", a)
			}
			if a := send(winner, gifts[loser], tt.was); a.status != 200 {
				t.Errorf("what is so already: %v", a)
			}
		})
	}
}
