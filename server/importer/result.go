package importer

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// finish keeps the result file and closes the import. It may be called again,
// and by two nodes at once: the file that the import names belongs to the run
// that closed it.
func (r *run) finish(ctx context.Context, state wire.ImportState, problem string) error {
	if err := r.findTouched(ctx); err != nil {
		return err
	}
	if r.o == nil { // nothing was read
		_, err := r.close(ctx, state, problem, "")
		return err
	}
	files, ws := r.s.ws.Files(), r.s.ws.ID()
	content := r.resultFile()
	sum := sha256.Sum256(content)
	// Named by its content, so that no run writes over what another one tells.
	result := derivedID(r.id, "result", hex.EncodeToString(sum[:]))
	err := patiently(ctx, func() error {
		if err := files.PutFile(ctx, ws, result, bytes.NewReader(content)); err != nil {
			return workspace.StoreError(err, "the result could not be kept")
		}
		return nil
	})
	if err != nil {
		return err
	}
	rec, err := r.close(ctx, state, problem, result)
	if err != nil {
		return err
	}
	// What was imported holds more than that, and nothing needs it any more;
	// neither does anything the result of a run that came too late.
	needless := []crm.ID{r.id}
	if rec.Fields.ID(keyResult) != result {
		needless = append(needless, result)
	}
	for _, file := range needless {
		if err := files.DeleteFile(ctx, ws, file); err != nil {
			r.s.log.Warn("file of an import not removed", "importId", string(r.id), "error", err)
		}
	}
	return nil
}

// close writes how the import ended, unless that is written already, and returns
// the record as it stands then; the zero Record if somebody threw it away.
func (r *run) close(ctx context.Context, state wire.ImportState, problem string, result crm.ID) (crm.Record, error) {
	err := patiently(ctx, func() error {
		_, err := r.s.ws.Commit(ctx, workspace.Command{Name: "import.finish", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
			rec, ok := tx.Lookup(crm.TypeImport, r.id)
			if !ok || !r.mayClose(rec) {
				return nil
			}
			return tx.Edit(r.id, r.ending(rec, state, problem, result), nil)
		}})
		return err
	})
	if err != nil && ctx.Err() != nil {
		return crm.Record{}, ctx.Err()
	}
	return r.tellEnd(state), err
}

// mayClose reports whether nobody has closed the import yet. A cancelled one
// waits for the counts of a run that had begun before.
func (r *run) mayClose(rec crm.Record) bool {
	switch stateOf(rec) {
	case wire.ImportRunning:
		return true
	case wire.ImportCancelled:
		return r.o != nil && !rec.Fields.Has(keyCounts)
	default:
		return false
	}
}

// ending returns what an import keeps of its run. A cancel that came after the
// last row stands.
func (r *run) ending(rec crm.Record, state wire.ImportState, problem string, result crm.ID) crm.Fields {
	if stateOf(rec) == wire.ImportCancelled {
		state, problem = wire.ImportCancelled, ""
	}
	set := crm.Fields{keyState: string(state), keyCounts: countFields(r.counts)}
	if problem != "" {
		set[keyProblem] = problem
	}
	if result != "" {
		set[keyResult] = string(result)
	}
	if r.touched != "" {
		set[keyTouched] = string(r.touched)
	}
	return set
}

// findTouched finds a record that the import wrote. What an earlier run of it
// completed, or one on another node, is in the log only.
func (r *run) findTouched(ctx context.Context) error {
	if r.touched = cmp.Or(r.touched, r.prepared()); r.touched != "" {
		return nil
	}
	return patiently(ctx, func() error {
		parts, err := r.s.ws.Group(ctx, r.id)
		if err != nil || len(parts) == 0 {
			return err
		}
		first, err := r.s.ws.Entry(ctx, parts[0])
		for _, op := range first.Ops { // of what was prepared there is no deal
			if r.touched == "" || op.Type == crm.TypeDeal {
				r.touched = op.ID
			}
		}
		return err
	})
}

// tellEnd tells the importer's screens how his import ended: as its record says,
// whoever wrote that.
func (r *run) tellEnd(state wire.ImportState) (rec crm.Record) {
	counts := r.counts
	r.s.ws.Peek(func(st *workspace.State) {
		var ok bool
		if rec, ok = st.Lookup(crm.TypeImport, r.id); !ok {
			return
		}
		r.actor.UserID = rec.Fields.ID(crm.KeyOwner) // a run that failed early does not know him
		if stateOf(rec) != wire.ImportRunning {
			v := view(st, rec)
			state, counts = v.State, v.Counts
		}
	})
	r.tell(state, counts)
	return rec
}

// A result file holds JSON documents: the head, then one for each row, in the
// order of the imported file.
type resultHead struct {
	Headers []string `json:"headers"`
	Cells   int      `json:"cells"` // of the widest row
}

// resultRow is what became of a row; a refused one comes with its cells, so that
// it can be mended and imported again.
type resultRow struct {
	wire.ImportOutcome
	Source []string `json:"source,omitempty"`
}

