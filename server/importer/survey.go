package importer

import (
	"strconv"

	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/wire"
)

const (
	samplesPerColumn = 3
	sampleChars      = 80
)

// survey is what one pass over the whole file tells.
type survey struct {
	total   int
	samples [][]string
	stages  []wire.ImportStage  // as written, in the order of first appearance, with Rows
	owners  []wire.ImportPerson // the same
}

// surveyFile reads the file once: it counts, gathers stages and owners, and
// decides the order of dates and the decimal separator of columns for which
// nobody chose one. It writes these into r.columns.
func surveyFile(r *reading) (*survey, error) {
	s := &survey{samples: make([][]string, len(r.columns))}
	dates, decimals := make([]dateVotes, len(r.columns)), make([]decimalVotes, len(r.columns))
	stageAt, ownerAt := map[string]int{}, map[string]int{}
	err := r.each(func(row int, cells []string) error {
		if s.total++; s.total > MaxRows {
			return refuseRow("too_many_rows", row, "the file has more than %d rows", MaxRows)
		}
		for i := range min(len(cells), len(r.columns)) {
			cell := tidy(cells[i])
			if cell == "" {
				continue
			}
			if len(s.samples[i]) < samplesPerColumn {
				s.samples[i] = append(s.samples[i], short(oneLine(cell)))
			}
			switch c := &r.columns[i]; {
			case c.to == toStage:
				if name := oneLine(cell); !tooLong(name) { // a row with such a one is refused
					s.addStage(stageAt, name)
				}
			case c.to == toOwner:
				s.addOwner(ownerAt, oneLine(cell))
			case c.field.Kind == schema.KindDate:
				dates[i].add(cell)
			case c.field.Kind == schema.KindMoney || c.field.Kind == schema.KindNumber:
				decimals[i].add(cell)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range r.columns {
		c := &r.columns[i]
		if c.field.Kind == schema.KindDate && (c.order == "" || c.order == wire.OrderAsk) {
			c.order = dates[i].order()
		}
		if c.decimal == "" && (c.field.Kind == schema.KindMoney || c.field.Kind == schema.KindNumber) {
			c.decimal = decimals[i].separator()
			// Three decimals are too many for most currencies: there only
			// thousands are left.
			c.unsure = decimals[i].unclear() && (c.field.Kind == schema.KindNumber || crm.MinorDigits(r.currency) > 2)
		}
	}
	alignDates(r.columns)
	return s, nil
}

// alignDates lets a column of dates that nobody can read for sure follow the
// others of the file, if these agree: one program wrote them all.
func alignDates(columns []column) {
	agreed := wire.DateOrder("")
	for _, c := range columns {
		if c.order != wire.OrderDMY && c.order != wire.OrderMDY {
			continue
		}
		if agreed != "" && agreed != c.order {
			return
		}
		agreed = c.order
	}
	for i := range columns {
		if columns[i].order == wire.OrderAsk && agreed != "" {
			columns[i].order = agreed
		}
	}
}

func (s *survey) addStage(at map[string]int, name string) {
	key := schema.NormalName(name)
	i, known := at[key]
	if !known {
		i = len(s.stages)
		at[key] = i
		s.stages = append(s.stages, wire.ImportStage{Name: name})
	}
	s.stages[i].Rows++
}

func (s *survey) addOwner(at map[string]int, name string) {
	key := schema.NormalName(name)
	i, known := at[key]
	if !known {
		i = len(s.owners)
		at[key] = i
		s.owners = append(s.owners, wire.ImportPerson{Name: name})
	}
	s.owners[i].Rows++
}

func short(s string) string { return shortTo(s, sampleChars) }

func shortTo(s string, chars int) string {
	if len(s) <= chars {
		return s
	}
	runes := []rune(s)
	if len(runes) <= chars {
		return s
	}
	return string(runes[:chars]) + "…"
}

func itoa(n int) string { return strconv.Itoa(n) }
