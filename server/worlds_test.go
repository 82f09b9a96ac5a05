package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"pgregory.net/rapid"

	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/testkit"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// worldsToSeeAll is after how many pairs for each onlooker every accepted
// difference has been met.
const worldsToSeeAll = 10

// Two companies hold the same for one person and differ in everything else:
// other departments' records, masked values, comments, imports, people who look
// at something, and what goes on meanwhile. Whatever he asks for – every route,
// with every parameter, and every refusal – and whatever his socket brings, both
// tell him the same, byte for byte. What may differ is in
// testdata/accepted_differences.csv, with the reason. Both worlds live on the
// embedded store, each with one node: what a second node or MongoDB would add is
// not compared here.
func TestNobodyCanTellTwoWorldsApart(t *testing.T) {
	accepted := readAccepted(t)
	kinds := onlookers
	t.Cleanup(func() {
		if *worlds >= worldsToSeeAll && !t.Failed() {
			accepted.checkUsed(t)
		}
	})
	if *worlds == 0 && cutShort(t) {
		kinds = kinds[(*seed+4)%uint64(len(kinds)):][:1]
	}
	testkit.AtMost(t, "rapid.checks", max(*worlds, 1))
	for _, kind := range kinds {
		t.Run("[D1] [D2] [D5] [D6] [D7] [D15] [D16] [D19] [D20] [D21] [D22] [D24] [D26] "+kind.name, func(t *testing.T) {
			t.Parallel()
			base := time.Now().UTC().Truncate(time.Hour)
			steps := len(newStory(nil).steps())
			rapid.Check(t, func(rt *rapid.T) {
				one := drawHidden(rt, "world 1", kind, steps)
				two := drawHidden(rt, "world 2", kind, steps)
				first := live(rt, t.TempDir(), 1, kind, one, base, accepted)
				compareWorlds(rt, first, live(rt, t.TempDir(), 2, kind, two, base, accepted), accepted)
			})
		})
	}
}

// What once told two worlds apart is tried each time.
func TestWorldsThatWereToldApart(t *testing.T) {
	deal := slices.IndexFunc(baseRecords, func(b baseRecord) bool { return fixedID(string(b.t), b.n) == veras })
	for _, row := range []struct {
		name string
		kind string
		does hiddenStep
	}{
		{"[D2] values are changed where they are masked, of a deal that is shared with him in full later", "an outsider with a shared board", hiddenStep{what: "mask", a: deal, b: 11, ms: 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			accepted := readAccepted(t)
			kind := onlookers[slices.IndexFunc(onlookers, func(k onlooker) bool { return k.name == row.kind })]
			quiet := hidden{words: []int{1}, amounts: []int{1}, probes: slices.Repeat([]string{"nothing"}, wProbes)}
			busy := quiet
			busy.steps = []hiddenStep{row.does}
			base := time.Now().UTC().Truncate(time.Hour)
			first := live(t, t.TempDir(), 1, kind, quiet, base, accepted)
			compareWorlds(t, first, live(t, t.TempDir(), 2, kind, busy, base, accepted), accepted)
		})
	}
}

// live lets a world live through the script and returns what it told the onlooker.
func live(rt rapid.TB, dir string, number int, kind onlooker, h hidden, base time.Time, accepted *accepted) []told {
	w := newWorld(rt, dir, number, kind, h, base)
	defer w.node.stop()
	s := newStory(w)
	s.accepted = accepted
	defer s.me.hangUp()
	for i, step := range s.steps() {
		w.clock.ms.Store(int64(i+1) * 1000)
		s.tell(step)
		for _, h := range w.hidden.steps {
			if h.after == i {
				w.happen(h)
			}
		}
	}
	for _, x := range s.told {
		if i := strings.Index(x.text, wCanary(number)); i >= 0 {
			rt.Errorf("world %d tells a hidden word at %q:\n%s", number, x.step, around(x.text, i))
		}
	}
	s.asksEverything()
	return s.told
}

// asksEverything fails when a route of the matrix is not in the script, or a
// message of the socket.
func (s *story) asksEverything() {
	known := map[string]bool{}
	for _, r := range httpapi.Table(httpapi.Services{}, httpapi.Options{}) {
		for asked := range s.requests {
			method, path, _ := strings.Cut(asked, " ")
			if method == r.Method && fiber.RoutePatternMatch(path, r.Path, fiber.Config{CaseSensitive: true, StrictRouting: true}) {
				known[r.Name] = true
			}
		}
	}
	for _, row := range readRows(s.w.t, "httpapi/testdata/matrix.csv") {
		if name := strings.TrimSpace(row[0]); !known[name] {
			s.w.t.Errorf("the script does not ask %s", name)
		}
	}
	for _, row := range readRows(s.w.t, "testdata/messages.csv") {
		name := strings.TrimSpace(row[0])
		s.messages[name] = s.messages[name] || slices.Contains(s.me.sent, name)
		skipped := name == "presence" && len(s.w.kind.without) > 0 || // he may see nobody
			name == "heartbeat" && s.w.kind.name != onlookers[0].name || name == "progress" && s.imported == ""
		if !s.messages[name] && !skipped {
			s.w.t.Errorf("no socket of the script has %s", name)
		}
	}
}

