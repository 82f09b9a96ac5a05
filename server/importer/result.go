package importer

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/width"

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
	if r.first != "" {
		set[keyFirst] = string(r.first)
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

// resultFile lists what became of each row. Refused ones come with their cells,
// so that they can be mended and imported again.
func (r *run) resultFile() []byte {
	var out bytes.Buffer
	out.WriteString("\xEF\xBB\xBF") // spreadsheets take UTF-8 for something else without it
	w := csv.NewWriter(&out)
	headers := r.o.reading.layout.headers
	cells := len(headers) // of the widest row
	for i := range r.outcomes {
		cells = max(cells, len(r.outcomes[i].source))
	}
	line := append([]string{"row", "result", "deal", "title", "problems"}, headers...)
	write := func() {
		for len(line) < 5+cells {
			line = append(line, "")
		}
		for i := range line {
			line[i] = Inert(line[i])
		}
		_ = w.Write(line) // a buffer takes everything
	}
	write()
	for i := range r.outcomes {
		o := &r.outcomes[i]
		line = append(line[:0], itoa(o.row), o.fate, string(o.deal), o.title, r.problemsOf(o))
		line = append(line, o.source...)
		write()
	}
	w.Flush()
	return out.Bytes()
}

// problemsOf writes "amount: not_money; row: forbidden".
func (r *run) problemsOf(o *outcome) string {
	var list []string
	if o.reason != "" {
		list = append(list, "row: "+o.reason)
	}
	for _, c := range o.cells {
		name := "row"
		if c.column >= 0 {
			name = r.o.reading.columns[c.column].to
			if header := r.o.reading.layout.headers[c.column]; header != "" {
				name = header
			}
		}
		list = append(list, name+": "+c.reason)
	}
	return strings.Join(slices.Compact(list), "; ")
}

// Result opens the result file of the person's import and names it for him.
// The caller closes it.
// Errors: CodeNotFound (also: there is none yet).
func (s *Service) Result(ctx context.Context, by crm.Actor, id crm.ID) (name string, file io.ReadCloser, err error) {
	rec, _, err := s.load(ctx, by, id)
	if err != nil {
		return "", nil, err
	}
	result := rec.Fields.ID(keyResult)
	if result == "" {
		return "", nil, workspace.NotFound()
	}
	file, err = s.ws.Files().OpenFile(ctx, s.ws.ID(), result)
	if errors.Is(err, synclog.ErrNotFound) {
		return "", nil, workspace.NotFound()
	}
	if err != nil {
		return "", nil, workspace.StoreError(err, "the result cannot be read")
	}
	base := rec.Fields.String(keyName)
	if dot := strings.LastIndexByte(base, '.'); dot > 0 {
		base = base[:dot]
	}
	return base + "-result.csv", file, nil
}

// harmless matches what a spreadsheet may well read as a number or shows as it
// is: negative amounts and phone numbers.
var harmless = regexp.MustCompile(`^[+-]?[0-9][0-9 .,()/-]*$|^[+-]?[.,][0-9]+$|^-$`)

// behindSeparator matches a formula that begins where a program with another
// separator would begin a cell.
var behindSeparator = regexp.MustCompile(`([;,\t\r\n|]["'\s]*)([=+\-@＝＋－＠])`)

// Inert returns a cell that no spreadsheet takes for a formula: one that would
// begin with = + - @ | or a control character – also behind blanks, quotes and
// invisible characters, and in full-width forms – gets an apostrophe in front.
func Inert(cell string) string {
	if harmless.MatchString(cell) {
		return cell
	}
	cell = behindSeparator.ReplaceAllStringFunc(cell, func(hit string) string {
		m := behindSeparator.FindStringSubmatch(hit)
		return m[1] + "'" + m[2]
	})
	first := strings.TrimLeftFunc(cell, func(r rune) bool { return blank(r) || r == '"' || r == '\'' || r < ' ' || r == 0x7F })
	if first == "" {
		return cell
	}
	begins := width.Narrow.String(string([]rune(first)[0]))
	if strings.ContainsAny(begins, "=+-@|%") || cell[0] < ' ' {
		return "'" + cell
	}
	return cell
}
