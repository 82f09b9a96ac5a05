package synclog

import (
	"slices"
	"time"
)

// outOfOrder is how many commands older than asked for are read over before
// Young believes that no younger one comes before them: the clocks of nodes differ.
const outOfOrder = 1000

// Young collects the commands since a moment from those of a log, read backwards
// from its head: only the last day is ever asked for, and that needs no index.
type Young struct {
	Since    time.Time
	commands []CommandKey
	old      int
}

// Add takes the command before the last one taken. enough says that no more are
// needed.
func (y *Young) Add(c CommandKey) (enough bool) {
	switch {
	case c.At.Before(y.Since):
		y.old++
	case c.CommandID != "":
		y.commands = append(y.commands, c)
	}
	return y.old == outOfOrder
}

// Each calls fn for each command that can be repeated, oldest first.
func (y *Young) Each(fn func(CommandKey) error) error {
	for _, c := range slices.Backward(y.commands) {
		if err := fn(c); err != nil {
			return err
		}
	}
	return nil
}
