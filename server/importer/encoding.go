package importer

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wlynxg/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"rapport/server/crm"
)

// choosable lists the encodings a person can choose, by their WHATWG names.
var choosable = []string{
	"utf-8", "windows-1252", "windows-1251", "koi8-r", "ibm866", "windows-1250", "windows-1253", "windows-1254",
	"iso-8859-2", "iso-8859-5", "macintosh", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr",
	"utf-16le", "utf-16be", "utf-32le", "utf-32be",
}

// detectorNames translates the names of the detector where the WHATWG ones differ.
// Latin-1 reads as windows-1252, as in every browser: the bytes in which the
// two differ are control characters that nobody writes.
var detectorNames = map[string]string{
	"ISO-8859-1": "windows-1252", "GB2312": "gb18030", "CP949": "euc-kr", "CP932": "shift_jis", "MacRoman": "macintosh",
}

// decoded is a file as text.
type decoded struct {
	text      string
	encoding  string
	sure      bool     // a byte order mark, or valid UTF-8
	encodings []string // that can be chosen, the most likely first
}

// decode turns a file into text. want names the encoding that the person chose;
// "" detects it. What cannot be read without doubtful characters is refused:
// nothing garbled is ever stored.
// Errors: CodeInvalid with reason encoding_unknown, encoding_wrong, broken_utf8,
// not_text, workbook or not_a_table.
func decode(raw []byte, want string) (decoded, error) {
	if len(raw) == 0 {
		return decoded{}, refuse("file_empty", "the file is empty")
	}
	if reason := otherKind(raw); reason != "" {
		return decoded{}, refuse(reason, "the file is not a table in text form")
	}
	if name, size := byteOrderMark(raw); name != "" && (want == "" || want == name) {
		return decodeAs(raw[size:], name, true)
	}
	if want != "" {
		if !slices.Contains(choosable, want) {
			return decoded{}, crm.Invalid("settings.encoding", "not_a_choice")
		}
		return decodeAs(raw, want, true)
	}
	if name := wideByZeros(raw); name != "" {
		return decodeAs(raw, name, false)
	}
	if utf8.Valid(raw) {
		return decodeAs(raw, "utf-8", true)
	}
	if row := brokenUTF8(raw); row > 0 {
		return decoded{}, refuseRow("broken_utf8", row, "the text is UTF-8 but damaged in row %d", row)
	}
	for _, name := range likely(raw) {
		if d, err := decodeAs(raw, name, false); err == nil {
			return d, nil
		}
	}
	return decoded{}, refuse("encoding_unknown", "the encoding of the file is not known")
}

func decodeAs(raw []byte, name string, sure bool) (decoded, error) {
	enc, err := encodingOf(name)
	if err != nil {
		return decoded{}, err
	}
	text := raw
	if enc != nil {
		if text, err = enc.NewDecoder().Bytes(raw); err != nil {
			return decoded{}, refuse("encoding_wrong", "the file is not in the encoding "+name)
		}
	}
	if !utf8.Valid(text) || enc != nil && garbled(text) {
		return decoded{}, refuse("encoding_wrong", "the file is not in the encoding "+name)
	}
	if zeros := bytes.Count(text, []byte{0}); zeros > 0 && zeros*20 > len(text) {
		return decoded{}, refuse("not_text", "the file is not a text file")
	}
	all := append([]string{name}, slices.DeleteFunc(slices.Clone(choosable), func(n string) bool { return n == name })...)
	return decoded{text: string(text), encoding: name, sure: sure, encodings: all}, nil
}

// encodingOf returns nil for UTF-8, which needs no decoder.
func encodingOf(name string) (encoding.Encoding, error) {
	switch name {
	case "utf-8":
		return nil, nil //nolint:nilnil // no decoder is needed
	case "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), nil
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), nil
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), nil
	case "utf-32be":
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), nil
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		return nil, crm.Invalid("settings.encoding", "not_a_choice")
	}
	return enc, nil
}

// garbled reports characters that a right decoding of a table does not yield:
// the replacement character, and the control characters U+0080 to U+009F.
func garbled(text []byte) bool {
	if bytes.ContainsRune(text, utf8.RuneError) {
		return true
	}
	for i := 0; i+1 < len(text); i++ {
		if text[i] == 0xC2 && text[i+1] >= 0x80 && text[i+1] <= 0x9F {
			return true
		}
	}
	return false
}

