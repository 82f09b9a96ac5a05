package stream

import "testing"

func TestAShelfKeepsTheNewest(t *testing.T) {
	s := newShelf[int, string](10 * (100 + shelfOverhead))
	for n := range 1000 {
		s.put(n, "x", 100)
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
	s.put(1000, "large", 1<<20)
	if v, ok := s.get(1000); !ok || v != "large" || len(s.items) != 1 {
		t.Errorf("a large item: %q, %v, %d items", v, ok, len(s.items))
	}
}
