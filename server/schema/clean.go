package schema

import (
	"encoding/json"
	"slices"
	"strings"

	"rapport/server/crm"
)

// Limits of values.
const (
	maxText     = 500                   // characters of a line
	maxLongText = 20_000                // characters
	maxItems    = 50                    // e-mails, phones, choices of one field
	maxMinor    = 1_000_000_000_000_000 // minor units either way: far above any deal, far below overflow of sums
)

// Reasons that values are refused for; catalogue keys "problem.<reason>".
const (
	reasonUnknownField = "unknown_field"
	reasonReadOnly     = "read_only"
	reasonRequired     = "required"
	reasonTooLong      = "too_long"
	reasonTooMany      = "too_many"
	reasonNotText      = "not_text"
	reasonBadText      = "bad_characters"
	reasonNotNumber    = "not_a_number"
	reasonRange        = "out_of_range"
	reasonNotMoney     = "not_money"
	reasonNotDate      = "not_a_date"
	reasonNotTime      = "not_a_time"
	reasonNotChoice    = "not_a_choice"
	reasonNotBool      = "not_yes_or_no"
	reasonNotID        = "not_an_id"
	reasonNotEmail     = "not_an_email"
	reasonNotPhone     = "not_a_phone"
	reasonNotAddress   = "not_an_address"
	reasonNotURL       = "not_a_url"
	reasonTwice        = "duplicate_key"
)

// maxProblems bounds how many refused keys one answer names: a body of 10,000
// wrong keys is answered with the first of them.
const maxProblems = 100

// Clean turns what a client sent into values to store. raw is JSON decoded with
// json.Number; custom fields are nested under "fields" or have flat keys
// "fields.x". null and "" mean "no value": those keys are in unset. Values that
// are crm values already (from an import) pass the same checks.
// Errors: CodeInvalid with every problem in Fields, by key; nothing is returned then.
func (s *Schema) Clean(t crm.RecordType, raw map[string]any) (set crm.Fields, unset []string, err error) {
	set = crm.Fields{}
	problems := map[string]string{}
	one := func(key string, value any) {
		if len(problems) == maxProblems {
			return
		}
		f, known := s.Field(t, key)
		switch {
		case set[key] != nil || slices.Contains(unset, key):
			problems[key] = reasonTwice // nested and flat
		case !known || f.Internal:
			problems[clip(key)] = reasonUnknownField
		case f.ReadOnly:
			problems[key] = reasonReadOnly
		default:
			clean, reason := f.clean(value)
			switch {
			case reason != "":
				problems[key] = reason
			case clean != nil:
				set[key] = clean
			case f.Required:
				problems[key] = reasonRequired
			default:
				unset = append(unset, key)
			}
		}
	}
	for key, value := range raw {
		nested, isMap := value.(map[string]any)
		if key+"." != crm.CustomPrefix || !isMap {
			one(key, value)
			continue
		}
		for custom, v := range nested {
			one(crm.CustomPrefix+custom, v)
		}
	}
	if len(problems) > 0 {
		return nil, nil, &crm.Error{Code: crm.CodeInvalid, Reason: "invalid", Message: "some values cannot be stored", Fields: problems}
	}
	return set, unset, nil
}

// Missing returns the keys of required fields without a value.
func (s *Schema) Missing(t crm.RecordType, fields crm.Fields) []string {
	var missing []string
	for _, f := range s.fields[t] {
		if f.Required && !f.Internal && fields[f.Key] == nil {
			missing = append(missing, f.Key)
		}
	}
	return missing
}

// clip keeps a hostile key from filling the answer that names it.
func clip(key string) string {
	if len(key) > 64 {
		return strings.ToValidUTF8(key[:64], "") + "…"
	}
	return key
}

