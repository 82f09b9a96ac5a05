package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/pipeline"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/workspace"
)

// company is an invented one in the embedded store: departments that look at one
// board, each of them an audience of its own.
type company struct {
	dir         string
	department  crm.ID // whose board it is
	departments []crm.ID
	pipeline    crm.ID
	board       crm.ID
	stages      []string // the open ones
	admin       crm.ID
	tokens      []string // of sessions, by person; the first is the admin's
}

// audience is a department and what of the board is shared with it.
type audience struct {
	name, role string
	fields     []string
}

// audiences are the usual ones; the first is the one the board belongs to.
var audiences = []audience{
	{"Sales", "member", nil},
	{"Marketing", "member", []string{}},
	{"Finance", "member", []string{"money"}},
	{"Support", "member", []string{"reach", "notes"}},
}

// manyAudiences returns n of them, numbered from the fifth on.
func manyAudiences(n int) []audience {
	all := make([]audience, n)
	for i := range all {
		all[i] = audiences[i%len(audiences)]
		if i >= len(audiences) {
			all[i].name = fmt.Sprint(all[i].name, " ", i)
			all[i].fields = append([]string{}, all[i].fields...) // it is shared with, too
		}
	}
	return all
}

// founded makes a company with a number of people in each department. They
// join without a password: hashing a hundred of them would measure nothing.
func founded(ctx context.Context, dir string, peoplePerDepartment int) (*company, error) {
	return foundedFor(ctx, dir, audiences, peoplePerDepartment)
}

