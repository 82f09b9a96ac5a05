package importer_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"rapport/server/crm"
	"rapport/server/importer"
	"rapport/server/wire"
)

// edgeCases are the public CSV edge cases.
const edgeCases = "csv-edge-cases/"

func TestEdgeCasesEqualTheirExpectedResults(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(publicFolder(), edgeCases, "*.expected.json"))
	if len(files) == 0 {
		t.Skip("the public files are not at hand; TestScan covers the same rules")
	}
	for _, expected := range files {
		name := strings.TrimSuffix(expected, ".expected.json")
		t.Run(filepath.Base(name), func(t *testing.T) {
			var want []map[string]string
			raw, err := os.ReadFile(expected)
			if err == nil {
				err = json.Unmarshal([]byte(strings.ReplaceAll(string(raw), `\r\n`, `\n`)), &want)
			}
			if err != nil {
				t.Fatal(err)
			}
			file, err := os.ReadFile(name + ".csv")
			if err != nil {
				t.Fatal(err)
			}
			// The expected results take the first row for the header whatever it holds.
			rows, err := importer.Scan(string(file), ',')
			if err != nil {
				t.Fatal(err)
			}
			var got []map[string]string
			for _, row := range rows[1:] {
				record := map[string]string{}
				for i, h := range rows[0] {
					record[h] = row[i]
				}
				got = append(got, record)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestPublicFilesInOtherEncodings(t *testing.T) {
	read := func(name string) []byte { return []byte(publicFile(t, edgeCases+name)) }
	_, want, _, err := importer.ReadTable(read("openrefine_example-utf8.tsv"), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"openrefine_example-latin1.tsv", "openrefine_example-utf16be-bom.tsv", "openrefine_example-utf16le-bom.tsv"} {
		_, got, used, err := importer.ReadTable(read(name), "")
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s read as %s: %v %v", name, used, got, err)
		}
	}
	for _, name := range []string{"dataloader_csvtext.csv", "dataloader_csvtext_BOM_UTF8.csv", "dataloader_csvtext_BOM_UTF16BE.csv", "dataloader_csvtext_BOM_UTF16LE.csv"} {
		headers, rows, _, err := importer.ReadTable(read(name), "")
		if err != nil || len(headers) != 3 || len(rows) != 2 {
			t.Errorf("%s: %v %v %v", name, headers, rows, err)
		}
	}
	for _, name := range []string{"dataloader_csvtext_BOM_UTF32BE.csv", "dataloader_csvtext_BOM_UTF32LE.csv"} {
		if _, rows, used, err := importer.ReadTable(read(name), ""); err == nil {
			t.Errorf("%s is malformed but was read as %s: %q", name, used, rows)
		}
	}
	headers, rows, _, err := importer.ReadTable(read("messytables_mixedGLB.csv"), "")
	if err != nil || len(headers) != 19 || len(rows) < 130 {
		t.Errorf("CR line ends: %d headers, %d rows, %v", len(headers), len(rows), err)
	}
}

func TestEncodings(t *testing.T) {
	russian := "Номер;Клиент;Сумма сделки;Ответственный менеджер\n1;ООО «Ромашка»;1 500,50;Мария Петрова\n2;ЗАО «Берёза»;2 000,00;Сергей Иванов\n"
	spanish := "número;cliente;importe;responsable\n1;Compañía Peñalosa;1.500,50;José Núñez\n2;Fábrica de Cañas;2.000,00;Íñigo Martín\n" //nolint:misspell // Spanish
	chinese := "編號,客戶,階段,金額,負責人\n1,台灣積體電路製造股份有限公司,成交,1000,王小明\n2,鴻海精密工業股份有限公司,談判,2000,陳美玲\n"
	encode := func(s string, e interface{ Bytes([]byte) ([]byte, error) }) []byte {
		raw, err := e.Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	wide := func(s string, order unicode.Endianness) []byte {
		return encode(s, unicode.UTF16(order, unicode.IgnoreBOM).NewEncoder())
	}
	for _, row := range []struct {
		rule   string
		raw    []byte
		chosen string
		text   string // the second cell of the first row; "" = refused
		reason string
	}{
		{"UTF-8 is read as it is", []byte(russian), "", "ООО «Ромашка»", ""},
		{"windows-1251 is detected", encode(russian, charmap.Windows1251.NewEncoder()), "", "ООО «Ромашка»", ""},
		{"KOI8-R can be chosen", encode(strings.ReplaceAll(strings.ReplaceAll(russian, "«", ""), "»", ""), charmap.KOI8R.NewEncoder()), "koi8-r", "ООО Ромашка", ""},
		{"windows-1252 is detected", encode(spanish, charmap.Windows1252.NewEncoder()), "", "Compañía Peñalosa", ""},
		{"Big5 is detected", encode(chinese, traditionalchinese.Big5.NewEncoder()), "", "台灣積體電路製造股份有限公司", ""},
		{"UTF-16LE without a mark is told by its zeros", wide("id,customer\n1,Acme\n2,Beta\n", unicode.LittleEndian), "", "Acme", ""},
		{"UTF-16BE without a mark is told by its zeros", wide("id,customer\n1,Acme\n2,Beta\n", unicode.BigEndian), "", "Acme", ""},
		{"half a UTF-8 character is no other encoding", []byte(russian + "3;\xD0"), "", "", "broken_utf8"},
		{"a wrong choice that garbles is refused", []byte(russian), "windows-1252", "", "encoding_wrong"},
		{"a workbook is no table of text", []byte("PK\x03\x04rest"), "", "", "workbook"},
		{"an address card is no table", []byte("\xEF\xBB\xBFbegin:vcard\nFN:Ana, Petrova\n"), "", "", "not_a_table"},
		{"a page is no table", []byte("\n<!doctype html><p>a,b\n1,2\n"), "", "", "not_a_table"},
		{"zeros in every third place are no text", []byte(strings.Repeat("a\x00\x01", 50)), "", "", "not_text"},
		{"an empty file is refused", nil, "", "", "file_empty"},
		{"a name that is no encoding is refused", []byte("a,b\n"), "utf-9", "", "invalid"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			_, rows, used, err := importer.ReadTable(row.raw, row.chosen)
			if row.text == "" {
				if reasonOf(err) != row.reason {
					t.Errorf("read as %s with error %v, want %s", used, err, row.reason)
				}
				return
			}
			if err != nil || len(rows) == 0 || rows[0][1] != row.text {
				t.Errorf("read as %s: %q %v", used, rows, err)
			}
		})
	}
}

func reasonOf(err error) string {
	var e *crm.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func TestScan(t *testing.T) {
	for _, row := range []struct {
		rule string
		text string
		want [][]string
	}{
		{"a quoted cell may hold the separator", "a,\"b,c\"\n", [][]string{{"a", "b,c"}}},
		{"a quoted cell may hold line breaks, kept as LF", "\"a\r\nb\",c\n", [][]string{{"a\nb", "c"}}},
		{"two quotes are one", `"a ""b"" c",d`, [][]string{{`a "b" c`, "d"}}},
		{"a quote inside a cell is a quote", `a"b,c`, [][]string{{`a"b`, "c"}}},
		{"what stands behind a closing quote stays", `"a"b,c`, [][]string{{"ab", "c"}}},
		{"CR alone ends a row", "a,b\rc,d\r", [][]string{{"a", "b"}, {"c", "d"}}},
		{"the last row needs no end", "a,b\nc,d", [][]string{{"a", "b"}, {"c", "d"}}},
		{"an empty line is a row with an empty cell", "a\n\nb\n", [][]string{{"a"}, {""}, {"b"}}},
		{"a separator at the end makes an empty cell", "a,\n", [][]string{{"a", ""}}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			got, err := importer.Scan(row.text, ',')
			if err != nil || !reflect.DeepEqual(got, row.want) {
				t.Errorf("got %q %v, want %q", got, err, row.want)
			}
		})
	}
}

func TestScanRefusesBeforeItAllocates(t *testing.T) {
	for _, row := range []struct {
		rule, text, reason, row string
	}{
		{"a million columns", "a\n" + strings.Repeat(",", 1_000_000), "too_many_columns", "2"},
		{"a quote that never ends", "a,b\nc,\"d\ne,f\n", "unterminated_quote", "2"},
		{"a huge quoted cell", "a\n\"" + strings.Repeat("x", 20<<20), "cell_too_large", "2"},
		{"a huge plain cell", strings.Repeat("x", 1<<20), "cell_too_large", "1"},
		{"too many rows", strings.Repeat("a\n", 200_100), "too_many_rows", "200021"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			_, err := importer.Scan(row.text, ',')
			var e *crm.Error
			if !errors.As(err, &e) || e.Reason != row.reason || e.Params["row"] != row.row {
				t.Errorf("got %v %v", err, e)
			}
		})
	}
}

// [H13]
func TestDates(t *testing.T) {
	for _, row := range []struct {
		cell  string
		order wire.DateOrder
		want  string
	}{
		{"2017-03-01", "ymd", "2017-03-01"},
		{"2017-03-01T23:59:59Z", "", "2017-03-01"},
		{"2017/3/1 10:30", "dmy", "2017-03-01"},
		{"01.03.2017", "dmy", "2017-03-01"},
		{"3/1/2017", "mdy", "2017-03-01"},
		{"1/3/17", "dmy", "2017-03-01"},
		{"2 Mar 2017", "", "2017-03-02"},
		{"March 2, 2017", "", "2017-03-02"},
		{"2017年3月1日", "ymd", "2017-03-01"},
		{"31/02/2017", "dmy", ""},
		{"13/13/2017", "dmy", ""},
		{"3/1/2017", "", ""},
		{"2017-02-29", "ymd", ""},
		{"soon", "ymd", ""},
		{"1-2-3-4", "ymd", ""},
		{"-1/2/2017", "dmy", "2017-02-01"},
		{"99999-01-01", "ymd", ""},
		{"9999-12-31", "ymd", "9999-12-31"},
		{"0000-01-01", "ymd", ""},
		{"31.04.2026", "dmy", ""},
		{"2028-02-29", "ymd", "2028-02-29"},
		{"28.03.2027 02:30", "dmy", "2027-03-28"}, // there is no such time in Madrid, and such a day
		{"2027-03-28 24:00", "ymd", "2027-03-28"}, // the day it ends
		{"115/03/29", "ymd", ""},                  // a Minguo year is not guessed at
		{"民國115年3月29日", "ymd", ""},
	} {
		got, ok := importer.ParseDate(row.cell, row.order)
		if got != row.want || ok != (row.want != "") {
			t.Errorf("%q as %q: %q %v, want %q", row.cell, row.order, got, ok, row.want)
		}
	}
}

func TestDateOrderIsDecidedByTheColumn(t *testing.T) {
	for _, row := range []struct {
		rule  string
		cells []string
		want  wire.DateOrder
	}{
		{"one day above 12 in second place makes all month first", []string{"3/1/2017", "10/20/2016"}, wire.OrderMDY},
		{"one day above 12 in first place makes all day first", []string{"3/1/2017", "20/10/2016"}, wire.OrderDMY},
		{"dots are written day first", []string{"03.01.2017"}, wire.OrderDMY},
		{"slashes that can be read both ways are asked about", []string{"3/1/2017", "5/6/2016"}, wire.OrderAsk},
		{"years in front need no decision", []string{"2017-01-03"}, wire.OrderYMD},
	} {
		if got := importer.DateOrderOf(row.cells...); got != row.want {
			t.Errorf("%s: got %s", row.rule, got)
		}
	}
}

// [H11]
func TestAmountsAreExact(t *testing.T) {
	for _, row := range []struct {
		cell, decimal string
		want          int64
		currency      string
		reason        string
	}{
		{"1054", ".", 105400, "USD", ""},
		{"1,234.50", ".", 123450, "USD", ""},
		{"1.234,50", ",", 123450, "USD", ""},
		{"1 234,5 ₽", ",", 123450, "RUB", ""},
		{"€ 1.234", ",", 123400, "EUR", ""},
		{"NT$1,000", ".", 100000, "TWD", ""},
		{"$0.10", ".", 10, "USD", ""},
		{"(12.00)", ".", -1200, "USD", ""},
		{"−5", ".", -500, "USD", ""},
		{"１２３", ".", 12300, "USD", ""},
		{"1'000.00 CHF", ".", 100000, "CHF", ""},
		{"500 JPY", ".", 500, "JPY", ""},
		{"0.5 JPY", ".", 0, "", "too_precise"},
		{"1.234 KWD", ".", 1234, "KWD", ""},
		{"1.5 KWD", ".", 1500, "KWD", ""},
		{"1.2345 KWD", ".", 0, "", "too_precise"},
		{"1,234.567 KWD", ".", 1234567, "KWD", ""},
		{"1000 HUF", ".", 100000, "HUF", ""},
		{"100 руб.", ".", 10000, "RUB", ""},
		{"0.1", ".", 10, "USD", ""},
		{"90071992547409.93", ".", 9007199254740993, "USD", ""},
		{"1.005", ",", 100500, "USD", ""},
		{"0.125", ".", 0, "", "too_precise"},
		{"NaN", ".", 0, "", "not_money"},
		{"Infinity", ".", 0, "", "not_money"},
		{"1e5", ".", 0, "", "not_money"},
		{"12,34,56", ".", 0, "", "not_money"},
		{"1-2", ".", 0, "", "not_money"},
		{"=1+2", ".", 0, "", "not_money"},
		{strings.Repeat("9", 40), ".", 0, "", "out_of_range"},
	} {
		m, reason := importer.ParseMoney(row.cell, row.decimal, "USD", "USD")
		if reason != row.reason || reason == "" && m != (crm.Money{Amount: row.want, Currency: row.currency}) {
			t.Errorf("%q: %v %q, want %d %s %q", row.cell, m, reason, row.want, row.currency, row.reason)
		}
	}
	if got := importer.DecimalOf("1.000", "2.000,50", "300"); got != "," {
		t.Errorf("a column with 2.000,50 has the decimal separator %q", got)
	}
}

func TestStageNamesTellTheirKind(t *testing.T) {
	for kind, names := range map[string][]string{
		"won":  {"Won", "Closed Won", "Успешно реализовано", "Ganado", "成交"},
		"lost": {"Lost", "Closed Lost", "Проиграна", "Закрыто и не реализовано", "Perdido", "失敗"},
		"open": {"Prospecting", "Engaging", "Переговоры", "Negociación", "談判", "Whatever"},
	} {
		for _, name := range names {
			if got, _ := importer.GuessStage(name); got != kind {
				t.Errorf("%s is %s, want %s", name, got, kind)
			}
		}
	}
}

func TestFileNamesAreMadeHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"../../etc/passwd":        "passwd",
		`C:\Users\me\deals.csv`:   "deals.csv",
		"a\u202Egpj.csv":          "agpj.csv",
		"a\r\nSet-Cookie: x.csv":  "aSet-Cookie x.csv",
		"":                        "import.csv",
		"...":                     "import.csv",
		"сделки.csv":              "сделки.csv",
		strings.Repeat("x", 3000): strings.Repeat("x", 140) + "….csv",
	} {
		if got := importer.CleanFileName(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}

// [D10]
func TestResultCellsAreInert(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+cmd": "'+cmd", "-cmd": "'-cmd", "@SUM(A1)": "'@SUM(A1)", "|calc": "'|calc",
		"  =1+1": "'  =1+1", "\u200b=1": "'\u200b=1", "\"=1": "'\"=1", "＝1+1": "'＝1+1", "\t=1": "'\t'=1", "\x00=1": "'\x00=1",
		"a;=1+1": "a;'=1+1", "a\n=1": "a\n'=1",
		"-1200.50": "-1200.50", "+34 600 123 456": "+34 600 123 456", "Acme": "Acme", "": "", "a=b": "a=b", "-": "-",
	} {
		if got := importer.Inert(in); got != want {
			t.Errorf("%s became %s, want %s", strconv.Quote(in), strconv.Quote(got), strconv.Quote(want))
		}
	}
}
