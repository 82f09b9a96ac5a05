package importer

import (
	"errors"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/schema"
	"rapport/server/workspace"
)

// Fates of a row.
const (
	fateCreated = "created"
	fateMatched = "matched"
	fateRefused = "refused"
)

// outcome is what became of a row.
type outcome struct {
	row    int
	fate   string
	deal   crm.ID
	title  string
	wrote  bool          // the deal was created or completed
	reason string        // of a refusal as a whole
	cells  []cellProblem // of a refusal by its cells
	source []string      // the row as it was in the file; of refused ones only
}

const (
	// maxOpsPerRow is what one row may write: customer, contact and deal.
	maxOpsPerRow = 3
	// partOps is how many ops one command of an import has at most: so many that
	// a sync of the store serves many rows, and so few that whoever moves a deal
	// meanwhile waits 20 ms for it.
	partOps = 102
)

// placer writes drafts in one command.
type placer struct {
	placing
	tx     *workspace.Tx
	id     crm.ID // of the import
	orders *orders
	ops    int
}

// full reports whether another row might not fit into the command.
func (p *placer) full() bool { return p.ops+maxOpsPerRow > partOps }

// place writes one draft and says what became of it. A refused row leaves
// nothing behind.
func (p *placer) place(d *draft) outcome {
	out := outcome{row: d.row, title: d.fields.String("title"), deal: derivedID(p.id, "deal", itoa(d.row))}
	if _, made := p.tx.Get(out.deal); made {
		// An earlier run of this import, or one on another node, got that far.
		out.fate, out.wrote = fateCreated, true
		return out
	}
	if len(d.problems) > 0 {
		out.fate, out.deal, out.cells, out.source = fateRefused, "", d.problems, d.cells
		return out
	}
	if found := p.match(d); found.Version > 0 {
		out.fate, out.deal, out.wrote = fateMatched, found.ID, p.complete(found, d)
		return out
	}
	if err := p.create(out.deal, d); err != nil {
		out.fate, out.deal, out.reason, out.source = fateRefused, "", reasonOf(err), d.cells
		return out
	}
	out.fate, out.wrote = fateCreated, true
	return out
}

func reasonOf(err error) string {
	var e *crm.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return "internal"
}

// complete fills in what a deal that is there already lacks, and reports whether
// it lacked anything. It never overwrites.
func (p *placer) complete(rec crm.Record, d *draft) bool {
	set := p.lacks(rec, d)
	if len(set) == 0 || p.tx.Edit(rec.ID, set, nil) != nil {
		return false
	}
	p.ops++
	return true
}

// create authorizes everything first and writes then.
func (p *placer) create(id crm.ID, d *draft) error {
	t := p.o.target
	s, _ := p.stageOf(d)
	fields := d.fields.Clone()
	fields[crm.KeyDepartment] = string(t.department)
	fields[crm.KeyPipeline], fields[crm.KeyStage] = string(t.pipeline), s.ID
	fields[crm.KeyOwner] = string(p.owner(d))
	if s.Kind != pipeline.StageOpen && fields["closedOn"] == nil {
		fields["closedOn"] = p.tx.Now().Format(time.DateOnly) // as for a deal closed by hand
	}
	fields["stageSince"] = p.stageSince(d, s)
	if d.owner != "" && !p.knows(d.owner) && fields["source"] == nil {
		fields["source"] = d.owner // or nothing would tell whose it was
	}
	deal := crm.Record{Type: crm.TypeDeal, ID: id, Version: 1, Fields: crm.Pack(fields)}
	if err := may(p.tx, access.ActionCreate, deal); err != nil {
		return err
	}
	if p.owner(d) != t.importer {
		if _, err := p.tx.Require(access.ActionAssign, deal); err != nil {
			return err
		}
	}
	customer, writeCustomer, err := p.customer(d)
	if err != nil {
		return err
	}
	contact, writeContact, err := p.contact(d, customer)
	if err != nil {
		return err
	}
	for _, write := range []func() error{writeCustomer, writeContact} {
		if write == nil {
			continue
		}
		if err := write(); err != nil {
			return err
		}
		p.ops++
	}
	if customer != "" {
		fields["customerId"] = string(customer)
	}
	if contact != "" {
		fields["contactId"] = string(contact)
	}
	order, err := p.orders.next(s.ID)
	if err != nil {
		return err
	}
	fields["order"] = order
	p.ops++
	return p.tx.Create(crm.TypeDeal, id, fields)
}

// stageSince dates the deal's arrival in its stage by what the file knows:
// closed deals by their closing, open ones by their start.
func (p *placer) stageSince(d *draft, s stage) string {
	on := d.fields.String("startedOn")
	if s.Kind != pipeline.StageOpen {
		on = d.fields.String("closedOn")
	}
	since := on + "T00:00:00.000Z"
	if now := workspace.Timestamp(p.tx.Now()); on == "" || since > now {
		return now
	}
	return since
}

// customer finds the row's customer, or returns how to make it.
func (p *placer) customer(d *draft) (id crm.ID, write func() error, err error) {
	if d.customer == "" {
		return "", nil, nil
	}
	if rec, ok := visibleNamed(p.st, p.o.target.importer, crm.TypeCustomer, d.customer, nil); ok {
		return rec.ID, nil, nil
	}
	id = derivedID(p.id, "customer", schema.NormalName(d.customer))
	fields := crm.Fields{"name": d.customer, crm.KeyOwner: string(p.o.target.importer), crm.KeyDepartment: string(p.o.target.department)}
	return p.make(crm.TypeCustomer, id, fields)
}

func (p *placer) contact(d *draft, customer crm.ID) (id crm.ID, write func() error, err error) {
	key := contactKey(d)
	if key == "" {
		return "", nil, nil
	}
	if rec, ok := findContact(p.st, p.o.target.importer, d); ok {
		return rec.ID, nil, nil
	}
	name := d.contact
	if name == "" {
		name = key[1:] // the e-mail
	}
	fields := crm.Fields{"name": name, crm.KeyOwner: string(p.o.target.importer), crm.KeyDepartment: string(p.o.target.department)}
	if customer != "" {
		fields["customerId"] = string(customer)
	}
	if d.email != nil {
		fields["emails"] = d.email
	}
	if d.phone != nil {
		fields["phones"] = d.phone
	}
	return p.make(crm.TypeContact, derivedID(p.id, "contact", key), fields)
}

// make authorizes a new record and returns how to write it. One that somebody
// has put into the trash meanwhile is not brought back: the deal does without.
func (p *placer) make(t crm.RecordType, id crm.ID, fields crm.Fields) (crm.ID, func() error, error) {
	if rec, ok := p.tx.Get(id); ok {
		if !rec.Exists() {
			return "", nil, nil
		}
		return id, nil, nil
	}
	if err := may(p.tx, access.ActionCreate, crm.Record{Type: t, ID: id, Version: 1, Fields: crm.Pack(fields)}); err != nil {
		return "", nil, err
	}
	return id, func() error { return p.tx.Create(t, id, fields) }, nil
}
