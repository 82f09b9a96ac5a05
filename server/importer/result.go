package importer

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// finish keeps the result file and closes the import. It may be called again.
func (r *run) finish(ctx context.Context, state wire.ImportState, problem string) error {
	if r.o == nil { // nothing was read
		return r.close(ctx, state, problem, "")
	}
	result := derivedID(r.id, "result", "")
	files, ws := r.s.ws.Files(), r.s.ws.ID()
	var written error
	for pause := retryFirst; ; pause = min(2*pause, retryLast) {
		if written = files.PutFile(ctx, ws, result, bytes.NewReader(r.resultFile())); written == nil {
			break
		}
		if !sleep(ctx, pause) {
			return ctx.Err()
		}
	}
	if err := r.close(ctx, state, problem, result); err != nil {
		return err
	}
	// It holds more than what was imported, and nothing needs it any more.
	if err := files.DeleteFile(ctx, ws, r.id); err != nil {
		r.s.log.Warn("file of an import not removed", "importId", string(r.id), "error", err)
	}
	return nil
}

func (r *run) close(ctx context.Context, state wire.ImportState, problem string, result crm.ID) error {
	set := crm.Fields{keyCounts: countFields(r.counts)}
	if problem != "" {
		set[keyProblem] = problem
	}
	if result != "" {
		set[keyResult] = string(result)
	}
	if touched := cmp.Or(r.touched, r.prepared()); touched != "" {
		set[keyTouched] = string(touched)
	}
	for pause := retryFirst; ; pause = min(2*pause, retryLast) {
		_, err := r.s.ws.Commit(ctx, workspace.Command{Name: "import.finish", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
			rec, ok := tx.Lookup(crm.TypeImport, r.id)
			if !ok {
				return nil // thrown away meanwhile
			}
			// A cancel that came after the last row changes nothing any more.
			set[keyState] = string(state)
			if stateOf(rec) == wire.ImportCancelled {
				set[keyState], state = string(wire.ImportCancelled), wire.ImportCancelled
			}
			return tx.Edit(r.id, set, nil)
		}})
		if code := crm.CodeOf(err); code != crm.CodeUnavailable && code != crm.CodeUnknown {
			r.report(state)
			return err
		}
		if !sleep(ctx, pause) {
			return ctx.Err()
		}
	}
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
// false.
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
				more = each(head, row)
			}
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return rec, workspace.StoreError(err, "the result cannot be read")
	}
	return rec, nil
}

// RowsArgs ask for a page of the rows of an import.
type RowsArgs struct {
	Fate  string // created, matched or refused; "" = all
	After int    // rows with a higher number only
	Limit int
}

// Rows returns what became of the rows of the person's import.
// Errors: CodeNotFound (also: there is no result yet), CodeInvalid.
func (s *Service) Rows(ctx context.Context, by crm.Actor, id crm.ID, a RowsArgs) (wire.ImportRows, error) {
	if !slices.Contains([]string{"", fateCreated, fateMatched, fateRefused}, a.Fate) {
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
