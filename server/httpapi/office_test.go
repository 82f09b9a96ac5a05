package httpapi_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/identity"
	"rapport/server/importer"
	"rapport/server/pipeline"
	"rapport/server/records"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

// office is a whole edge over a real store: Ana, the admin, one person for each
// role in the department North, and an outsider: a member of South.
type office struct {
	t       testing.TB
	app     *fiber.App
	store   synclog.Store
	ws      *workspace.Workspace
	people  *identity.Service
	imports *importer.Service
	routes  []httpapi.Route

	root, north, south crm.ID
	users              map[string]crm.ID // by role, and "outsider"
	tokens             map[string]string // the same; "anonymous" has none

	pipeline crm.ID
	stages   []string // their ids
	board    crm.ID   // of North
	deal     crm.ID   // of North, nobody's
	trashed  crm.ID   // another one, in the trash
}

const anaPassword = "correct horse battery"

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{t: t, store: testkit.SQLite(t), users: map[string]crm.ID{}, tokens: map[string]string{}}
	return o.open(o.store)
}

// node is the same office served by another node, which reads what is there now
// and comes to nothing that is written elsewhere afterwards. wrap changes how it
// sees the store; nil leaves it alone.
func (o *office) node(wrap func(synclog.Store) synclog.Store) *office {
	o.t.Helper()
	store, other := o.store, *o
	if wrap != nil {
		store = wrap(store)
	}
	return other.open(store)
}

// open starts what answers requests.
func (o *office) open(store synclog.Store) *office {
	t := o.t
	t.Helper()
	ws, err := workspace.Open(t.Context(), store, workspace.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ws.Close)
	o.ws, o.people = ws, identity.New(ws, identity.Options{})
	t.Cleanup(o.people.Close)
	options := testOptions()
	options.Auth, options.Ready = o.people, ws.Healthy
	o.imports = importer.New(ws, importer.Options{Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(o.imports.Close)
	o.routes = httpapi.Table(httpapi.Services{
		Workspace: ws, People: o.people, Imports: o.imports,
		Records: records.New(ws, identity.Keeper{}), Pipelines: pipeline.New(ws), Build: "test",
	}, options)
	if o.app, err = httpapi.New(options, o.routes); err != nil {
		t.Fatal(err)
	}
	return o
}

// staffed adds the people. They come in through the log and without passwords,
// whose hashes would take most of the time of these tests.
func (o *office) staffed() *office {
	o.t.Helper()
	grant, err := o.people.SetUp(o.t.Context(), identity.Setup{
		Company: "Nordwind Tea", Currency: "EUR", TimeZone: "Europe/Berlin",
		Name: "Ana Petrova", Email: "ana@example.com", Password: anaPassword,
	}, identity.Client{})
	if err != nil {
		o.t.Fatal(err)
	}
	o.users["admin"], o.tokens["admin"] = grant.UserID, grant.Token
	o.commit(func(tx *workspace.Tx) error {
		tx.Each(crm.TypeDepartment, func(rec crm.Record) bool {
			o.root = rec.ID
			return true
		})
		o.north, o.south = tx.NewID(), tx.NewID()
		for id, name := range map[crm.ID]string{o.north: "North", o.south: "South"} {
			if err := tx.Create(crm.TypeDepartment, id, crm.Fields{"name": name, "parentId": string(o.root)}); err != nil {
				return err
			}
		}
		if err := o.sell(tx); err != nil {
			return err
		}
		for _, role := range []string{"guest", "member", "lead", "head"} {
			if err := o.hire(tx, role, o.north, role); err != nil {
				return err
			}
		}
		return o.hire(tx, "outsider", o.south, "member")
	})
	return o
}

// sell makes a board and a deal of North in the pipeline that setup made.
func (o *office) sell(tx *workspace.Tx) error {
	tx.Each(crm.TypePipeline, func(rec crm.Record) bool {
		o.pipeline = rec.ID
		for _, stage := range pipeline.Parse(rec).Stages {
			o.stages = append(o.stages, stage.ID)
		}
		return true
	})
	o.board, o.deal, o.trashed = tx.NewID(), tx.NewID(), tx.NewID()
	err := tx.Create(crm.TypeBoard, o.board, crm.Fields{
		"name": "North", "pipelineId": string(o.pipeline), "departmentId": string(o.north),
	})
	if err != nil {
		return err
	}
	for i, id := range []crm.ID{o.deal, o.trashed} {
		err := tx.Create(crm.TypeDeal, id, crm.Fields{
			"title": "Assam, 40 chests", "pipelineId": string(o.pipeline), "stageId": o.stages[0], "order": "n" + strconv.Itoa(i+1),
			"departmentId": string(o.north), "amount": crm.Money{Amount: 120_000, Currency: "EUR"},
		})
		if err != nil {
			return err
		}
	}
	return tx.Trash(o.trashed)
}

// hire adds somebody who is signed in already.
func (o *office) hire(tx *workspace.Tx, name string, department crm.ID, role string) error {
	user := tx.NewID()
	// Any text of the right length will do as a token.
	token := (strings.ReplaceAll(name, " ", "-") + "-token-" + "0123456789012345678901234567890123456789")[:43]
	o.users[name], o.tokens[name] = user, token
	sum := sha256.Sum256([]byte(token))
	for _, rec := range []crm.Record{
		{Type: crm.TypeUser, ID: user, Fields: crm.Pack(crm.Fields{"name": name, "email": strings.ReplaceAll(name, " ", ".") + "@example.com", "language": "en"})},
		{Type: crm.TypeMembership, ID: tx.NewID(), Fields: crm.Pack(crm.Fields{"userId": string(user), "departmentId": string(department), "role": role})},
		{Type: crm.TypeSession, ID: tx.NewID(), Fields: crm.Pack(crm.Fields{
			"userId": string(user), "tokenHash": base64.RawURLEncoding.EncodeToString(sum[:]),
			"expiresAt": workspace.Timestamp(tx.Now().Add(24 * time.Hour)), "lastSeenOn": tx.Now().Format("2006-01-02"),
		})},
	} {
		if err := tx.Create(rec.Type, rec.ID, rec.Fields.Unpack()); err != nil {
			return err
		}
	}
	return nil
}

func (o *office) commit(plan func(*workspace.Tx) error) {
	o.t.Helper()
	o.commitBy(crm.System, plan)
}

// commitBy is commit by somebody.
func (o *office) commitBy(by crm.Actor, plan func(*workspace.Tx) error) {
	o.t.Helper()
	if _, err := o.ws.Commit(o.t.Context(), workspace.Command{Name: "test", Actor: by, Plan: plan}); err != nil {
		o.t.Fatal(err)
	}
}

// as sends a request as the person of a role ("anonymous", "guest", … "admin").
func (o *office) as(role, method, path string, body any) (*http.Response, string) {
	o.t.Helper()
	return send(o.t, o.app, o.requestAs(role, method, path, body))
}

func (o *office) requestAs(role, method, path string, body any) *http.Request {
	o.t.Helper()
	text := ""
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			o.t.Fatal(err)
		}
		text = string(raw)
	}
	req := newRequest(o.t, method, path, text)
	if token := o.tokens[role]; token != "" {
		req.Header.Set("Cookie", httpapi.CookieName(false)+"="+token)
	}
	return req
}

