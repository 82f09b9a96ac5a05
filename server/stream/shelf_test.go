package stream

import "testing"

func TestAShelfKeepsTheNewest(t *testing.T) {
	const limit = 10 * (100 + shelfOverhead)
	s := newShelf[int, string]()
	for n := range 1000 {
		s.put(n, "x", 100, limit, limit)
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
	s.put(1000, "large", 1<<20, limit, 2<<20)
	if v, ok := s.get(1000); !ok || v != "large" || len(s.items) != 1 {
		t.Errorf("a large item: %q, %v, %d items", v, ok, len(s.items))
	}
	s.put(1001, "too large", 3<<20, limit, 2<<20)
	if len(s.items) != 0 || len(s.order) != 0 || s.size != 0 {
		t.Errorf("of an item that is too large to stay, %d items, %d bytes", len(s.items), s.size)
	}
}

func TestRoomsShareWhatTheyMayKeep(t *testing.T) {
	r := newRooms(nil)
	alone := r.enter("first")
	if got := alone.part.kept.Load(); got != roomMost {
		t.Errorf("alone %d bytes, want %d", got, roomMost)
	}
	for n := range 999 {
		r.enter(string(rune('a' + n)))
	}
	if got := alone.part.kept.Load(); got != roomsBytes/1000 {
		t.Errorf("as one of a thousand %d bytes, want %d", got, roomsBytes/1000)
	}
	for token, room := range r.byToken {
		if token != "first" {
			r.leave(room)
		}
	}
	if got := alone.part.kept.Load(); got != roomMost {
		t.Errorf("alone again %d bytes, want %d", got, roomMost)
	}
}
