package importer_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"rapport/server/crm"
	"rapport/server/importer"
	"rapport/server/wire"
)

// FuzzScan: rows that were read, written with all cells in quotes, are read as
// the same rows.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a;b\r\n\"x;y\";2\r\r", "\"a\"\"b\",c", "\"a\nb\"\n", "\"never ends", "\"a\"tail,b", "a\"b\n", "\r\n\n", "\"\"\"\"", "\"a\r\nb\",\"c\rd\"",
	} {
		f.Add(seed, byte(','))
		f.Add(seed, byte(';'))
	}
	f.Fuzz(func(t *testing.T, text string, delimiter byte) {
		if !slices.Contains([]byte{',', ';', '\t', '|'}, delimiter) {
			return
		}
		rows, err := importer.Scan(text, delimiter)
		if err != nil {
			if crm.CodeOf(err) != crm.CodeInvalid {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		var out strings.Builder
		for _, row := range rows {
			for i, cell := range row {
				if i > 0 {
					out.WriteByte(delimiter)
				}
				row[i] = strings.ReplaceAll(cell, "\r\n", "\n") // what CR CR LF in quotes leaves
				out.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
			}
			out.WriteByte('\n')
		}
		if again, err := importer.Scan(out.String(), delimiter); err != nil || !reflect.DeepEqual(again, rows) {
			t.Fatalf("%q, written as %q, are %q: %v", rows, out.String(), again, err)
		}
	})
}

// FuzzTable: a file is refused as one that cannot be read, or it is text, and
// choosing what was recognised changes nothing.
func FuzzTable(f *testing.F) {
	for _, seed := range []string{
		"name;amount\nCaf\xe9;1\n", "name,amount\nЧай,1\n", "\xef\xbb\xbfa,b\n1,2\n", "\xff\xfea\x00,\x00b\x00\n\x00", "a\x00,\x00b\x00\n\x001\x00,\x002\x00",
		"PK\x03\x04", "<html>", "\xcf\xf0\xe8\xe2\xe5\xf2;\xec\xe8\xf0\n", "\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd,1\n", "\xa4\xa4\xa4\xe5,1\n", "", "\x00", "a,b\n\xc3\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		headers, rows, encoding, err := importer.ReadTable(raw, "")
		if err != nil {
			if crm.CodeOf(err) != crm.CodeInvalid {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		for _, cells := range append(slices.Clone(rows), headers) {
			for _, cell := range cells {
				if !utf8.ValidString(cell) {
					t.Fatalf("%q is no text", cell)
				}
			}
		}
		sameHeaders, same, _, err := importer.ReadTable(raw, encoding)
		if err != nil || !reflect.DeepEqual(same, rows) || !slices.Equal(sameHeaders, headers) {
			t.Fatalf("as %s, which was recognised, %q are %q: %v", encoding, rows, same, err)
		}
	})
}

// FuzzMoney: an amount that is read is written the same way again, to the last
// minor unit.
func FuzzMoney(f *testing.F) {
	for _, seed := range []string{
		"1,234.50", "1.234,50 €", "(100)", "-5", "−5", "+5", "¥1,000", "100 руб.", "NT$ 100", "1 000,5", "1'000", "9223372036854775807", "0.001", "1.5.5", "１２３", "EUR 5", "5 XYZ", ".5", "5.",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, cell string, comma bool) {
		decimal := "."
		if comma {
			decimal = ","
		}
		m, reason := importer.ParseMoney(cell, decimal, "EUR", "USD")
		if reason != "" {
			return
		}
		if !crm.ValidCurrency(m.Currency) {
			t.Fatalf("%q is %+v", cell, m)
		}
		if m.Amount == math.MinInt64 {
			t.Fatalf("%q has no opposite", cell)
		}
		places := crm.MinorDigits(m.Currency)
		sign, amount := "", m.Amount
		if amount < 0 {
			sign, amount = "-", -amount
		}
		digits := fmt.Sprintf("%0*d", places+1, amount)
		written := sign + digits[:len(digits)-places]
		if places > 0 {
			written += decimal + digits[len(digits)-places:]
		}
		if again, reason := importer.ParseMoney(m.Currency+" "+written, decimal, "EUR", "USD"); reason != "" || again != m {
			t.Fatalf("%q is %+v, but %q is %+v (%s)", cell, m, written, again, reason)
		}
	})
}

// FuzzNumber: a number that is read is one in JSON, and is read as itself.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"1,234.50", "50 %", "-0", "007", "1.", ".5", "1e5", "(3)", "１２", "1.234.567", "--1", "+-1"} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, cell string, comma bool) {
		decimal := "."
		if comma {
			decimal = ","
		}
		text, ok := importer.ParseNumber(cell, decimal)
		if !ok {
			return
		}
		if !json.Valid([]byte(text)) || strings.ContainsAny(text, "eE[{\"") {
			t.Fatalf("%q is read as %q", cell, text)
		}
		if again, ok := importer.ParseNumber(strings.ReplaceAll(text, ".", decimal), decimal); !ok || again != text {
			t.Fatalf("%q is read as %q, and that as %q", cell, text, again)
		}
	})
}

