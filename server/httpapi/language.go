package httpapi

import "golang.org/x/text/language"

// bestLanguage returns which of ours a reader wants who sends this
// Accept-Language; the first of ours when he wants none of them, "" when there
// is none. Our Chinese is for readers of both scripts: those of the other read
// it before they read English. The app decides in the same way.
func bestLanguage(accept string, ours []string) string {
	if len(ours) == 0 {
		return ""
	}
	wanted, _, _ := language.ParseAcceptLanguage(accept) // what cannot be read wants nothing
	for _, want := range wanted {
		for _, tag := range ours {
			if sameLanguage(want, language.Make(tag)) {
				return tag
			}
		}
	}
	return ours[0]
}

func sameLanguage(a, b language.Tag) bool {
	first, _ := a.Base()
	second, _ := b.Base()
	return first == second
}
