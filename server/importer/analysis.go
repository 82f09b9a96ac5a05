package importer

import (
	"context"
	"errors"
	"slices"
	"strings"

	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/wire"
	"rapport/server/workspace"
)

const (
	previewRows    = 20
	forecastRows   = 500 // looked up under one lock of the workspace
	maxProblems    = 50
	maxPeopleShown = 100
)

// opened is a file ready to be imported.
type opened struct {
	decoded decoded
	reading *reading
	survey  *survey
	target  *target
	set     wire.ImportSettings // with everything that was recognised filled in
	priors  []crm.ID            // earlier imports of the very same file by the same person, oldest first
}

// open reads a file by the given settings.
// Errors: CodeInvalid, CodeForbidden.
func (s *Service) open(ctx context.Context, by crm.ID, rec crm.Record, raw []byte, set wire.ImportSettings) (*opened, error) {
	o := &opened{set: set}
	var err error
	if o.decoded, err = decode(raw, set.Encoding); err != nil {
		return nil, err
	}
	var fields *schema.Schema
	base := ""
	err = s.ws.Read(ctx, nil, func(st *workspace.State) error {
		fields = st.Schema()
		st.Each(crm.TypeWorkspace, func(ws crm.Record) bool {
			base = ws.Fields.String("currency")
			return false
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if o.reading, err = newReading(o.decoded.text, &o.set, fields, base); err != nil {
		return nil, err
	}
	o.set.Encoding = o.decoded.encoding
	if o.survey, err = surveyFile(o.reading); err != nil {
		return nil, err
	}
	if o.survey.total == 0 {
		return nil, refuse("file_no_rows", "the file has no rows below its header")
	}
	for i, c := range o.reading.columns {
		o.set.Columns[i].DateOrder, o.set.Columns[i].Decimal, o.set.Columns[i].Unsure = c.order, c.decimal, c.unsure
	}
	err = s.ws.Read(ctx, nil, func(st *workspace.State) error {
		o.priors = earlierImports(st, by, rec)
		o.target, err = newTarget(st, by, rec.ID, rec.Fields.String(keyName), o.survey, &o.set)
		return err
	})
	return o, err
}

// newReading finds the table in the text and fills the settings' gaps.
func newReading(text string, set *wire.ImportSettings, fields *schema.Schema, base string) (*reading, error) {
	l, err := findLayout(text, set.Delimiter, set.HeaderRow, fieldOfHeader(fields))
	if err != nil {
		return nil, err
	}
	set.Delimiter, set.HeaderRow = string(l.delimiter), l.headerRow
	if len(set.Columns) == 0 {
		set.Columns = recognise(l.headers, fields)
	}
	set.Columns = append(slices.Clone(set.Columns), make([]wire.ImportColumn, max(0, len(l.headers)-len(set.Columns)))...)[:len(l.headers)]
	if set.Currency == "" {
		set.Currency = base
	}
	if !crm.ValidCurrency(set.Currency) {
		return nil, crm.Invalid("settings.currency", "not_a_currency")
	}
	columns, err := columnsOf(set.Columns, len(l.headers), fields)
	if err != nil {
		return nil, err
	}
	return &reading{text: text, layout: l, columns: columns, schema: fields, currency: set.Currency}, nil
}

func earlierImports(st *workspace.State, by crm.ID, rec crm.Record) []crm.ID {
	var found []crm.ID
	st.Each(crm.TypeImport, func(other crm.Record) bool {
		if other.ID != rec.ID && other.Fields.ID(crm.KeyOwner) == by && stateOf(other) != wire.ImportUploaded &&
			other.Fields.String(keyHash) == rec.Fields.String(keyHash) {
			found = append(found, other.ID)
		}
		return true
	})
	slices.Sort(found)
	return found
}

// analyse shows what an import of the file would do.
func (s *Service) analyse(ctx context.Context, by crm.ID, rec crm.Record, raw []byte, set wire.ImportSettings) (wire.Import, error) {
	o, err := s.open(ctx, by, rec, raw, set)
	if err != nil {
		return wire.Import{}, err
	}
	f := newForecast(o)
	if err := f.run(ctx, s.ws); err != nil {
		return wire.Import{}, err
	}
	var v wire.Import
	err = s.ws.Read(ctx, nil, func(st *workspace.State) error {
		v = view(st, rec)
		return nil
	})
	v.Settings = o.set
	v.Counts.Total = o.survey.total
	if len(o.priors) > 0 {
		v.SameAs = string(o.priors[len(o.priors)-1])
	}
	v.Analysis = &wire.ImportAnalysis{
		Encodings: o.decoded.encodings, Sure: o.decoded.sure,
		Top: o.reading.layout.top, Headers: orEmpty(o.reading.layout.headers), Samples: samplesOf(o.survey),
		Fields: mappable(o.reading.schema), Rows: f.rows, Stages: orEmpty(o.set.Stages), People: orEmpty(o.set.People),
		Forecast: f.sums(), Problems: f.problemList(), Rights: o.target.rights,
	}
	return v, err
}

func samplesOf(s *survey) [][]string {
	samples := make([][]string, len(s.samples))
	for i, list := range s.samples {
		samples[i] = orEmpty(list)
	}
	return samples
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// forecast adds up what the rows of a file would become.
type forecast struct {
	o         *opened
	batch     []*draft
	rows      []wire.ImportRow
	counts    wire.ImportCounts
	external  map[string]bool // of earlier rows
	customers map[string]bool // to be created, by normal name
	contacts  map[string]bool
	completed map[crm.ID]bool // deals that are there and lack a value that a row has
	problems  map[problemKey]*wire.ImportProblem
}

type problemKey struct {
	column int
	reason string
}

func newForecast(o *opened) *forecast {
	return &forecast{
		o: o, rows: []wire.ImportRow{}, external: map[string]bool{}, customers: map[string]bool{},
		contacts: map[string]bool{}, completed: map[crm.ID]bool{}, problems: map[problemKey]*wire.ImportProblem{},
	}
}

func (f *forecast) run(ctx context.Context, ws *workspace.Workspace) error {
	flush := func() error {
		if err := ctx.Err(); err != nil {
			return crm.Errorf(crm.CodeUnavailable, "busy", "the file could not be read in time; try again")
		}
		// Not Read, which may call twice: a row is counted once. How current the state
		// is was made sure of when the file was opened.
		ws.Peek(func(st *workspace.State) {
			for _, d := range f.batch {
				f.add(st, d)
			}
		})
		f.batch = f.batch[:0]
		return nil
	}
	err := f.o.reading.each(func(row int, cells []string) error {
		d := f.o.reading.read(row, cells)
		if f.counts.Total++; f.counts.Total <= previewRows {
			d.cells = slices.Clone(cells)
		}
		if f.batch = append(f.batch, d); len(f.batch) == forecastRows {
			return flush()
		}
		return nil
	})
	return errors.Join(err, flush())
}

func (f *forecast) add(st *workspace.State, d *draft) {
	p := placing{st: st, o: f.o}
	fate := "create"
	p.checkStage(d)
	there := p.match(d)
	switch {
	case len(d.problems) > 0:
		fate = "refuse"
		f.counts.Refused++
		f.addProblems(d)
	case f.external[d.fields.String("externalId")] || there.Version > 0:
		fate = "match"
		f.counts.Matched++
		if there.Version > 0 && len(p.lacks(there, d)) > 0 {
			f.completed[there.ID] = true
		}
	default:
		f.counts.Created++
		f.addNames(st, d)
	}
	if external := d.fields.String("externalId"); external != "" && fate != "refuse" {
		f.external[external] = true
	}
	f.counts.Done++
	if d.cells != nil {
		f.rows = append(f.rows, rowOf(d, fate, len(f.o.reading.columns)))
	}
}

// addNames counts customers and contacts that a new deal brings.
func (f *forecast) addNames(st *workspace.State, d *draft) {
	by := f.o.target.importer
	known := false
	if key := schema.NormalName(d.customer); key != "" && !f.customers[key] {
		if _, known = visibleNamed(st, by, crm.TypeCustomer, d.customer, nil); !known {
			f.customers[key] = true
		}
	}
	if key := contactKey(d); key != "" && !f.contacts[key] {
		if _, ok := findContact(st, by, d); !ok {
			f.contacts[key] = true
		}
	}
}

func (f *forecast) addProblems(d *draft) {
	seen := map[problemKey]bool{}
	for _, p := range d.problems {
		key := problemKey(p)
		if seen[key] {
			continue
		}
		seen[key] = true
		sum := f.problems[key]
		if sum == nil {
			sum = &wire.ImportProblem{Problem: p.reason, FirstRow: d.row}
			if p.column >= 0 {
				sum.Field = f.o.reading.columns[p.column].to
			}
			f.problems[key] = sum
		}
		sum.Rows++
	}
}

func (f *forecast) problemList() []wire.ImportProblem {
	list := make([]wire.ImportProblem, 0, len(f.problems))
	for _, p := range f.problems {
		list = append(list, *p)
	}
	slices.SortFunc(list, func(a, b wire.ImportProblem) int {
		if a.Rows != b.Rows {
			return b.Rows - a.Rows
		}
		return strings.Compare(a.Field+a.Problem, b.Field+b.Problem)
	})
	return list[:min(len(list), maxProblems)]
}

func (f *forecast) sums() wire.ImportForecast {
	people := orEmpty(f.o.target.unknown)
	return wire.ImportForecast{
		Counts: f.counts, Completed: len(f.completed), Customers: len(f.customers), Contacts: len(f.contacts),
		People: people[:min(len(people), maxPeopleShown)], Stages: len(f.o.target.newStages()),
	}
}

// rowOf shows a draft cell by cell.
func rowOf(d *draft, fate string, width int) wire.ImportRow {
	row := wire.ImportRow{Row: d.row, Fate: fate, Cells: make([]wire.ImportCell, width)}
	for i := range row.Cells {
		if i < len(d.cells) {
			row.Cells[i].Text = short(d.cells[i])
		}
		switch v := d.values[i].(type) {
		case nil:
		case crm.Money:
			row.Cells[i].Value = wire.Money{Amount: v.Amount, Currency: v.Currency}
		case string:
			row.Cells[i].Value = short(v)
		default:
			row.Cells[i].Value = v
		}
	}
	for _, p := range d.problems {
		if p.column >= 0 {
			row.Cells[p.column].Problem = p.reason
		} else {
			row.Reason = p.reason
		}
	}
	return row
}
