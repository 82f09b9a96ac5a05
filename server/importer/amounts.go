package importer

import (
	"math/big"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"rapport/server/crm"
)

// currencySigns maps what stands beside an amount to its currency. Signs that
// several currencies share are decided by the workspace's own.
var currencySigns = map[string]string{
	"€": "EUR", "£": "GBP", "₽": "RUB", "руб": "RUB", "р": "RUB", "₴": "UAH", "₸": "KZT", "zł": "PLN", "kč": "CZK",
	"₺": "TRY", "₹": "INR", "₩": "KRW", "₫": "VND", "฿": "THB", "₪": "ILS", "r$": "BRL",
	"us$": "USD", "nt$": "TWD", "nt": "TWD", "hk$": "HKD", "ca$": "CAD", "a$": "AUD", "mx$": "MXN", "s$": "SGD",
	"元": "CNY", "圓": "TWD", "円": "JPY", "rmb": "CNY",
}

var shared = map[string][]string{
	"$": {"USD", "CAD", "AUD", "TWD", "MXN", "SGD", "HKD", "NZD", "CLP", "COP", "ARS"},
	"¥": {"JPY", "CNY"},
}

// number is a written number taken apart.
type number struct {
	negative bool
	digits   string // with '.' and ',' as written, blanks and apostrophes gone
	currency string // "" when it names none
}

// takeApart separates sign, digits and currency. base decides shared signs.
func takeApart(cell, base string) (number, bool) {
	n := number{}
	s := tidy(width.Narrow.String(cell))
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		n.negative, s = true, s[1:len(s)-1]
	}
	var digits, word strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9', r == '.', r == ',':
			digits.WriteRune(r)
		case r == '-' || r == '−':
			// In front of the digits only, and once.
			if n.negative || digits.Len() > 0 {
				return n, false
			}
			n.negative = true
		case r == '+':
			if digits.Len() > 0 || word.Len() > 0 {
				return n, false
			}
		case unicode.IsSpace(r), r == '\'', r == '’', r == '\u066C':
		default:
			word.WriteRune(unicode.ToLower(r))
		}
	}
	n.digits = digits.String()
	text := word.String()
	if text == "руб" || text == "р" {
		n.digits = strings.TrimSuffix(n.digits, ".") // "100 руб."
	}
	if strings.Trim(n.digits, ".,") == "" {
		return n, false
	}
	if text == "" {
		return n, true
	}
	var ok bool
	n.currency, ok = currencyOf(text, base)
	return n, ok
}

func currencyOf(word, base string) (string, bool) {
	if code, ok := currencySigns[word]; ok {
		return code, true
	}
	if codes, ok := shared[word]; ok {
		for _, c := range codes {
			if c == base {
				return c, true
			}
		}
		return codes[0], true
	}
	code := strings.ToUpper(word)
	return code, crm.ValidCurrency(code)
}

// decimalVotes gathers which character separates the decimals of a column.
type decimalVotes struct{ point, comma, open int }

func (v *decimalVotes) add(cell string) {
	n, ok := takeApart(cell, "")
	if !ok {
		return
	}
	switch decimalOf(n.digits) {
	case '.':
		v.point++
	case ',':
		v.comma++
	default:
		if strings.ContainsAny(n.digits, ".,") {
			v.open++
		}
	}
}

// unclear reports that there are numbers with a separator, and that none says
// which one separates the decimals.
func (v *decimalVotes) unclear() bool { return v.open > 0 && v.point == v.comma }

// separator returns the decimal separator of the column: "." unless the values say ",".
func (v *decimalVotes) separator() string {
	if v.comma > v.point {
		return ","
	}
	return "."
}

// decimalOf tells which character separates the decimals of one number; 0 when
// the number alone does not tell: one separator before exactly three digits.
func decimalOf(digits string) byte {
	point, comma := strings.LastIndexByte(digits, '.'), strings.LastIndexByte(digits, ',')
	points, commas := strings.Count(digits, "."), strings.Count(digits, ",")
	switch {
	case points > 0 && commas > 0:
		if point > comma {
			return '.'
		}
		return ','
	case points > 1: // they group thousands, so the other one would be the decimal
		return ','
	case commas > 1:
		return '.'
	case points == 1 && len(digits)-point-1 != 3:
		return '.'
	case commas == 1 && len(digits)-comma-1 != 3:
		return ','
	}
	return 0
}

// plain writes a number with "." before the decimals and no grouping. A group
// of thousands that has not three digits is refused rather than guessed at.
func plain(digits, decimal string) (string, bool) {
	other := ","
	if decimal == "," {
		other = "."
	}
	// A single separator before three digits that is not the column's decimal
	// one groups thousands, in a column of amounts that is all it can be.
	whole, fraction, has := strings.Cut(digits, decimal)
	if strings.Contains(fraction, decimal) {
		return groupedBy(digits, decimal) // 1.234.567 in a column whose decimal is "."
	}
	if strings.Contains(fraction, other) {
		return "", false
	}
	whole, ok := groupedBy(whole, other)
	if !ok || !has {
		return whole, ok
	}
	return whole + "." + fraction, true
}

func groupedBy(whole, separator string) (string, bool) {
	groups := strings.Split(whole, separator)
	for i, g := range groups {
		if i > 0 && len(g) != 3 || i == 0 && len(groups) > 1 && (g == "" || len(g) > 3) {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

// parseMoney reads an amount exactly, in minor units of its currency.
// reason is "" or what is wrong: not_money, too_precise, out_of_range.
func parseMoney(cell, decimal, currency, base string) (m crm.Money, reason string) {
	n, ok := takeApart(cell, base)
	if !ok {
		return m, "not_money"
	}
	text, ok := plain(n.digits, decimal)
	if !ok {
		return m, "not_money"
	}
	m.Currency = currency
	if n.currency != "" {
		m.Currency = n.currency
	}
	whole, fraction, _ := strings.Cut(text, ".")
	places := crm.MinorDigits(m.Currency)
	if strings.TrimRight(fraction[min(places, len(fraction)):], "0") != "" {
		return m, "too_precise"
	}
	fraction = (fraction + "000")[:places]
	minor, ok := new(big.Int).SetString("0"+whole+fraction, 10)
	if !ok || !minor.IsInt64() {
		return m, "out_of_range"
	}
	m.Amount = minor.Int64()
	if n.negative {
		m.Amount = -m.Amount
	}
	return m, ""
}

// parseNumber reads a number and returns it as JSON would write it.
func parseNumber(cell, decimal string) (string, bool) {
	n, ok := takeApart(strings.TrimSuffix(tidy(cell), "%"), "")
	if !ok || n.currency != "" || len(n.digits) > 30 {
		return "", false
	}
	text, ok := plain(n.digits, decimal)
	if !ok {
		return "", false
	}
	whole, fraction, has := strings.Cut(text, ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if has && fraction != "" {
		whole += "." + fraction
	}
	if n.negative {
		whole = "-" + whole
	}
	return whole, true
}
