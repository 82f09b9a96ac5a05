package identity

import "strings"

// agentWord maps a word in a User-Agent header to what a person calls it. The
// first match counts: browsers name their ancestors as well.
type agentWord struct{ word, name string }

var (
	browsers = []agentWord{
		{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"YaBrowser/", "Yandex Browser"}, {"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = []agentWord{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"},
		{"CrOS", "ChromeOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	}
)

// deviceName makes "Firefox on Linux" of a User-Agent header, or "" when it
// says nothing we know. The header itself is not kept: it tells too much.
func deviceName(agent string) string {
	browser, system := firstWord(agent, browsers), firstWord(agent, systems)
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	default:
		return browser + system
	}
}

func firstWord(agent string, words []agentWord) string {
	for _, w := range words {
		if strings.Contains(agent, w.word) {
			return w.name
		}
	}
	return ""
}