// byteOrderMark returns the encoding a file announces, and the mark's length.
func byteOrderMark(raw []byte) (string, int) {
	for _, m := range []struct{ mark, name string }{
		{"\xEF\xBB\xBF", "utf-8"},
		{"\xFF\xFE\x00\x00", "utf-32le"}, // before UTF-16, whose mark it begins with
		{"\x00\x00\xFE\xFF", "utf-32be"},
		{"\xFF\xFE", "utf-16le"},
		{"\xFE\xFF", "utf-16be"},
	} {
		if bytes.HasPrefix(raw, []byte(m.mark)) {
			return m.name, len(m.mark)
		}
	}
	return "", 0
}

// wideByZeros recognises UTF-16 and UTF-32 without a mark: the separators and
// line ends of any table are ASCII, so that zeros pile up in fixed places.
func wideByZeros(raw []byte) string {
	sample := raw[:min(len(raw), 4096)&^3]
	if len(sample) < 8 {
		return ""
	}
	var zeros [4]int
	for i, b := range sample {
		if b == 0 {
			zeros[i%4]++
		}
	}
	quarter := len(sample) / 4
	many := func(n int) bool { return n*10 > quarter*3 }
	few := func(n int) bool { return n*50 <= quarter }
	switch {
	case many(zeros[1]) && many(zeros[2]) && many(zeros[3]) && few(zeros[0]):
		return "utf-32le"
	case many(zeros[0]) && many(zeros[1]) && many(zeros[2]) && few(zeros[3]):
		return "utf-32be"
	case many(zeros[1]) && many(zeros[3]) && few(zeros[0]) && few(zeros[2]):
		return "utf-16le"
	case many(zeros[0]) && many(zeros[2]) && few(zeros[1]) && few(zeros[3]):
		return "utf-16be"
	}
	return ""
}

// brokenUTF8 returns the line of the first damage when the file is clearly
// meant as UTF-8, else 0. Reading it as anything else would garble the rest.
func brokenUTF8(raw []byte) int {
	good, bad, first := 0, 0, 0
	for i := 0; i < len(raw); {
		if raw[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && size == 1 {
			if bad == 0 {
				first = 1 + bytes.Count(raw[:i], []byte{'\n'})
			}
			bad++
		} else {
			good++
		}
		i += size
	}
	if good >= 3 && good > 4*bad {
		return first
	}
	return 0
}

// likely asks the detector, by the lines that tell encodings apart.
func likely(raw []byte) []string {
	var names []string
	add := func(name string) {
		if name = strings.ToLower(name); slices.Contains(choosable, name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, r := range chardet.DetectAll(telling(raw)) {
		if other, ok := detectorNames[r.Encoding]; ok {
			add(other)
		} else {
			add(r.Encoding)
		}
	}
	add("windows-1252")
	return names
}

// telling gathers lines with bytes above ASCII, up to 64 kB: detectors are slow
// and learn nothing from the others.
func telling(raw []byte) []byte {
	var sample []byte
	for line := range bytes.Lines(raw) {
		if slices.ContainsFunc(line, func(b byte) bool { return b >= utf8.RuneSelf }) {
			if sample = append(sample, line...); len(sample) > 64<<10 {
				return sample[:64<<10]
			}
		}
	}
	return sample
}

// otherKinds are the beginnings of files that people take for tables, in capitals.
var otherKinds = map[string][]string{
	"workbook":    {"PK\x03\x04", "\xD0\xCF\x11\xE0"},
	"not_a_table": {"BEGIN:VCARD", "BEGIN:VCALENDAR", "<?XML", "<!DOCTYPE", "<HTML", "{\\RTF", "%PDF-"},
	"not_text":    {"\x1F\x8B", "MZ\x90", "\x7FELF", "\x89PNG", "GIF8", "\xFF\xD8\xFF", "RAR!", "7Z\xBC\xAF", "SQLITE FORMAT 3"},
}

// otherKind says why a file is none of delimited text; "" if it may be.
func otherKind(raw []byte) string {
	begins := bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\xEF\xBB\xBF")), " \t\r\n")
	begins = bytes.Clone(begins[:min(len(begins), 20)])
	for i, b := range begins {
		if 'a' <= b && b <= 'z' { // bytes.ToUpper would take other bytes for characters
			begins[i] = b - 'a' + 'A'
		}
	}
	for reason, marks := range otherKinds {
		for _, mark := range marks {
			if bytes.HasPrefix(begins, []byte(mark)) {
				return reason
			}
		}
	}
	return ""
}

// refuse makes the error for a file that cannot be read at all.
func refuse(reason, message string) error {
	return &crm.Error{Code: crm.CodeInvalid, Reason: reason, Message: message}
}

func refuseRow(reason string, row int, format string, args ...any) error {
	e := crm.Errorf(crm.CodeInvalid, reason, format, args...)
	e.Params = map[string]string{"row": strconv.Itoa(row)}
	return e
}
