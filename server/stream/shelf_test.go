package stream

import "testing"

func TestAShelfKeepsTheNewest(t *testing.T) {
	const limit = 10 * (100 + shelfOverhead)
	s := newShelf[int, string]()
	for n := range 1000 {
		s.put(n, "x", 100, limit)
	}
	if len(s.items) != 10 || len(s.order) != 10 {
		t.Fatalf("%d items, %d in order", len(s.items), len(s.order))
	}
	if _, ok := s.get(990); !ok {
		t.Error("the tenth newest is gone")
	}
	if _, ok := s.get(989); ok {
		t.Error("the eleventh newest is still there")
	}
	s.put(1000, "large", 1<<20, limit)
	if v, ok := s.get(1000); !ok || v != "large" || len(s.items) != 1 {
		t.Errorf("a large item: %q, %v, %d items", v, ok, len(s.items))
	}
}

func TestRoomsShareWhatTheyMayKeep(t *testing.T) {
	r := newRooms(nil)
	alone := r.enter("first")
	if got := alone.share.Load(); got != roomMost {
		t.Errorf("alone %d bytes, want %d", got, roomMost)
	}
	for n := range 999 {
		r.enter(string(rune('a' + n)))
	}
	if got := alone.share.Load(); got != roomLeast {
		t.Errorf("as one of a thousand %d bytes, want %d", got, roomLeast)
	}
	for token, room := range r.byToken {
		if token != "first" {
			r.leave(room)
		}
	}
	if got := alone.share.Load(); got != roomMost {
		t.Errorf("alone again %d bytes, want %d", got, roomMost)
	}
}