// fields is the body of a request.
type fields map[string]any

// command is the body of a command with a fresh commandId.
func command(args fields) fields {
	args["commandId"] = crm.NewID(time.Now())
	return args
}

func (o *office) session(role string) crm.ID {
	o.t.Helper()
	by, err := o.people.Authenticate(o.t.Context(), o.tokens[role])
	if err != nil {
		o.t.Fatal(err)
	}
	return by.SessionID
}

// invitation makes an unused invitation into North.
func (o *office) invitation() identity.Link {
	o.t.Helper()
	link, err := o.people.CreateInvitation(o.t.Context(), crm.Actor{UserID: o.users["admin"], Source: crm.SourceApp},
		identity.Invite{Email: "new@example.com", DepartmentID: o.north, Role: string(access.RoleMember)})
	if err != nil {
		o.t.Fatal(err)
	}
	return link
}

// another makes two more deals of North, the owner's if there is one: the second is
// in the trash.
func (o *office) another() (deal, trashed crm.ID) {
	o.t.Helper()
	deal, trashed = crm.NewID(time.Now()), crm.NewID(time.Now())
	o.commit(func(tx *workspace.Tx) error {
		for _, id := range []crm.ID{deal, trashed} {
			f := crm.Fields{
				"title": "Ceylon, 10 chests", "pipelineId": string(o.pipeline), "stageId": o.stages[0], "order": "n3", "departmentId": string(o.north),
			}
			if owner := o.users["owner"]; owner != "" {
				f[crm.KeyOwner] = string(owner)
			}
			if err := tx.Create(crm.TypeDeal, id, f); err != nil {
				return err
			}
		}
		return tx.Trash(trashed)
	})
	return deal, trashed
}

// edited returns the offset of an edit of a deal.
func (o *office) edited(deal crm.ID) uint64 {
	o.t.Helper()
	o.commit(func(tx *workspace.Tx) error { return tx.Edit(deal, crm.Fields{"product": "Assam"}, nil) })
	return o.ws.Position().Offset
}

// field defines a custom field of deals.
func (o *office) field() crm.ID {
	o.t.Helper()
	id := crm.NewID(time.Now())
	o.commit(func(tx *workspace.Tx) error {
		return tx.Create(crm.TypeField, id, crm.Fields{"recordType": "deal", "key": "season", "kind": "text", "required": false})
	})
	return id
}
