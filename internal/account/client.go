package account

import "strings"

// family is one row of the tables by which User-Agents are recognised.
type family struct{ mark, name string }

// apps are looked for first, in this order: what names itself precisely
// stands before what it is built on.
func apps() []family {
	return []family{
		{"ksync/", "kSync"}, {"davx5", "DAVx5"}, {"thunderbird", "Thunderbird"}, {"evolution", "Evolution"},
		{"gnome-online-accounts", "GNOME"}, {"akonadi", "KDE"}, {"dav-resource", "KDE"}, {"vdirsyncer", "vdirsyncer"},
		{"caldavsynchronizer", "Outlook"}, {"tasks.org", "Tasks.org"}, {"jtx", "jtx Board"},
		{"dataaccessd", "iOS"}, {"accountsd", "Apple"}, {"remindd", "Apple"}, {"calendaragent", "macOS"}, {"addressbookcore", "macOS"}, {"macos/", "macOS"}, {"mac os x/", "macOS"}, {"ios/", "iOS"},
		{"okhttp", "Android app"}, {"curl/", "curl"}, {"go-http-client", "Go program"}, {"python", "Python program"},
	}
}

func browsers() []family {
	return []family{
		{"edg", "Edge"}, {"opr/", "Opera"}, {"samsungbrowser", "Samsung Internet"}, {"firefox", "Firefox"}, {"fxios", "Firefox"},
		{"; wv)", "App"}, {"crios", "Chrome"}, {"chrome", "Chrome"}, {"safari", "Safari"},
	}
}

func systems() []family {
	return []family{
		{"android", "Android"}, {"iphone", "iPhone"}, {"ipad", "iPad"}, {"windows", "Windows"}, {"mac os", "macOS"},
		{"cros", "ChromeOS"}, {"linux", "Linux"}, {"bsd", "BSD"},
	}
}

// Client names the program of a User-Agent as recent activity does, without its
// version, so that an update is no new device: "DAVx5", "Firefox on Windows".
// Unknown ones keep their first word; "" for none.
func Client(agent string) string {
	lower := strings.ToLower(agent)
	if name := firstMark(apps(), lower); name != "" {
		return name
	}
	browser, system := firstMark(browsers(), lower), firstMark(systems(), lower)
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "" || system != "":
		return browser + system
	}
	word, _, _ := strings.Cut(agent, "/")
	word, _, _ = strings.Cut(word, " ")
	return printable(word[:min(len(word), 40)])
}

// Family is one of a short list of names, for counting: the app or browser of a
// User-Agent, "other" for what is not known, "none" for none. Nothing that a
// client invents is in it.
func Family(agent string) string {
	lower := strings.ToLower(agent)
	for _, table := range [][]family{apps(), browsers()} {
		if name := firstMark(table, lower); name != "" {
			return name
		}
	}
	if agent == "" {
		return "none"
	}
	return "other"
}

func firstMark(table []family, agent string) string {
	for _, f := range table {
		if strings.Contains(agent, f.mark) {
			return f.name
		}
	}
	return ""
}
