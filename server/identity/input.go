package identity

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapport/server/crm"
	"rapport/server/schema"
)

// Languages the app speaks, as BCP 47 tags.
var Languages = []string{"en", "ru", "es", "zh-Hant"}

const maxName = 200 // characters

// checkName returns a name without surrounding space.
// Errors: CodeInvalid about field.
func checkName(field, name string) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return "", crm.Invalid(field, "required")
	case utf8.RuneCountInString(name) > maxName:
		return "", crm.Invalid(field, "too_long")
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", crm.Invalid(field, "control_character")
	}
	return name, nil
}

// checkEmail returns an address as it was typed, without surrounding space.
func checkEmail(email string) (string, error) {
	email = strings.TrimSpace(email)
	parsed, err := mail.ParseAddress(email)
	// ParseAddress also takes "Ana <ana@…>", comments and line breaks.
	if err != nil || parsed.Address != email || len(email) > 254 || strings.ContainsFunc(email, unicode.IsSpace) {
		return "", crm.Invalid("email", "not_an_email")
	}
	return email, nil
}

func normalEmail(email string) string { return schema.NormalEmail(email) }

// checkLanguage returns lang, or "en" for none.
func checkLanguage(lang string) (string, error) {
	if lang == "" {
		return Languages[0], nil
	}
	if !slices.Contains(Languages, lang) {
		return "", crm.Invalid("language", "not_a_choice")
	}
	return lang, nil
}
