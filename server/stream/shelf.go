package stream

// shelf keeps what was put last, up to a number of bytes. It is not safe for
// concurrent use.
type shelf[K comparable, V any] struct {
	size  int
	items map[K]V
	order []shelved[K] // oldest first
}

type shelved[K comparable] struct {
	key  K
	size int
}

// shelfOverhead is counted for each item beside its bytes.
const shelfOverhead = 128

func newShelf[K comparable, V any]() shelf[K, V] { return shelf[K, V]{items: map[K]V{}} }

func (s *shelf[K, V]) get(key K) (V, bool) {
	v, ok := s.items[key]
	return v, ok
}

// put adds an item that is not there yet and drops the oldest ones over the
// limit, in bytes. The new one stays even when it is over the limit by itself,
// unless it has more than newest bytes.
func (s *shelf[K, V]) put(key K, v V, size, limit, newest int) {
	size += shelfOverhead
	s.items[key] = v
	s.order = append(s.order, shelved[K]{key, size})
	s.size += size
	for s.size > limit && (len(s.order) > 1 || size > newest) {
		delete(s.items, s.order[0].key)
		s.size -= s.order[0].size
		s.order = s.order[1:]
	}
}
