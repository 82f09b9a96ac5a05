package identity

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// attemptWindow is how long a failed attempt counts.
	attemptWindow = 15 * time.Minute
	// attemptKeys bounds the memory an attacker with many addresses can fill.
	attemptKeys = 50_000
)

// attempts counts failures per key in a sliding window: the current window
// plus the share of the one before that still overlaps. Nothing is ever locked;
// the count fades by itself.
type attempts struct {
	limit float64
	mu    sync.Mutex // guards keys
	keys  map[string]attemptCount
}

type attemptCount struct {
	began        time.Time // of the current window
	now, earlier float64
}

func newAttempts(limit int) *attempts {
	return &attempts{limit: float64(limit), keys: map[string]attemptCount{}}
}

// wait returns how long the key must wait before the next attempt, 0 if it may
// go ahead.
func (a *attempts) wait(key string, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.keys[key].at(now)
	if c.weight(now) < a.limit {
		return 0
	}
	// What counts falls by one share of the earlier window after another.
	return max(attemptWindow/time.Duration(a.limit), time.Second)
}

// fail counts one failure.
func (a *attempts) fail(key string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.keys) >= attemptKeys {
		a.sweep(now)
	}
	c := a.keys[key].at(now)
	c.now++
	a.keys[key] = c
}

// forget drops the failures of a key after a success.
func (a *attempts) forget(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.keys, key)
}

// sweep drops what no longer counts, and everything if that is not enough: a
// flood from more addresses than fit cannot be told apart by address anyway.
func (a *attempts) sweep(now time.Time) {
	for key, c := range a.keys {
		if c = c.at(now); c.now == 0 && c.earlier == 0 {
			delete(a.keys, key)
		}
	}
	if len(a.keys) >= attemptKeys {
		clear(a.keys)
	}
}

func (c attemptCount) at(now time.Time) attemptCount {
	switch age := now.Sub(c.began); {
	case age < attemptWindow:
		return c
	case age < 2*attemptWindow:
		return attemptCount{began: c.began.Add(attemptWindow), earlier: c.now}
	default:
		return attemptCount{began: now}
	}
}

func (c attemptCount) weight(now time.Time) float64 {
	left := 1 - float64(now.Sub(c.began))/float64(attemptWindow)
	return c.now + c.earlier*left
}

// addressKey is what counts as one address: an IPv6 customer owns a whole /64.
func addressKey(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