// told is what one step of the script told the onlooker.
type told struct{ step, text string }

func around(text string, i int) string { return text[max(0, i-200):min(len(text), i+200)] }

func compareWorlds(t rapid.TB, one, two []told, accepted *accepted) {
	t.Helper()
	if len(one) != len(two) {
		t.Fatalf("one world has %d steps, the other %d", len(one), len(two))
	}
	first, second := newPlainer(accepted), newPlainer(accepted)
	found := 0
	for i := range one {
		a, b := first.plain(one[i]), second.plain(two[i])
		if a == b {
			continue
		}
		at := 0
		for at < min(len(a), len(b)) && a[at] == b[at] {
			at++
		}
		t.Errorf("%q differs:\n  in one world: …%s…\n  in the other: …%s…", one[i].step, around(a, at), around(b, at))
		if found++; found == 5 {
			t.FailNow()
		}
	}
}

// readRows reads a table without its head.
func readRows(t rapid.TB, name string) [][]string {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.Comment, r.TrimLeadingSpace = '#', true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return rows[1:]
}

// story is the script: what the onlooker asks for, and what his colleague Vera
// does before his eyes.
type story struct {
	w    *world
	me   *tap
	vera *tap
	told []told

	commands int
	mine     map[string]uint64 // offsets of what he did, by a name
	imported string            // id of his own import
	settings map[string]any
	link     string        // token of an invitation that he made
	token    string        // of the audience, as the socket told
	position wire.Position // where his socket stands

	accepted *accepted

	there    map[crm.ID]*tap       // who is at the board, by person
	watching map[crm.ID]wire.Watch // what they look at
	around   string                // who is beside him, as his socket told last

	requests map[string]bool // method and path of all that the script asks
	messages map[string]bool // types that his socket brought or sent
}

func newStory(w *world) *story {
	s := &story{
		w: w, mine: map[string]uint64{}, there: map[crm.ID]*tap{}, watching: map[crm.ID]wire.Watch{}, around: "[]",
		requests: map[string]bool{}, messages: map[string]bool{},
	}
	if w != nil {
		s.me, s.vera = w.person(wOnlooker), w.person(wVera)
	}
	return s
}

// scene is a step of the script.
type scene struct {
	name string
	do   func(s *story) string // returns what the onlooker was answered
}

// tell plays a scene and takes down what he is told: the answer, and what his
// socket brings.
func (s *story) tell(sc scene) {
	text := sc.do(s)
	s.catchUp()
	s.told = append(s.told, told{sc.name, text + s.frames()})
}

// catchUp waits until the socket has brought all that changed for the onlooker.
func (s *story) catchUp() {
	if s.me.socket == nil {
		return
	}
	head := s.w.truth.lastSeen(wOnlooker)
	s.me.await(fmt.Sprint("entry ", head), func(heard []string, gone bool) bool {
		at := s.position.Offset
		for _, text := range heard {
			m := messageOf(s.w.t, text)
			at = max(at, m.UpTo, m.Position.Offset)
		}
		return gone || at >= head
	})
}

// frames returns what came since the last call, without what the table of
// accepted differences sets aside by name.
func (s *story) frames() string {
	var out strings.Builder
	for _, text := range s.me.take() {
		m := messageOf(s.w.t, text)
		s.messages[m.Type] = true
		switch m.Type {
		case "heartbeat":
			s.accepted.aside("heartbeat")
			continue
		case "welcome":
			s.position, s.token = m.Position, m.Audience
		case "entries":
			s.position.Offset = m.UpTo
			if m.Audience != "" {
				s.token = m.Audience
			}
			s.accepted.aside("joined frames")
			if len(m.Entries) == 0 {
				s.accepted.aside("empty range")
			}
			for _, e := range m.Entries {
				out.WriteString("\n" + string(e))
			}
			continue
		case "presence":
			s.accepted.aside("presence between") // settlePresence writes down the last list
			s.around = peopleIn(text)
			s.checkPresence(text)
			continue
		case "progress":
			if strings.Contains(text, `"running"`) {
				s.accepted.aside("progress between")
				continue
			}
		}
		out.WriteString("\n" + text)
	}
	return out.String()
}

// asked writes down an answer.
func asked(a answer) string {
	header := a.header.Clone()
	return fmt.Sprint(a.status, header) + "\n" + a.body
}

// commandID is the next one of the script, the same in both worlds.
func (s *story) commandID() crm.ID {
	s.commands++
	return fixedID("cmd", s.commands)
}

// version returns that of a record, as somebody who has just looked knows it.
func (s *story) version(id crm.ID) (version uint64) {
	s.w.look(func(state *workspace.State) {
		rec, _ := state.Get(id)
		version = rec.Version
	})
	return version
}
