package httpapi

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// queryHandlers answer what screens ask for, from memory, at one position.
type queryHandlers struct {
	ws    *workspace.Workspace
	build string
}

// QueryRoutes returns the routes that read. build names this version of the server.
func QueryRoutes(ws *workspace.Workspace, build string) []Route {
	h := queryHandlers{ws: ws, build: build}
	get := func(path, name string, handle fiber.Handler) Route {
		return Route{Method: fiber.MethodGet, Path: "/api/v1" + path, Name: name, Access: SignedIn, Handle: handle}
	}
	return []Route{
		get("/bootstrap", "bootstrap", h.bootstrap),
		get("/boards/:id", "board", h.board),
		get("/records", "records", h.list),
		get("/records/:id", "record", h.record),
		get("/records/:id/history", "record.history", h.history),
		get("/records/:id/why", "record.why", h.why),
		get("/records/:id/readers", "record.readers", h.readers),
		get("/trash", "trash", h.trash),
	}
}

// reading runs fn at a position the client's screen has reached and sends what
// it returns.
func (h queryHandlers) reading(c *fiber.Ctx, fn func(*workspace.State, crm.ID) (any, error)) error {
	at, err := atLeast(c)
	if err != nil {
		return err
	}
	var answer any
	err = h.ws.Read(c.UserContext(), at, func(s *workspace.State) error {
		setPosition(c, s.Position())
		var err error
		answer, err = fn(s, actor(c).UserID)
		return err
	})
	if err != nil {
		return err
	}
	return c.JSON(answer)
}

// companyTypes are the records every screen needs: names, stages, boards, policy.
var companyTypes = []crm.RecordType{
	crm.TypeWorkspace, crm.TypeDepartment, crm.TypeUser, crm.TypeMembership,
	crm.TypePipeline, crm.TypeBoard, crm.TypeField, crm.TypeRule,
}

// bootstrap handles GET /api/v1/bootstrap: what the app needs before its first
// screen, as wire.Bootstrap.
func (h queryHandlers) bootstrap(c *fiber.Ctx) error {
	return h.reading(c, func(s *workspace.State, me crm.ID) (any, error) {
		answer := wire.Bootstrap{
			Position: wirePosition(s.Position()), Audience: s.Policy().Audience(me).Token(),
			UserID: string(me), Build: h.build,
		}
		for _, t := range companyTypes {
			s.Each(t, func(rec crm.Record) bool {
				if shown, ok := show(s, me, rec); ok {
					answer.Records = append(answer.Records, shown)
				}
				return true
			})
		}
		for _, t := range schemaTypes {
			answer.Schema = append(answer.Schema, typeInfo(s.Schema(), t))
		}
		answer.May = mayAnywhere(s.Policy(), me)
		return answer, nil
	})
}

// schemaTypes are the record types people fill in.
var schemaTypes = []crm.RecordType{crm.TypeCustomer, crm.TypeContact, crm.TypeDeal, crm.TypeComment}

func typeInfo(s *schema.Schema, t crm.RecordType) wire.RecordTypeInfo {
	info := wire.RecordTypeInfo{Type: string(t), Fields: []wire.FieldInfo{}}
	for _, f := range s.Fields(t) {
		if f.Internal {
			continue
		}
		field := wire.FieldInfo{
			Key: f.Key, Kind: string(f.Kind), Group: strings.Join(f.Group.Names(), "+"), Labels: f.Labels,
			LinkType: string(f.LinkType), Required: f.Required, ReadOnly: f.ReadOnly,
		}
		for _, choice := range f.Choices {
			field.Choices = append(field.Choices, wire.Choice{Key: choice.Key, Labels: choice.Labels})
		}
		info.Fields = append(info.Fields, field)
	}
	return info
}

// offered is what an app can offer somewhere on its screens.
var offered = map[access.Action][]crm.RecordType{
	access.ActionCreate:     {crm.TypeCustomer, crm.TypeContact, crm.TypeDeal, crm.TypeBoard, crm.TypeImport, crm.TypePipeline},
	access.ActionEdit:       {crm.TypeCustomer, crm.TypeContact, crm.TypeDeal},
	access.ActionMove:       {crm.TypeDeal},
	access.ActionAssign:     {crm.TypeDeal, crm.TypeCustomer},
	access.ActionShare:      {crm.TypeBoard, crm.TypeDeal},
	access.ActionAdminister: {crm.TypeUser, crm.TypeMembership, crm.TypeDepartment, crm.TypePipeline, crm.TypeBoard, crm.TypeField, crm.TypeRule},
}

func mayAnywhere(p *access.Policy, me crm.ID) []string {
	may := []string{}
	for action, types := range offered {
		for _, t := range types {
			if p.MayAnywhere(me, action, t) {
				may = append(may, string(action)+":"+string(t))
			}
		}
	}
	slices.Sort(may)
	return may
}

// Page sizes of lists.
const (
	listDefault = 50
	listMost    = 200
	// searchCounts is how many hits a search counts: to say of each of 80,000
	// whether the asking person may see it would take longer than he types.
	searchCounts = 1000
)

// listTypes are the record types that have a list.
var listTypes = []crm.RecordType{crm.TypeCustomer, crm.TypeContact, crm.TypeDeal}

