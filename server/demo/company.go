package demo

import (
	"context"
	"errors"
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/pipeline"
	"rapport/server/workspace"
)

// Admin and Password let a visitor in; everybody else of the company signs in
// with the same password.
const (
	Admin    = "ana@harbourfinch.example"
	Password = "harbour and finch"
)

// member is somebody of the company.
type member struct {
	id         crm.ID
	department crm.ID
}

// cast is the company's people beside the admin, with the first department
// each works in.
var cast = []struct {
	name, email, department, role, language string
}{
	{"Iván Robles", "ivan@harbourfinch.example", "Sales North", "head", "es"},
	{"Mei Chen", "mei@harbourfinch.example", "Sales North", "member", "zh-Hant"},
	{"Lucía Roldán", "lucia@harbourfinch.example", "Sales North", "member", "es"},
	{"Oskar Lindahl", "oskar@harbourfinch.example", "Sales North", "lead", "en"},
	{"Вера Соколова", "vera@harbourfinch.example", "Sales South", "head", "ru"},
	{"Tomás Arce", "tomas@harbourfinch.example", "Sales South", "member", "es"},
	{"Nadia Petrova", "nadia@harbourfinch.example", "Sales South", "member", "ru"},
	{"Grace Amadi", "grace@harbourfinch.example", "Marketing", "head", "en"},
	{"Paul Weber", "paul@harbourfinch.example", "Marketing", "member", "en"},
	{"林怡君", "yijun@harbourfinch.example", "Marketing", "member", "zh-Hant"},
	{"Sofía Iriarte", "sofia@harbourfinch.example", "Marketing", "guest", "es"},
}

// hire sets the workspace up and brings everybody in.
func (s *story) hire(ctx context.Context) error {
	grant, err := s.people.SetUp(ctx, identity.Setup{
		Company: "Harbour & Finch", Currency: "EUR", TimeZone: "Europe/Madrid",
		Name: "Ana Ferrer", Email: Admin, Password: Password, Language: "en",
	}, identity.Client{})
	if err != nil {
		return err
	}
	admin := crm.Actor{UserID: grant.UserID, Source: crm.SourceApp}
	err = s.ws.Read(ctx, nil, func(st *workspace.State) error {
		s.root = st.Policy().PrimaryDepartment(grant.UserID)
		return nil
	})
	if err != nil {
		return err
	}
	s.staff = []member{{grant.UserID, s.root}}
	for _, name := range []string{"Sales North", "Sales South", "Marketing"} {
		id := crm.NewID(s.now)
		s.departments[name] = id
		cmd := s.as(grant.UserID, "department.create", s.begin())
		if _, err := s.people.CreateDepartment(ctx, cmd, identity.DepartmentArgs{ID: id, Name: name, ParentID: s.root}); err != nil {
			return err
		}
	}
	for _, c := range cast {
		link, err := s.people.CreateInvitation(ctx, admin, identity.Invite{
			Email: c.email, Name: c.name, DepartmentID: s.departments[c.department], Role: c.role,
		})
		if err != nil {
			return err
		}
		joined, err := s.people.Accept(ctx, identity.Acceptance{Token: link.Token, Name: c.name, Password: Password, Language: c.language}, identity.Client{})
		if err != nil {
			return err
		}
		s.staff = append(s.staff, member{joined.UserID, s.departments[c.department]})
	}
	return s.signEverybodyOut(ctx)
}

// signEverybodyOut ends the sessions that joining opened: nobody sits there.
func (s *story) signEverybodyOut(ctx context.Context) error {
	_, err := s.ws.Commit(ctx, workspace.Command{Name: "sessions.end", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		var errs []error
		tx.Each(crm.TypeSession, func(rec crm.Record) bool {
			errs = append(errs, tx.Trash(rec.ID))
			return true
		})
		return errors.Join(errs...)
	}})
	return err
}

// sellers are those who look after customers: everybody but the admin and guests.
func (s *story) sellers() []member {
	var found []member
	for i, m := range s.staff[1:] {
		if cast[i].role != string(access.RoleGuest) {
			found = append(found, m)
		}
	}
	return found
}

// stage and board are what deals move through.
type stage struct{ id, kind string }

type board struct {
	id, department crm.ID
	stages         []stage
	lostReasons    []string
}

func (s *story) workersOf(b board) []member {
	return slices.DeleteFunc(s.sellers(), func(m member) bool { return m.department != b.department })
}

// makePipelines makes one pipeline with its board per department.
func (s *story) makePipelines(ctx context.Context) error {
	admin := s.staff[0].id
	for _, p := range pipelines {
		b := board{id: crm.NewID(s.now), department: s.departments[p.department], lostReasons: p.lostReasons}
		args := pipeline.SaveArgs{ID: b.id, Name: p.name, DepartmentID: b.department, LostReasons: p.lostReasons}
		for _, st := range p.stages {
			st.ID = string(crm.NewID(s.now))
			args.Stages = append(args.Stages, st)
			b.stages = append(b.stages, stage{st.ID, st.Kind})
		}
		if _, err := s.pipes.SavePipeline(ctx, s.as(admin, "pipeline.save", s.begin()), args); err != nil {
			return err
		}
		shown := crm.NewID(s.now)
		cmd := s.as(admin, "board.create", s.begin())
		if _, err := s.pipes.CreateBoard(ctx, cmd, pipeline.BoardArgs{ID: shown, Name: p.name, PipelineID: b.id, DepartmentID: b.department}); err != nil {
			return err
		}
		if p.sharedWith != "" {
			cmd := s.as(admin, "board.share", s.begin())
			_, err := s.pipes.ShareBoard(ctx, cmd, pipeline.ShareArgs{BoardID: shown, DepartmentID: s.departments[p.sharedWith], Actions: []string{"comment"}})
			if err != nil {
				return err
			}
		}
		s.pipelines = append(s.pipelines, b)
	}
	return s.dropFirstPipeline(ctx)
}

// dropFirstPipeline takes away what a fresh workspace begins with; this company
// has its own.
func (s *story) dropFirstPipeline(ctx context.Context) error {
	own := map[crm.ID]bool{}
	for _, b := range s.pipelines {
		own[b.id] = true
	}
	_, err := s.ws.Commit(ctx, workspace.Command{Name: "pipeline.drop", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		var errs []error
		tx.Each(crm.TypeBoard, func(rec crm.Record) bool {
			if !own[rec.Fields.ID(crm.KeyPipeline)] {
				errs = append(errs, tx.Trash(rec.ID))
			}
			return true
		})
		tx.Each(crm.TypePipeline, func(rec crm.Record) bool {
			if !own[rec.ID] {
				errs = append(errs, tx.Trash(rec.ID))
			}
			return true
		})
		return errors.Join(errs...)
	}})
	return err
}
