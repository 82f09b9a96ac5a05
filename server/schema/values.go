package schema

import (
	"encoding/json"
	"math"
	"net/mail"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers/v2"
)

// checkText refuses what is not clean text: invalid UTF-8, control characters
// (line breaks and tabs are fine in long texts) and more than limit characters.
func checkText(s string, limit int, long bool) (reason string) {
	if len(s) > limit*utf8.UTFMax || utf8.RuneCountInString(s) > limit {
		return reasonTooLong
	}
	if !utf8.ValidString(s) {
		return reasonBadText
	}
	for _, r := range s {
		allowed := long && (r == '\n' || r == '\r' || r == '\t')
		if unicode.IsControl(r) && !allowed {
			return reasonBadText
		}
	}
	return ""
}

// trimmed takes away what cannot be seen at both ends: a name of nothing else is none.
func trimmed(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
}

// maxWhole is the largest whole number that a browser's arithmetic keeps exact.
const maxWhole = 1<<53 - 1

// toNumber keeps whole numbers exact and refuses what is not finite.
func toNumber(v any) (any, string) {
	switch n := v.(type) {
	case int64:
		if n > maxWhole || n < -maxWhole {
			return nil, reasonRange
		}
		return n, ""
	case float64:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, reasonNotNumber
		}
		return n, ""
	case json.Number:
		if i, err := n.Int64(); err == nil {
			return toNumber(i)
		}
		x, err := n.Float64()
		if err != nil {
			return nil, reasonRange
		}
		// 1e3 and 1000.0 are the number 1000.
		if x == math.Trunc(x) && math.Abs(x) <= maxWhole {
			return int64(x), ""
		}
		return x, ""
	default:
		return nil, reasonNotNumber
	}
}

// cleanDate accepts a real calendar date of the years 0001 to 9999.
func cleanDate(s string) (any, string) {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil || d.Year() < 1 {
		return nil, reasonNotDate
	}
	return s, ""
}

func cleanTime(s string) (any, string) {
	t, err := time.Parse(time.RFC3339Nano, s)
	// In UTC the year can be another one, and must still have four digits.
	if t = t.UTC(); err != nil || t.Year() < 1 || t.Year() > 9999 {
		return nil, reasonNotTime
	}
	return t.Format("2006-01-02T15:04:05.000Z07:00"), ""
}

// cleanEmail checks the syntax of RFC 5322's addr-spec, without display name,
// and asks for a domain with a dot or the form people write.
func cleanEmail(s string) (any, string) {
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Address != s || len(s) > 254 {
		return nil, reasonNotEmail
	}
	if at := strings.LastIndexByte(s, '@'); !strings.Contains(s[at:], ".") {
		return nil, reasonNotEmail
	}
	return s, ""
}

// cleanPhone keeps what people write as long as it can be a number: digits and
// the usual separators, an extension. An international number is brought into
// the international form.
func cleanPhone(s string) (any, string) {
	if len(s) > 60 {
		return nil, reasonTooLong
	}
	digits := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			digits++
		} else if !strings.ContainsRune("+-–./() #extEXTдоб., ", r) {
			return nil, reasonNotPhone
		}
	}
	if digits < 3 || digits > 20 {
		return nil, reasonNotPhone
	}
	if strings.HasPrefix(s, "+") {
		if n, err := phonenumbers.Parse(s, ""); err == nil && phonenumbers.IsValidNumber(n) {
			return phonenumbers.Format(n, phonenumbers.INTERNATIONAL), ""
		}
	}
	return s, ""
}

// cleanURL accepts absolute http and https addresses only: others could run
// something when clicked. A bare host gets https.
func cleanURL(s string) (any, string) {
	if !strings.Contains(s, "://") && !strings.ContainsAny(s, " \t") && strings.Contains(s, ".") && !strings.Contains(s, ":") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return nil, reasonNotURL
	}
	return s, ""
}

// addressParts are the lines of an address.
var addressParts = map[string]bool{"street": true, "city": true, "region": true, "postcode": true, "country": true}

func cleanAddress(v any) (any, string) {
	parts, ok := v.(map[string]any)
	if !ok {
		return nil, reasonNotAddress
	}
	clean := map[string]any{}
	for key, value := range parts {
		s, isText := value.(string)
		if !addressParts[key] || (!isText && value != nil) {
			return nil, reasonNotAddress
		}
		if reason := checkText(s, maxText, key == "street"); reason != "" {
			return nil, reason
		}
		if s = strings.TrimSpace(s); s != "" {
			clean[key] = s
		}
	}
	if len(clean) == 0 {
		return nil, ""
	}
	return clean, ""
}
