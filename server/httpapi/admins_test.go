package httpapi_test

import (
	"slices"
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
			type answer struct {
				status int
				text   string
			}
			answers := map[string]answer{}
			save := func(who string, basedOn uint64) answer {
				b := command(body(words[who]))
				b["id"], b["basedOn"] = id, basedOn
				res, text := o.as(who, "POST", "/api/v1/commands/"+tt.command, b)
				return answer{res.StatusCode, text}
			}
			var both sync.WaitGroup
			var mu sync.Mutex
			for who := range words {
				both.Go(func() {
					a := save(who, base)
					mu.Lock()
					defer mu.Unlock()
					answers[who] = a
				})
			}
			both.Wait()

			winner, loser := "admin", "second admin"
			if answers[winner].status != 200 {
				winner, loser = loser, winner
			}
			got := []int{answers[winner].status, answers[loser].status}
			now, value := version()
			if !slices.Equal(got, []int{200, 409}) || now != base+1 || value != words[winner] {
				t.Fatalf("answers %v, version %d after %d, %q: %v", got, now, base, value, answers)
			}
			p := problemIn(t, answers[loser].text)
			if p.Code != string(crm.CodeConflict) || p.Current == nil || p.Current.Version != now || len(p.Fields) == 0 {
				t.Errorf("the other is told %s", answers[loser].text)
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
