package httpapi

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/records"
	"rapport/server/schema"
	"rapport/server/visible"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// queryHandlers answer what screens ask for, from memory, at one position.
type queryHandlers struct {
	ws    *workspace.Workspace
	large turnstile
	build string
}

// QueryRoutes returns the routes that read. build names this version of the server.
func QueryRoutes(ws *workspace.Workspace, build string) []Route {
	h := queryHandlers{ws: ws, large: newTurnstile(), build: build}
	get := func(path, name string, handle fiber.Handler, doc Doc) Route {
		doc.Headers, doc.Tells = []Param{positionAsked}, []Param{positionTold, ageTold}
		return Route{Method: fiber.MethodGet, Path: "/api/v1" + path, Name: name, Access: SignedIn, Handle: handle, Doc: doc}
	}
	return []Route{
		get("/bootstrap", "bootstrap", h.bootstrap, Doc{
			Says: "Returns what an app needs before its first screen: who you are, the company's records, the schema, what you may do.", Answers: wire.Bootstrap{},
		}),
		get("/boards/:id", "board", h.board, Doc{Says: "Returns a board with what its cards show.", Answers: wire.BoardView{}}),
		get("/records", "records", h.list, Doc{
			Says:    "Returns a page of records: by name, or the best hits of a search first.",
			Answers: wire.RecordList{}, Query: []Param{typeAsked(listTypes, true), wordsAsked, afterAsked, limitAsked},
		}),
		get("/records/:id", "record", h.record, Doc{Says: "Returns a record with what hangs on it.", Answers: wire.RecordView{}}),
		get("/records/:id/history", "record.history", h.history, Doc{
			Says: "Returns a page of what happened to a record, newest first.", Answers: wire.History{}, Query: []Param{beforeAsked},
		}),
		get("/records/:id/why", "record.why", h.why, Doc{Says: "Names the rule that lets you see a record.", Answers: wire.Explanation{}}),
		get("/records/:id/readers", "record.readers", h.readers, Doc{
			Says: "Tells who sees a record, or a board and the deals there.", Answers: wire.Readers{},
		}),
		get("/trash", "trash", h.trash, Doc{
			Says:    "Returns a page of what you may restore, what was thrown away last first.",
			Answers: wire.TrashList{}, Query: []Param{typeAsked(records.TrashTypes(), false), wordsAsked, afterAsked, limitAsked},
		}),
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
	setAge(c, h.ws)
	return h.large.pass(c.UserContext(), c, func() error { return c.JSON(answer) })
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
		answer.Reach = reachOf(s, me)
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
			LinkType: string(f.LinkType), Required: f.Required, ReadOnly: f.ReadOnly, Why: f.Why,
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
)

// listTypes are the record types that have a list.
var listTypes = []crm.RecordType{crm.TypeCustomer, crm.TypeContact, crm.TypeDeal}

// searchMost is how many hits of a search can be paged through; whoever has more
// types another letter.
const searchMost = 1000

// list handles GET /api/v1/records?type=&q=&after=&limit=: one page, by name or,
// with q, the best hits of a search first.
//
//	200     wire.RecordList; a search counts and pages through 1,000 hits at most
//	errors  invalid 400
func (h queryHandlers) list(c *fiber.Ctx) error {
	t := crm.RecordType(query(c, "type"))
	if !slices.Contains(listTypes, t) {
		return crm.Invalid("type", "unknown_type")
	}
	limit, err := limitOf(c)
	if err != nil {
		return err
	}
	text, after := query(c, "q"), query(c, "after")
	return h.reading(c, func(s *workspace.State, me crm.ID) (any, error) {
		p := page{viewer: s.For(me), state: s, limit: limit, answer: wire.RecordList{
			Position: wirePosition(s.Position()), Records: []wire.Record{},
		}}
		if strings.TrimSpace(text) != "" {
			err = p.search(t, text, after)
		} else {
			err = p.byName(t, after)
		}
		return p.answer, err
	})
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

// placeOf reads how many rows are behind a page, at most most; "" is none.
func placeOf(after string, most int) (int, error) {
	if after == "" {
		return 0, nil
	}
	from, err := strconv.Atoi(after)
	if err != nil || from < 0 || from > most {
		return 0, crm.Invalid("after", "out_of_range")
	}
	return from, nil
}

// page is one page of a list in the making.
type page struct {
	state  *workspace.State
	viewer *workspace.Viewer
	limit  int
	answer wire.RecordList
}

func (p *page) add(rec crm.Record) {
	p.answer.Records = append(p.answer.Records, visible.Record(p.state.Schema(), rec, p.viewer.See(rec)))
}

// byName fills the page with what follows a place among the names, "" for the
// beginning. Errors: CodeInvalid (after is not what a list gave).
func (p *page) byName(t crm.RecordType, after string) error {
	last, err := lastOf(t, after)
	if err != nil {
		return err
	}
	p.answer.Total = p.viewer.Count(t)
	more := false
	p.viewer.ByName(t, last, func(rec crm.Record, _ crm.Groups) bool {
		if more = len(p.answer.Records) == p.limit; more {
			return false
		}
		last = rec
		p.add(rec)
		return true
	})
	if more {
		p.answer.Next = placeByName(last)
	}
	return nil
}

// placeByName tells the place of a record among the names. It holds the name, so
// that a list goes on there when that record was renamed, hidden or thrown away.
func placeByName(rec crm.Record) string {
	name := rec.Fields.String(workspace.NameKey(rec.Type))
	return string(rec.ID) + "." + base64.RawURLEncoding.EncodeToString([]byte(name))
}

// lastOf returns a record of that name and id; the zero record for "".
func lastOf(t crm.RecordType, place string) (crm.Record, error) {
	if place == "" {
		return crm.Record{}, nil
	}
	id, coded, _ := strings.Cut(place, ".")
	name, err := base64.RawURLEncoding.DecodeString(coded)
	if err != nil || !crm.ID(id).Valid() {
		return crm.Record{}, crm.Invalid("after", "out_of_range")
	}
	return crm.Record{Type: t, ID: crm.ID(id), Version: 1, Fields: crm.Pack(crm.Fields{workspace.NameKey(t): string(name)})}, nil
}

// search fills the page with hits; after is how many are behind us.
func (p *page) search(t crm.RecordType, text, after string) error {
	from, err := placeOf(after, searchMost)
	if err != nil {
		return err
	}
	found := p.viewer.Search(t, text, searchMost)
	p.answer.Total, p.answer.More = found.Len(), found.More
	end := min(from+p.limit, found.Len())
	for i := min(from, end); i < end; i++ {
		p.add(found.Record(i))
	}
	if end < found.Len() {
		p.answer.Next = strconv.Itoa(end)
	}
	return nil
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