// clean returns the stored form of a value, nil for "no value", or the reason
// why it is refused.
func (f Field) clean(v any) (clean any, reason string) {
	if v == nil {
		return nil, ""
	}
	if s, ok := v.(string); ok && trimmed(s) == "" {
		return nil, ""
	}
	switch f.Kind {
	case KindText, KindLongText, KindUser, KindDepartment, KindLink, KindEmail, KindPhone, KindURL, KindDate, KindTime, KindChoice:
		s, ok := v.(string)
		if !ok {
			return nil, reasonNotText
		}
		return f.cleanString(s)
	case KindNumber:
		return f.cleanNumber(v)
	case KindMoney:
		return cleanMoney(v)
	case KindBool:
		if b, ok := v.(bool); ok {
			return b, ""
		}
		return nil, reasonNotBool
	case KindChoices, KindEmails, KindPhones:
		return f.cleanList(v)
	case KindAddress:
		return cleanAddress(v)
	default:
		return nil, reasonUnknownField
	}
}

func (f Field) cleanString(s string) (any, string) {
	limit := maxText
	if f.Kind == KindLongText {
		limit = maxLongText
	}
	if reason := checkText(s, limit, f.Kind == KindLongText); reason != "" {
		return nil, reason
	}
	s = trimmed(s)
	switch f.Kind {
	case KindLongText:
		s = strings.ReplaceAll(s, "\r\n", "\n")
	case KindUser, KindDepartment, KindLink:
		if !crm.ID(s).Valid() {
			return nil, reasonNotID
		}
	case KindEmail:
		return cleanEmail(s)
	case KindPhone:
		return cleanPhone(s)
	case KindURL:
		return cleanURL(s)
	case KindDate:
		return cleanDate(s)
	case KindTime:
		return cleanTime(s)
	case KindChoice:
		if !f.hasChoice(s) {
			return nil, reasonNotChoice
		}
	}
	return s, ""
}

func (f Field) hasChoice(key string) bool {
	for _, c := range f.Choices {
		if c.Key == key {
			return true
		}
	}
	return false
}

func (f Field) cleanList(v any) (any, string) {
	items, ok := v.([]any)
	if !ok {
		return nil, reasonNotText
	}
	if len(items) > maxItems {
		return nil, reasonTooMany
	}
	kind := map[Kind]Kind{KindChoices: KindChoice, KindEmails: KindEmail, KindPhones: KindPhone}[f.Kind]
	single := Field{Kind: kind, Choices: f.Choices}
	var list []any
	for _, item := range items {
		clean, reason := single.clean(item)
		if reason != "" {
			return nil, reason
		}
		if clean != nil && !slices.Contains(list, clean) {
			list = append(list, clean)
		}
	}
	if list == nil {
		return nil, ""
	}
	return list, ""
}

func (f Field) cleanNumber(v any) (any, string) {
	number, reason := toNumber(v)
	if reason != "" {
		return nil, reason
	}
	if f.Min != 0 || f.Max != 0 {
		var x float64
		switch n := number.(type) {
		case int64:
			x = float64(n)
		case float64:
			x = n
		}
		if x < float64(f.Min) || x > float64(f.Max) {
			return nil, reasonRange
		}
	}
	return number, ""
}

func cleanMoney(v any) (any, string) {
	var m crm.Money
	switch x := v.(type) {
	case crm.Money:
		m = x
	case map[string]any:
		amount, isNumber := x["amount"].(json.Number)
		currency, isText := x["currency"].(string)
		if !isNumber || !isText || len(x) != 2 {
			return nil, reasonNotMoney
		}
		minor, err := amount.Int64()
		if err != nil {
			return nil, reasonNotMoney
		}
		m = crm.Money{Amount: minor, Currency: currency}
	default:
		return nil, reasonNotMoney
	}
	if !crm.ValidCurrency(m.Currency) {
		return nil, reasonNotMoney
	}
	if m.Amount > maxMinor || m.Amount < -maxMinor {
		return nil, reasonRange
	}
	return m, ""
}
