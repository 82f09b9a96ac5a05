package schema

import (
	"regexp"
	"strings"

	"rapport/server/crm"
)

// MaxCustomFields is how many custom fields one record type may have.
const MaxCustomFields = 300

var keyPattern = regexp.MustCompile(`^[a-z][A-Za-z0-9_]{0,63}$`)

// CheckKey refuses keys that no field may have: anything but [a-z][A-Za-z0-9_]*
// of at most 64 characters, which rules out "$", dots and blanks, and the names
// that mean something to JavaScript objects.
func CheckKey(key string) error {
	if !keyPattern.MatchString(key) || key == "constructor" || key == "prototype" {
		return crm.Invalid("key", "bad_key")
	}
	return nil
}

// customKinds are the kinds a custom field may have.
var customKinds = map[Kind]bool{
	KindText: true, KindLongText: true, KindNumber: true, KindMoney: true, KindDate: true, KindTime: true,
	KindChoice: true, KindChoices: true, KindBool: true, KindUser: true, KindDepartment: true, KindLink: true,
	KindEmail: true, KindEmails: true, KindPhone: true, KindPhones: true, KindAddress: true, KindURL: true,
}

// ParseDefinition reads a custom field out of the fields of a record of type
// field. Errors: CodeInvalid.
func ParseDefinition(f crm.Fields) (crm.RecordType, Field, error) {
	t := crm.RecordType(f.String("recordType"))
	if !Extensible(t) {
		return "", Field{}, crm.Invalid("recordType", "unknown_type")
	}
	key := f.String("key")
	if err := CheckKey(key); err != nil {
		return "", Field{}, err
	}
	field := Field{
		Key: crm.CustomPrefix + key, Kind: Kind(f.String("kind")),
		Labels: labels(f["labels"]), LinkType: crm.RecordType(f.String("linkType")), Required: f.Bool("required"),
		Why: f.String("why"),
	}
	if !customKinds[field.Kind] {
		return "", Field{}, crm.Invalid("kind", "unknown_kind")
	}
	group, ok := groupByName(f.String("group"))
	if !ok {
		return "", Field{}, crm.Invalid("group", "unknown_group")
	}
	field.Group = group
	var err error
	if field.Choices, err = parseChoices(f["choices"]); err != nil {
		return "", Field{}, err
	}
	if (field.Kind == KindChoice || field.Kind == KindChoices) && len(field.Choices) == 0 {
		return "", Field{}, crm.Invalid("choices", "required")
	}
	return t, field, nil
}

// maxChoices bounds the choices of one field.
const maxChoices = 200

func parseChoices(v any) ([]Choice, error) {
	list, _ := v.([]any)
	if len(list) > maxChoices {
		return nil, crm.Invalid("choices", reasonTooMany)
	}
	var choices []Choice
	seen := map[string]bool{}
	for _, item := range list {
		m, _ := item.(map[string]any)
		key, _ := m["key"].(string)
		if key == "" || key != strings.TrimSpace(key) || seen[key] || checkText(key, maxLabel, false) != "" {
			return nil, crm.Invalid("choices", "bad_choice")
		}
		seen[key] = true
		choices = append(choices, Choice{Key: key, Labels: labels(m["labels"])})
	}
	return choices, nil
}

// Limits of labels.
const (
	maxLabel     = 100 // characters
	maxLanguages = 20
)

// CheckLabels holds what a client sent as labels, language -> text, against the
// limits. Errors: CodeInvalid about field.
func CheckLabels(field string, sent map[string]string) error {
	if len(sent) > maxLanguages {
		return crm.Invalid(field, reasonTooMany)
	}
	for language, label := range sent {
		if !languagePattern.MatchString(language) || strings.TrimSpace(label) == "" {
			return crm.Invalid(field, "bad_label")
		}
		if reason := checkText(label, maxLabel, false); reason != "" {
			return crm.Invalid(field, reason)
		}
	}
	return nil
}

// languagePattern is the shape of a BCP 47 tag.
var languagePattern = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$`)

// groupByName returns the group with a word of crm.GroupNames; "" is standard.
func groupByName(name string) (crm.Groups, bool) {
	if name == "" {
		return crm.GroupStandard, true
	}
	for i, n := range crm.GroupNames {
		if n == name {
			return 1 << i, true
		}
	}
	return 0, false
}

func labels(v any) map[string]string {
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	out := make(map[string]string, len(m))
	for language, label := range m {
		if s, isText := label.(string); isText {
			out[language] = s
		}
	}
	return out
}
