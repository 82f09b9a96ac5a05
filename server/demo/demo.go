// Package demo fills an empty workspace with an invented company, so that
// somebody can try Rapport before he has anything to put into it. Everything is
// made by the same commands that people give, dated over the last weeks.
package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/pipeline"
	"rapport/server/records"
	"rapport/server/workspace"
)

// Sizes of the company.
const (
	customers = 300
	deals     = 400
	weeks     = 8 // of history
)

// seed makes every demonstration alike, apart from ids and dates.
const seed = 20261124

// story is a demonstration in the making.
type story struct {
	ws      *workspace.Workspace
	people  *identity.Service
	records *records.Service
	pipes   *pipeline.Service
	rand    *rand.Rand
	now     time.Time

	root        crm.ID
	departments map[string]crm.ID
	staff       []member
	pipelines   []board
	customers   map[crm.ID][]crm.ID // by department
	contacts    map[crm.ID]crm.ID   // customer -> a contact there
}

// Fill makes the company. The workspace must be empty. Everybody signs in with
// Password; the admin is Admin.
func Fill(ctx context.Context, ws *workspace.Workspace) error {
	s := &story{
		ws: ws, people: identity.New(ws, identity.Options{}), records: records.New(ws, identity.Keeper{}), pipes: pipeline.New(ws),
		rand: rand.New(rand.NewPCG(seed, seed)), now: time.Now(), //nolint:gosec // invented data, no secret
		departments: map[string]crm.ID{}, customers: map[crm.ID][]crm.ID{}, contacts: map[crm.ID]crm.ID{},
	}
	defer s.people.Close()
	for _, part := range []func(context.Context) error{s.hire, s.makePipelines, s.findCustomers, s.sell} {
		if err := part(ctx); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	return nil
}

// as begins a command of one person at one moment.
func (s *story) as(person crm.ID, name string, at time.Time) workspace.Command {
	return workspace.Command{Name: name, Actor: crm.Actor{UserID: person, Source: crm.SourceApp}, At: at}
}

// begin is when the company started to use Rapport.
func (s *story) begin() time.Time { return s.now.Add(-weeks * 7 * 24 * time.Hour) }

// workingTime returns a moment of some working day between from and now.
func (s *story) workingTime(from time.Time) time.Time {
	span := s.now.Sub(from)
	if span < time.Minute {
		return s.now
	}
	at := from.Add(time.Duration(s.rand.Int64N(int64(span))))
	day := time.Date(at.Year(), at.Month(), at.Day(), 8, 0, 0, 0, time.UTC)
	at = day.Add(time.Duration(s.rand.Int64N(int64(10 * time.Hour))))
	switch at.Weekday() {
	case time.Saturday:
		at = at.Add(-24 * time.Hour)
	case time.Sunday:
		at = at.Add(-48 * time.Hour)
	}
	if at.Before(from) {
		at = from.Add(time.Minute)
	}
	if at.After(s.now) {
		at = s.now
	}
	return at
}

func pick[T any](s *story, list []T) T { return list[s.rand.IntN(len(list))] }

// findCustomers makes the customers with a contact or two each, a hundred records an entry.
func (s *story) findCustomers(ctx context.Context) error {
	sellers := s.sellers()
	for from := 0; from < customers; from += 50 {
		owner := sellers[from/50%len(sellers)]
		at := s.begin().Add(time.Duration(from) * time.Minute)
		cmd := s.as(owner.id, "record.create", at)
		cmd.Plan = func(tx *workspace.Tx) error {
			for range 50 {
				if err := s.makeCustomer(tx, pick(s, sellers)); err != nil {
					return err
				}
			}
			return nil
		}
		if _, err := s.ws.Commit(ctx, cmd); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) makeCustomer(tx *workspace.Tx, owner member) error {
	name := s.companyName()
	for len(tx.Find(crm.TypeCustomer, "name", name)) > 0 {
		name = s.companyName()
	}
	host := hostOf(name)
	id := tx.NewID()
	fields := crm.Fields{
		"name": name, "kind": "company", "website": "https://" + host,
		"emails": []any{"office@" + host}, "phones": []any{s.phone()},
		"address": map[string]any{"street": fmt.Sprintf("%s %d", pick(s, streets), 1+s.rand.IntN(90)), "city": pick(s, cities)},
		"ownerId": string(owner.id), "departmentId": string(owner.department),
	}
	if err := tx.Create(crm.TypeCustomer, id, fields); err != nil {
		return err
	}
	s.customers[owner.department] = append(s.customers[owner.department], id)
	person := s.personName()
	contact := tx.NewID()
	s.contacts[id] = contact
	return tx.Create(crm.TypeContact, contact, crm.Fields{
		"name": person, "customerId": string(id), "jobTitle": pick(s, titles),
		"emails": []any{mailName(person) + "@" + host}, "phones": []any{s.phone()},
		"ownerId": string(owner.id), "departmentId": string(owner.department),
	})
}

// step is something that happens to a deal at a moment.
type step struct {
	at time.Time
	do func(context.Context) error
}

// sell lets the deals happen: each is made, moved, edited and talked about over
// the weeks, all of them interleaved as in a real log.
func (s *story) sell(ctx context.Context) error {
	var steps []step
	for range deals {
		steps = append(steps, s.deal()...)
	}
	slices.SortStableFunc(steps, func(a, b step) int { return a.at.Compare(b.at) })
	for _, st := range steps {
		if err := st.do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// deal plans the life of one deal.
func (s *story) deal() []step {
	b := s.pipelines[0]
	if n := s.rand.IntN(10); n >= 7 {
		b = s.pipelines[1+n%2]
	}
	owner := pick(s, s.workersOf(b))
	id := crm.NewID(s.now)
	customer := pick(s, s.customers[owner.department])
	at := s.workingTime(s.begin())
	amount := int64(8+s.rand.IntN(160)) * 50_000
	values := map[string]any{
		"title": s.dealTitle(), "customerId": string(customer), "contactId": string(s.contacts[customer]),
		"amount": crm.Money{Amount: amount, Currency: "EUR"}, "ownerId": string(owner.id),
		"departmentId": string(b.department), "pipelineId": string(b.id), "source": pick(s, sources),
		"expectedCloseOn": s.now.AddDate(0, 0, s.rand.IntN(90)-10).Format(time.DateOnly),
	}
	if s.rand.IntN(4) > 0 {
		values["nextStep"] = pick(s, nextSteps)
		values["nextStepOn"] = s.now.AddDate(0, 0, s.rand.IntN(14)-3).Format(time.DateOnly)
	}
	d := &life{story: s, id: id, board: b, owner: owner}
	steps := []step{{at, func(ctx context.Context) error {
		_, err := s.records.Create(ctx, s.as(owner.id, "record.create", at), records.CreateArgs{Type: crm.TypeDeal, ID: id, Values: values})
		d.version = 1
		return err
	}}}
	return append(steps, d.events(at, amount)...)
}

// life is one deal as it goes along.
type life struct {
	story   *story
	id      crm.ID
	board   board
	owner   member
	version uint64
}

// events are what happens after the deal was made at from.
func (d *life) events(from time.Time, amount int64) []step {
	s := d.story
	var steps []step
	at := from
	stage := 0
	for range s.rand.IntN(5) {
		at = s.workingTime(at)
		when := at
		switch n := s.rand.IntN(10); {
		case n < 6 && stage < len(d.board.stages)-1:
			stage++
			if d.board.stages[stage].kind == "won" && s.rand.IntN(3) == 0 {
				stage++ // lost instead
			}
			to := d.board.stages[stage]
			steps = append(steps, step{when, func(ctx context.Context) error { return d.move(ctx, when, to) }})
			if to.kind != "open" {
				return steps
			}
		case n < 8:
			amount = amount * int64(85+s.rand.IntN(35)) / 100
			money := crm.Money{Amount: amount / 1000 * 1000, Currency: "EUR"}
			steps = append(steps, step{when, func(ctx context.Context) error { return d.price(ctx, when, money) }})
		default:
			text := pick(s, remarks)
			steps = append(steps, step{when, func(ctx context.Context) error { return d.say(ctx, when, text) }})
		}
	}
	return steps
}

func (d *life) move(ctx context.Context, at time.Time, to stage) error {
	reason := ""
	if to.kind == "lost" {
		reason = pick(d.story, d.board.lostReasons)
	}
	_, err := d.story.pipes.Move(ctx, d.story.as(d.owner.id, "deal.move", at), pipeline.MoveArgs{
		ID: d.id, BasedOn: d.version, StageID: to.id, LostReason: reason,
	})
	d.version++
	return err
}

func (d *life) price(ctx context.Context, at time.Time, m crm.Money) error {
	r, err := d.story.records.Edit(ctx, d.story.as(d.owner.id, "record.edit", at), records.EditArgs{
		ID: d.id, BasedOn: d.version, Values: map[string]any{"amount": m},
	})
	if r.Offset != 0 {
		d.version++
	}
	return err
}

func (d *life) say(ctx context.Context, at time.Time, text string) error {
	_, err := d.story.records.AddComment(ctx, d.story.as(d.owner.id, "comment.add", at), records.CommentArgs{
		ID: crm.NewID(at), RecordID: d.id, Text: text,
	})
	return err
}
