package httpapi

import (
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/records"
	"rapport/server/synclog"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// historyPage is how many entries one page of history reads.
const historyPage = 50

// history handles GET /api/v1/records/:id/history?before=: what happened to a
// record, newest first, as far as the viewer may see its fields today.
//
//	200     wire.History
//	errors  not_found 404, invalid 400
func (h queryHandlers) history(c *fiber.Ctx) error {
	at, err := atLeast(c)
	if err != nil {
		return err
	}
	page := synclog.Page{Limit: historyPage}
	if text := query(c, "before"); text != "" {
		if page.Before, err = strconv.ParseUint(text, 10, 63); err != nil {
			return crm.Invalid("before", "out_of_range")
		}
	}
	id := crm.ID(c.Params("id"))
	asked := page.Before
	err = h.ws.Read(c.UserContext(), at, func(s *workspace.State) error {
		// The store may hold entries that this node has not come to, and with them
		// what somebody was not to see any more: rights as they stand here say
		// nothing about those.
		page.Before = s.Position().Offset + 1
		if asked > 0 {
			page.Before = min(page.Before, asked)
		}
		_, err := viewHistory(s, actor(c), id)
		return err
	})
	if err != nil {
		return err
	}
	entries, err := h.ws.History(c.UserContext(), id, page)
	if err != nil {
		return err
	}
	answer := wire.History{}
	err = h.ws.Read(c.UserContext(), at, func(s *workspace.State) error {
		answer.Entries = []wire.HistoryEntry{}
		// Again: while the store was asked, the record may have been taken out of sight.
		v, err := viewHistory(s, actor(c), id)
		if err != nil {
			return err
		}
		setPosition(c, s.Position())
		for _, e := range entries {
			if shown, ok := v.entry(e); ok {
				answer.Entries = append(answer.Entries, shown)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(entries) == page.Limit {
		answer.Next = entries[len(entries)-1].Offset
	}
	setAge(c, h.ws)
	return c.JSON(answer)
}

// historyView shows the past of a record through the viewer's rights of today.
type historyView struct {
	state  *workspace.State
	viewer crm.Actor
	rec    crm.Record
	groups crm.Groups
}

// viewHistory returns the view of a record. Errors: CodeNotFound.
func viewHistory(s *workspace.State, viewer crm.Actor, id crm.ID) (historyView, error) {
	rec, _, err := visibleRecord(s, viewer.UserID, id)
	if err != nil {
		return historyView{}, err
	}
	return historyView{state: s, viewer: viewer, rec: rec, groups: s.See(viewer.UserID, rec)}, nil
}

// bookkeeping are fields that every change changes; history says the same by
// its own at and by.
var bookkeeping = map[string]bool{
	crm.KeyCreatedAt: true, crm.KeyCreatedBy: true, crm.KeyUpdatedAt: true, crm.KeyUpdatedBy: true,
	"order": true, "stageSince": true, crm.KeyTrashedBy: true,
}

// entry returns what the viewer may see of an entry; ok is false when that is
// nothing.
func (v historyView) entry(e synclog.Entry) (wire.HistoryEntry, bool) {
	i := slices.IndexFunc(e.Ops, func(op synclog.Op) bool { return op.ID == v.rec.ID })
	if i < 0 {
		return wire.HistoryEntry{}, false
	}
	op := e.Ops[i]
	shown := wire.HistoryEntry{
		Offset: e.Offset, At: e.At.Format(time.RFC3339Nano), By: v.by(e.Actor.UserID), Source: string(e.Actor.Source),
		Command: e.Command, Undoes: e.Undoes, Created: op.Version == 1,
		// What is undone as one – an import – is not taken back in parts.
		MayUndo: e.Group == "" && records.MayUndo(v.state, v.viewer, v.rec, op), Changes: []wire.FieldChange{},
	}
	add := func(key string, to any) {
		if !bookkeeping[key] && v.groups.Has(v.state.Schema().GroupOf(v.rec.Type, key)) {
			shown.Changes = append(shown.Changes, wire.FieldChange{Key: key, From: op.Before.Get(key), To: to})
		}
	}
	for key, to := range op.Set.All() {
		add(key, to.Any())
	}
	for _, key := range op.Unset {
		add(key, nil)
	}
	slices.SortFunc(shown.Changes, func(a, b wire.FieldChange) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	// A created record is worth its line even if all its values are masked.
	return shown, len(shown.Changes) > 0 || op.Version == 1 || slices.Contains(op.Unset, crm.KeyTrashedAt)
}

// by names who made a change; "" is the system or somebody the viewer may not see.
func (v historyView) by(person crm.ID) string {
	rec, ok := v.state.Get(person)
	if !ok || v.state.See(v.viewer.UserID, rec) == 0 {
		return ""
	}
	return string(person)
}