// FuzzDate: a date that is read exists, and is read as itself in every order.
func FuzzDate(f *testing.F) {
	for _, seed := range []string{"2026-11-24", "24.11.2026", "11/24/2026", "24 Nov 2026", "Nov 24, 2026", "2026年11月24日", "2026-11-24T10:00:00Z", "31.02.2026", "1.1.69", "0000-01-01", "+1/2/2026", "1/2/3 4:5"} {
		for _, order := range []string{"ymd", "dmy", "mdy", "ask"} {
			f.Add(seed, order)
		}
	}
	f.Fuzz(func(t *testing.T, cell, order string) {
		date, ok := importer.ParseDate(cell, wire.DateOrder(order))
		if !ok {
			return
		}
		for _, order := range []wire.DateOrder{wire.OrderYMD, wire.OrderDMY, wire.OrderMDY} {
			if again, ok := importer.ParseDate(date, order); !ok || again != date {
				t.Fatalf("%q is %s, and that, as %s, is %q", cell, date, order, again)
			}
		}
	})
}

// FuzzUploadName: the name of an upload can be shown and kept: one line without
// folders, and no longer when it is cleaned again.
func FuzzUploadName(f *testing.F) {
	for _, seed := range []string{"", "deals.csv", "../../etc/passwd", `C:\x\y.csv`, "a\u202egnp.csv", strings.Repeat("x", 200), "...", "\xff", "a/", " . ", "\u200b.csv"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		clean := importer.CleanFileName(name)
		if clean == "" || !utf8.ValidString(clean) || utf8.RuneCountInString(clean) > 150 || strings.ContainsAny(clean, `/\`) ||
			strings.ContainsFunc(clean, unicode.IsControl) {
			t.Fatalf("%q becomes %q", name, clean)
		}
		if again := importer.CleanFileName(clean); again != clean {
			t.Fatalf("%q becomes %q, and that %q", name, clean, again)
		}
	})
}

// arithmetic matches what can do no harm even as a formula: it names nothing.
var arithmetic = regexp.MustCompile(`^[+-][0-9 .,()/+-]*$`)

// FuzzInert: no spreadsheet takes a cell of ours for a formula, and a cell that
// was made inert stays as it is.
func FuzzInert(f *testing.F) {
	for _, seed := range []string{"", "x", "=1+1", " =1", "\t=1", "'=1", "＝1", "-5", "+49 30", "@a", "a;=1", "\"=1", "|x", "\u200b=1", "%0", "\x00=", "\u00a0\"'=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		if !utf8.ValidString(cell) {
			return // what is read of a file is text
		}
		inert := importer.Inert(cell)
		if !strings.ContainsFunc(inert, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != '"' && r != '\'' }) {
			return // nothing that could be a formula
		}
		if strings.ContainsAny(inert[:1], "=+-@|%\t\r\n") && !arithmetic.MatchString(inert) {
			t.Fatalf("%q becomes %q", cell, inert)
		}
		if strings.ReplaceAll(inert, "'", "") != strings.ReplaceAll(cell, "'", "") {
			t.Fatalf("%q becomes %q", cell, inert)
		}
		var out strings.Builder
		w := csv.NewWriter(&out)
		_ = w.Write([]string{"x", inert})
		w.Flush()
		for _, delimiter := range []byte{',', ';', '\t'} { // whatever the program cuts at
			rows, err := importer.Scan(out.String(), delimiter)
			if err != nil {
				continue
			}
			for _, row := range rows {
				for _, part := range row {
					if part != "" && strings.ContainsAny(part[:1], "=+-@") && !arithmetic.MatchString(part) {
						t.Fatalf("%q becomes %q, of which %q makes %q", cell, inert, delimiter, part)
					}
				}
			}
		}
	})
}

// FuzzSettings: whatever an import is asked to do with its file, it is refused as bad
// input, or it says what it would do; asked with what it answered it answers the
// same. Nothing is written.
func FuzzSettings(f *testing.F) {
	o := newOffice(f)
	v := o.upload("deals.csv", "id,account,product,deal_stage,close_value,close_date,sales_agent\nA1,Harbour,Lamps,Talk,\"1,5\",3/4/2026,Vera\nA2,Quay,Tea,Won,2.000,24.12.2026,ana@example.com\n")
	position := o.ws.Position()
	recognised, err := json.Marshal(v.Settings)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(recognised)
	f.Add([]byte(`{}`))
	for _, change := range []string{
		`"encoding":"utf-7"`, `"encoding":"utf-16le"`, `"delimiter":"ab"`, `"delimiter":"\u0000"`, `"delimiter":";"`, `"headerRow":-1`, `"headerRow":-5`, `"headerRow":2`, `"headerRow":99999`,
		`"columns":[]`, `"columns":[{"field":"order"}]`, `"columns":[{"field":"createdBy"},{"field":"fields.unknown"}]`, `"columns":[{"field":"title"},{"field":"title"}]`,
		`"columns":[{"field":"title"},{"field":"amount","decimal":";"}]`, `"columns":[{},{},{},{},{},{"field":"expectedCloseOn","dateOrder":"zzz"}]`, `"columns":[{},{},{},{},{},{},{},{},{},{"field":"title"}]`,
		`"pipelineId":"nonsense"`, `"pipelineName":"\u0000"`, `"departmentId":"../x"`, `"stages":[{"name":"Talk","stageId":"nowhere","kind":"","probability":-9}]`,
		`"stages":[{"name":"Talk","stageId":"","kind":"paused","probability":900}]`, `"stages":[{"name":"","stageId":""},{"name":"","stageId":""}]`, `"people":[{"name":"Vera","userId":"nobody"}]`,
		`"owners":"everyone"`, `"currency":"ZZZ"`, `"currency":"KWD"`,
	} {
		f.Add([]byte("{" + change + "}"))
		key, _, _ := strings.Cut(change, ":")
		f.Add(regexp.MustCompile(regexp.QuoteMeta(key)+`:("[^"]*"|-?\d+|\[[^\]]*\])`).ReplaceAllLiteral(recognised, []byte(change)))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var asked wire.ImportSettings
		if json.Unmarshal(raw, &asked) != nil {
			return
		}
		shown, err := o.imports.Preview(t.Context(), o.ana, crm.ID(v.ID), asked)
		if o.ws.Position() != position {
			t.Fatalf("%s wrote something", raw)
		}
		if err != nil {
			if code := crm.CodeOf(err); code != crm.CodeInvalid && code != crm.CodeForbidden && code != crm.CodeNotFound {
				t.Fatalf("%s: refused with %v", raw, err)
			}
			return
		}
		again, err := o.imports.Preview(t.Context(), o.ana, crm.ID(v.ID), shown.Settings)
		if err != nil || !reflect.DeepEqual(again.Settings, shown.Settings) || !reflect.DeepEqual(again.Analysis.Forecast, shown.Analysis.Forecast) {
			t.Fatalf("%s is understood as\n%+v\nand that as\n%+v, %v", raw, shown.Settings, again.Settings, err)
		}
	})
}