func (r *run) resultFile() []byte {
	head := resultHead{Headers: r.o.reading.layout.headers}
	head.Cells = len(head.Headers)
	for i := range r.outcomes {
		head.Cells = max(head.Cells, len(r.outcomes[i].source))
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	_ = enc.Encode(head) // a buffer takes everything
	for i := range r.outcomes {
		o := &r.outcomes[i]
		_ = enc.Encode(resultRow{
			ImportOutcome: wire.ImportOutcome{
				Row: o.row, Fate: o.fate, DealID: string(o.deal), Title: o.title, Problems: r.misfitsOf(o),
			},
			Source: o.source,
		})
	}
	return out.Bytes()
}

func (r *run) misfitsOf(o *outcome) []wire.ImportMisfit {
	var list []wire.ImportMisfit
	if o.reason != "" {
		list = append(list, wire.ImportMisfit{Problem: o.reason})
	}
	for _, c := range o.cells {
		misfit := wire.ImportMisfit{Problem: c.reason}
		if c.column >= 0 {
			misfit.Column = cmp.Or(r.o.reading.layout.headers[c.column], r.o.reading.columns[c.column].to)
			if c.column < len(o.source) {
				misfit.Text = short(o.source[c.column])
			}
		}
		list = append(list, misfit)
	}
	return slices.Compact(list)
}

// readResult calls each for the rows of the person's import until it returns
// false. The rights of this moment count: a deal that he may not see any more is
// not named.
// Errors: CodeNotFound (also: there is no result yet), CodeUnavailable.
func (s *Service) readResult(ctx context.Context, by crm.Actor, id crm.ID, each func(resultHead, resultRow) bool) (crm.Record, error) {
	rec, _, err := s.load(ctx, by, id)
	if err != nil {
		return rec, err
	}
	result := rec.Fields.ID(keyResult)
	if result == "" {
		return rec, workspace.NotFound()
	}
	file, err := s.ws.Files().OpenFile(ctx, s.ws.ID(), result)
	if errors.Is(err, synclog.ErrNotFound) {
		return rec, workspace.NotFound()
	}
	var head resultHead
	if err == nil {
		defer file.Close() //nolint:errcheck // read only
		dec := json.NewDecoder(bufio.NewReader(file))
		err = dec.Decode(&head)
		for more := true; more && err == nil; {
			var row resultRow
			if err = dec.Decode(&row); err == nil {
				if row.DealID != "" && !s.sees(by.UserID, crm.ID(row.DealID)) {
					row.DealID = ""
				}
				more = each(head, row)
			}
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return rec, workspace.StoreError(err, "the result cannot be read")
	}
	return rec, nil
}

// sees tells whether a person may see a record now.
func (s *Service) sees(person, id crm.ID) (may bool) {
	s.ws.Peek(func(st *workspace.State) {
		rec, ok := st.Get(id)
		may = ok && st.Can(person, access.ActionSee, rec) != 0
	})
	return may
}

// Fates are what can become of a row.
var Fates = []string{fateCreated, fateMatched, fateRefused}

// RowsArgs ask for a page of the rows of an import.
type RowsArgs struct {
	Fate  string // one of Fates; "" = all
	After int    // rows with a higher number only
	Limit int    // rows at most, from 1
}

// Rows returns what became of the rows of the person's import.
// Errors: CodeNotFound (also: there is no result yet), CodeInvalid.
func (s *Service) Rows(ctx context.Context, by crm.Actor, id crm.ID, a RowsArgs) (wire.ImportRows, error) {
	if a.Fate != "" && !slices.Contains(Fates, a.Fate) {
		return wire.ImportRows{}, crm.Invalid("fate", "not_a_choice")
	}
	page := wire.ImportRows{Rows: []wire.ImportOutcome{}}
	_, err := s.readResult(ctx, by, id, func(_ resultHead, row resultRow) bool {
		if row.Row <= a.After || a.Fate != "" && row.Fate != a.Fate {
			return true
		}
		if len(page.Rows) == a.Limit {
			page.Next = page.Rows[len(page.Rows)-1].Row
			return false
		}
		page.Rows = append(page.Rows, row.ImportOutcome)
		return true
	})
	return page, err
}

// Result returns the rows of the person's import as a CSV file that any
// spreadsheet may open, and names it for him.
// Errors: CodeNotFound (also: there is none yet), CodeUnavailable.
func (s *Service) Result(ctx context.Context, by crm.Actor, id crm.ID) (name string, file []byte, err error) {
	var out bytes.Buffer
	out.WriteString("\xEF\xBB\xBF") // spreadsheets take UTF-8 for something else without it
	w := csv.NewWriter(&out)
	write := func(width int, line []string) {
		for len(line) < width {
			line = append(line, "")
		}
		for i := range line {
			line[i] = Inert(line[i])
		}
		_ = w.Write(line) // a buffer takes everything
	}
	columns := []string{"row", "result", "deal", "title", "problems"}
	begun := false
	rec, err := s.readResult(ctx, by, id, func(head resultHead, row resultRow) bool {
		width := len(columns) + head.Cells
		if !begun {
			begun = true
			write(width, append(slices.Clone(columns), head.Headers...))
		}
		write(width, append([]string{itoa(row.Row), row.Fate, row.DealID, row.Title, problemsOf(row)}, row.Source...))
		return true
	})
	w.Flush()
	base := rec.Fields.String(keyName)
	if dot := strings.LastIndexByte(base, '.'); dot > 0 {
		base = base[:dot]
	}
	return base + "-result.csv", out.Bytes(), err
}

// problemsOf writes "amount: not_money; row: forbidden".
func problemsOf(row resultRow) string {
	list := make([]string, len(row.Problems))
	for i, p := range row.Problems {
		list[i] = cmp.Or(p.Column, "row") + ": " + p.Problem
	}
	return strings.Join(list, "; ")
}