// list handles GET /api/v1/records?type=&q=&after=&limit=: one page, by name or,
// with q, the best hits of a search first.
//
//	200     wire.RecordList; a search counts at most 1,000 hits beyond the page
//	errors  invalid 400
func (h queryHandlers) list(c *fiber.Ctx) error {
	t := crm.RecordType(query(c, "type"))
	if !slices.Contains(listTypes, t) {
		return crm.Invalid("type", "unknown_type")
	}
	limit, after, err := pageOf(c)
	if err != nil {
		return err
	}
	text := query(c, "q")
	return h.reading(c, func(s *workspace.State, me crm.ID) (any, error) {
		see := func(rec crm.Record) crm.Groups { return s.See(me, rec) }
		answer := wire.RecordList{Position: wirePosition(s.Position()), Records: []wire.Record{}}
		var all []crm.Record
		if strings.TrimSpace(text) != "" {
			most := max(after+limit, searchCounts)
			all = s.Search(t, text, most+1, see)
			answer.Total, answer.More = min(len(all), most), len(all) > most
		} else {
			all = byName(s, t, see)
			answer.Total = len(all)
		}
		end := min(after+limit, len(all))
		for _, rec := range all[min(after, end):end] {
			if shown, ok := show(s, me, rec); ok {
				answer.Records = append(answer.Records, shown)
			}
		}
		if end < len(all) {
			answer.Next = strconv.Itoa(end)
		}
		return answer, nil
	})
}

func pageOf(c *fiber.Ctx) (limit, after int, err error) {
	if limit, err = limitOf(c); err != nil {
		return 0, 0, err
	}
	if text := query(c, "after"); text != "" {
		if after, err = strconv.Atoi(text); err != nil || after < 0 || after > 1_000_000 {
			return 0, 0, crm.Invalid("after", "out_of_range")
		}
	}
	return limit, after, nil
}

func limitOf(c *fiber.Ctx) (int, error) {
	text := query(c, "limit")
	if text == "" {
		return listDefault, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > listMost {
		return 0, crm.Invalid("limit", "out_of_range")
	}
	return limit, nil
}

// byName returns all visible records of a type in the order of their names.
func byName(s *workspace.State, t crm.RecordType, see func(crm.Record) crm.Groups) []crm.Record {
	key := "name"
	if t == crm.TypeDeal {
		key = "title"
	}
	type named struct {
		name string
		rec  crm.Record
	}
	var rows []named
	s.Each(t, func(rec crm.Record) bool {
		if see(rec) != 0 {
			rows = append(rows, named{schema.NormalName(rec.Fields.String(key)), rec})
		}
		return true
	})
	slices.SortFunc(rows, func(a, b named) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(string(a.rec.ID), string(b.rec.ID)))
	})
	records := make([]crm.Record, len(rows))
	for i, row := range rows {
		records[i] = row.rec
	}
	return records
}

// record handles GET /api/v1/records/:id: a record with what hangs on it.
//
//	200     wire.RecordView
//	errors  not_found 404
func (h queryHandlers) record(c *fiber.Ctx) error {
	id := crm.ID(c.Params("id"))
	return h.reading(c, func(s *workspace.State, me crm.ID) (any, error) {
		rec, shown, err := visibleRecord(s, me, id)
		if err != nil {
			return nil, err
		}
		answer := wire.RecordView{Position: wirePosition(s.Position()), Record: shown, Related: []wire.Record{}, May: mayDo(s, me, rec)}
		for _, related := range related(s, rec) {
			if shown, ok := show(s, me, related); ok {
				answer.Related = append(answer.Related, shown)
			}
		}
		return answer, nil
	})
}

// visibleRecord finds a record people work with. What is hidden, in the trash or of another kind
// is as absent. Errors: CodeNotFound.
func visibleRecord(s *workspace.State, me crm.ID, id crm.ID) (crm.Record, wire.Record, error) {
	rec, ok := s.Get(id)
	if ok && slices.Contains(schemaTypes, rec.Type) {
		if shown, ok := show(s, me, rec); ok {
			return rec, shown, nil
		}
	}
	return crm.Record{}, wire.Record{}, workspace.NotFound()
}

// related returns what a record's page shows beside it: what names it, and what it names.
func related(s *workspace.State, rec crm.Record) []crm.Record {
	found := s.Linked(rec.ID)
	for _, key := range []string{"customerId", "contactId"} {
		if other, ok := s.Get(rec.Fields.ID(key)); ok && other.Exists() {
			found = append(found, other)
		}
	}
	return slices.DeleteFunc(found, func(other crm.Record) bool { return !slices.Contains(schemaTypes, other.Type) })
}

// recordActions are what one can do with one record.
var recordActions = []access.Action{
	access.ActionEdit, access.ActionMove, access.ActionAssign, access.ActionComment, access.ActionDelete, access.ActionShare,
}

func mayDo(s *workspace.State, me crm.ID, rec crm.Record) []string {
	may := []string{}
	for _, action := range recordActions {
		if s.Can(me, action, rec) != 0 {
			may = append(may, string(action))
		}
	}
	return may
}

// why handles GET /api/v1/records/:id/why: which rule lets the asking person see
// the record. For a hidden record the answer is that of an absent one: telling
// the rule would tell that it exists.
//
//	200     wire.Explanation
//	errors  not_found 404
func (h queryHandlers) why(c *fiber.Ctx) error {
	id := crm.ID(c.Params("id"))
	return h.reading(c, func(s *workspace.State, me crm.ID) (any, error) {
		rec, _, err := visibleRecord(s, me, id)
		if err != nil {
			return nil, err
		}
		ex := s.Policy().Explain(me, access.ActionSee, s.Target(rec, me))
		answer := wire.Explanation{Allowed: ex.Allowed, Reason: ex.Reason, Groups: ex.Groups.Names()}
		if ex.Rule != nil {
			answer.RuleID = string(ex.Rule.ID)
			answer.Rule = &wire.RuleText{
				Who: ex.Rule.Who, Effect: ex.Rule.Effect, Action: ex.Rule.Action,
				What: ex.Rule.What, Whose: ex.Rule.Whose, Fields: ex.Rule.Fields,
			}
		}
		return answer, nil
	})
}