// foundedFor is founded with departments of one's own.
func foundedFor(ctx context.Context, dir string, who []audience, peoplePerDepartment int) (c *company, err error) {
	store, err := sqlitestore.Open(ctx, dir, sqlitestore.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	ws, err := workspace.Open(ctx, store, workspace.Options{})
	if err != nil {
		return nil, err
	}
	defer ws.Close()
	people := identity.New(ws, identity.Options{})
	defer people.Close()
	grant, err := people.SetUp(ctx, identity.Setup{
		Company: "Millbrook Tools", Currency: "EUR", TimeZone: "Europe/Berlin", Name: "Ada Brandt",
		Email: "ada@millbrook.example", Password: "four doors and a bench", Language: "en",
	}, identity.Client{})
	if err != nil {
		return nil, err
	}
	c = &company{dir: dir, admin: grant.UserID, tokens: []string{grant.Token}}
	if err := c.findBoard(ctx, ws); err != nil {
		return nil, err
	}
	return c, c.fill(ctx, ws, people, who, peoplePerDepartment)
}

func (c *company) findBoard(ctx context.Context, ws *workspace.Workspace) error {
	return ws.Read(ctx, nil, func(s *workspace.State) error {
		s.Each(crm.TypeBoard, func(rec crm.Record) bool {
			c.board, c.pipeline = rec.ID, rec.Fields.ID(crm.KeyPipeline)
			return false
		})
		rec, _ := s.Get(c.pipeline)
		for _, stage := range pipeline.Parse(rec).Stages {
			if stage.Kind == pipeline.StageOpen {
				c.stages = append(c.stages, stage.ID)
			}
		}
		if len(c.stages) < 2 {
			return errors.New("the first pipeline has fewer than two open stages")
		}
		return nil
	})
}

// fill adds departments and people, and shares the board.
func (c *company) fill(ctx context.Context, ws *workspace.Workspace, people *identity.Service, who []audience, each int) error {
	asAdmin := func(name string) workspace.Command {
		return workspace.Command{Name: name, Actor: crm.Actor{UserID: c.admin, Source: crm.SourceApp}}
	}
	root := crm.ID("")
	err := ws.Read(ctx, nil, func(s *workspace.State) error {
		root = s.Policy().PrimaryDepartment(c.admin)
		return nil
	})
	if err != nil {
		return err
	}
	pipes := pipeline.New(ws)
	for i, a := range who {
		id := crm.NewID(time.Now())
		args := identity.DepartmentArgs{ID: id, Name: a.name, ParentID: root}
		if _, err := people.CreateDepartment(ctx, asAdmin("department.create"), args); err != nil {
			return err
		}
		c.departments = append(c.departments, id)
		if i == 0 {
			c.department = id
			c.board = crm.NewID(time.Now())
			board := pipeline.BoardArgs{ID: c.board, Name: "Orders", PipelineID: c.pipeline, DepartmentID: id}
			if _, err := pipes.CreateBoard(ctx, asAdmin("board.create"), board); err != nil {
				return err
			}
		} else {
			share := pipeline.ShareArgs{BoardID: c.board, DepartmentID: id, Fields: a.fields}
			if _, err := pipes.ShareBoard(ctx, asAdmin("board.share"), share); err != nil {
				return err
			}
		}
		if err := c.hire(ctx, ws, id, a.name, a.role, each); err != nil {
			return err
		}
	}
	return nil
}

// hireAtOnce is how many people one command hires; each is three records.
const hireAtOnce = synclog.MaxOps / 3

// hire writes people with a session each.
func (c *company) hire(ctx context.Context, ws *workspace.Workspace, department crm.ID, name, role string, n int) error {
	tokens := make([]string, n)
	for i := range tokens {
		sum := sha256.Sum256([]byte(crm.NewID(time.Now())))
		tokens[i] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	c.tokens = append(c.tokens, tokens...)
	hired := 0
	for some := range slices.Chunk(tokens, hireAtOnce) {
		_, err := ws.Commit(ctx, workspace.Command{Name: "bench.hire", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
			for i, token := range some {
				if err := hireOne(tx, department, fmt.Sprintf("%s %d", name, hired+i+1), role, token); err != nil {
					return err
				}
			}
			return nil
		}})
		if err != nil {
			return err
		}
		hired += len(some)
	}
	return nil
}

func hireOne(tx *workspace.Tx, department crm.ID, name, role, token string) error {
	user, hash := tx.NewID(), sha256.Sum256([]byte(token))
	return errors.Join(
		tx.Create(crm.TypeUser, user, crm.Fields{"name": name, "email": string(user) + "@millbrook.example", "language": "en"}),
		tx.Create(crm.TypeMembership, tx.NewID(), crm.Fields{"userId": string(user), "departmentId": string(department), "role": role}),
		tx.Create(crm.TypeSession, tx.NewID(), crm.Fields{
			"userId": string(user), "tokenHash": base64.RawURLEncoding.EncodeToString(hash[:]), "device": "bench",
			"expiresAt": workspace.Timestamp(tx.Now().Add(24 * time.Hour)), "lastSeenOn": tx.Now().Format(time.DateOnly),
		}),
	)
}

// appendRecords writes new records straight to the store, 500 to an entry.
func appendRecords(ctx context.Context, store synclog.Store, records []crm.Record) error {
	head, err := store.Head(ctx, crm.MainWorkspace)
	if err != nil {
		return err
	}
	for offset := head.Offset + 1; len(records) > 0; offset++ {
		n := min(len(records), synclog.MaxOps)
		e := synclog.Entry{Offset: offset, At: time.Now().UTC().Truncate(time.Millisecond), Actor: crm.System, Command: "bench.seed"}
		for _, rec := range records[:n] {
			e.Ops = append(e.Ops, synclog.Op{Type: rec.Type, ID: rec.ID, Version: rec.Version, Set: rec.Fields})
		}
		batch := synclog.Batch{Workspace: crm.MainWorkspace, Entries: []synclog.Entry{e}, Records: records[:n]}
		if err := store.Append(ctx, batch); err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}

// seed opens the company's store, appends records and closes it.
func (c *company) seed(ctx context.Context, records []crm.Record) error {
	store, err := sqlitestore.Open(ctx, c.dir, sqlitestore.Options{})
	if err != nil {
		return err
	}
	return errors.Join(appendRecords(ctx, store, records), store.Close())
}
