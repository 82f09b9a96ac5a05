package workspace

import "time"

// Sleep makes the node be as one that has been paused for that long.
func (w *Workspace) Sleep(d time.Duration) {
	w.fresh.mu.Lock()
	defer w.fresh.mu.Unlock()
	w.fresh.current = w.fresh.current.Add(-d)
}
