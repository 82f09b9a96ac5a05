package importer

import (
	"context"

	"rapport/server/crm"
	"rapport/server/wire"
)

// Look is one look at the imports that stand still.
func (s *Service) Look(ctx context.Context) error { return s.look(ctx) }

// Run runs an import on this node, whoever else does.
func (s *Service) Run(id crm.ID) { s.launch(id) }

// ReadTable reads a file as the analysis does, for tests of the reading alone.
func ReadTable(raw []byte, encoding string) (headers []string, rows [][]string, used string, err error) {
	d, err := decode(raw, encoding)
	if err != nil {
		return nil, nil, "", err
	}
	l, err := findLayout(d.text, "", -1, func(string) string { return "" })
	if err != nil {
		return nil, nil, "", err
	}
	r := reading{text: d.text, layout: l}
	err = r.each(func(_ int, cells []string) error {
		rows = append(rows, append([]string(nil), cells...))
		return nil
	})
	return l.headers, rows, d.encoding, err
}

// Scan reads all rows of a text.
func Scan(text string, delimiter byte) (rows [][]string, err error) {
	err = scan(text, delimiter, func(_ int, cells []string) error {
		rows = append(rows, append([]string(nil), cells...))
		return nil
	})
	return rows, err
}

// DateOrderOf decides the order of a column of dates.
func DateOrderOf(cells ...string) wire.DateOrder {
	var v dateVotes
	for _, c := range cells {
		v.add(c)
	}
	return v.order()
}

// DecimalOf decides the decimal separator of a column of amounts.
func DecimalOf(cells ...string) string {
	var v decimalVotes
	for _, c := range cells {
		v.add(c)
	}
	return v.separator()
}

// The parts under test that need no wrapper.
var (
	ParseDate     = parseDate
	ParseMoney    = parseMoney
	ParseNumber   = parseNumber
	CleanFileName = cleanFileName
	GuessStage    = guessStage
)

// Runs reports whether this node runs an import, or is about to.
func (s *Service) Runs(id crm.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.here[id]
}
