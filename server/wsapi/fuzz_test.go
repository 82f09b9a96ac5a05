package wsapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"testing"

	"github.com/gobwas/ws"

	"rapport/server/wire"
	"rapport/server/wsapi"
)

// FuzzMessage: a message that is taken holds what its struct declares and
// nothing else (SL3).
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		`{"type":"hello","protocol":1,"position":null,"audience":"","screen":"x"}`,
		`{"type":"hello","protocol":1,"position":{"epoch":"e","offset":7},"audience":"a","screen":"x"}`,
		`{"type":"watch","boardId":"b","record":"","holding":""}`, `{"type":"watch","Type":"hello"}`, `{"type":"watch","type":"hello"}`,
		`{"type":"hello","position.epoch":"e"}`, `{"type":"hello","position":{"epoch":"e","epoch":"f"}}`, `{"type":"hello","position":{"offset":-1}}`,
		`{"type":"bye"}`, `{}`, `[]`, `null`, `{"type":"watch"}{}`, `{"type":"watch","record":["x"]}`, "{\"type\":\"watch\",\"record\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		message, err := wsapi.Decode(data)
		if err != nil {
			return
		}
		switch message.(type) {
		case *wire.Hello, *wire.Watch:
		default:
			t.Fatalf("%T is no message of a client", message)
		}
		var tree, declared map[string]any
		if err := json.Unmarshal(data, &tree); err != nil {
			t.Fatalf("taken, but encoding/json says %v", err)
		}
		whole, err := json.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(whole, &declared); err != nil {
			t.Fatal(err)
		}
		for key, value := range tree {
			if _, ok := declared[key]; !ok {
				t.Fatalf("%q is not declared", key)
			}
			inner, _ := value.(map[string]any)
			known, _ := declared[key].(map[string]any)
			for key := range inner {
				if _, ok := known[key]; !ok {
					t.Fatalf("%q is not declared inside", key)
				}
			}
		}
		if again, err := wsapi.Decode(whole); err != nil || !reflect.DeepEqual(again, message) {
			t.Fatalf("%+v, sent again, is %+v: %v", message, again, err)
		}
	})
}

// FuzzFrames: whatever bytes come, a message is never larger than the limit, and
// every other end is one that the socket knows how to answer (SL27).
func FuzzFrames(f *testing.F) {
	seed := func(frames ...ws.Frame) {
		var out bytes.Buffer
		for _, frame := range frames {
			out.Write(ws.MustCompileFrame(ws.MaskFrame(frame)))
		}
		f.Add(out.Bytes())
	}
	seed(ws.NewTextFrame([]byte("hello")), ws.NewPingFrame([]byte("p")), ws.NewBinaryFrame([]byte{1}))
	seed(ws.NewFrame(ws.OpText, false, []byte("a")), ws.NewPingFrame(nil), ws.NewFrame(ws.OpContinuation, true, []byte("b")))
	seed(ws.NewFrame(ws.OpContinuation, true, []byte("alone")))
	seed(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "")))
	seed(ws.NewCloseFrame([]byte{1}))
	f.Add(ws.MustCompileFrame(ws.NewTextFrame([]byte("not masked"))))
	f.Add([]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		in := wsapi.NewReader(bytes.NewReader(data))
		for {
			message, err := in()
			if err != nil {
				if kind := wsapi.ReadEnding(err); kind == "" && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("a read ends with %v", err)
				}
				return
			}
			if len(message) > wsapi.ReadLimit {
				t.Fatalf("a message of %d bytes", len(message))
			}
		}
	})
}

// FuzzFragments: a message that a client sends in pieces, with pings in between,
// arrives whole.
func FuzzFragments(f *testing.F) {
	f.Add([]byte("hello"), []byte{1, 2}, []byte("ping"))
	f.Add([]byte(""), []byte{0, 0, 0}, []byte(""))
	f.Fuzz(func(t *testing.T, message, cuts, ping []byte) {
		if len(message) > wsapi.ReadLimit || len(cuts) > 100 {
			return
		}
		ping = ping[:min(len(ping), 125)]
		var out bytes.Buffer
		send := func(frame ws.Frame) { out.Write(ws.MustCompileFrame(ws.MaskFrame(frame))) }
		rest, opCode := message, ws.OpText
		for _, cut := range cuts {
			n := min(int(cut), len(rest))
			send(ws.NewFrame(opCode, false, bytes.Clone(rest[:n])))
			send(ws.NewPingFrame(bytes.Clone(ping)))
			rest, opCode = rest[n:], ws.OpContinuation
		}
		send(ws.NewFrame(opCode, true, bytes.Clone(rest)))
		if got, err := wsapi.NewReader(&out)(); err != nil || !bytes.Equal(got, message) {
			t.Fatalf("%q arrives as %q: %v", message, got, err)
		}
	})
}
