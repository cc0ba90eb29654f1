package assistant

import (
	"fmt"
	"slices"
	"strings"

	"ksync/internal/profile"
	"ksync/store"
)

// Data is one kind of what a device syncs.
type Data string

// The kinds. Tasks go with the calendars' account; the app password tells them apart.
const (
	Contacts  Data = "contacts"
	Calendars Data = "calendars"
	Tasks     Data = "tasks"
	Mail      Data = "mail"
)

// AllData lists the kinds in the order in which people are shown them.
func AllData() []Data { return []Data{Contacts, Calendars, Tasks, Mail} }

// ParseData reads names separated by commas. An unknown one is an error.
func ParseData(s string) ([]Data, error) {
	var all []Data
	for name := range strings.SplitSeq(s, ",") {
		all = append(all, Data(strings.TrimSpace(name)))
	}
	return CleanData(all)
}

// CleanData puts them in order, each once. [ErrData] when there are none, or
// unknown ones.
func CleanData(given []Data) ([]Data, error) {
	for _, d := range given {
		if !slices.Contains(AllData(), d) {
			return nil, fmt.Errorf("%w: %q: want contacts, calendars, tasks or mail", ErrData, d)
		}
	}
	all := slices.DeleteFunc(AllData(), func(d Data) bool { return !slices.Contains(given, d) })
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: choose at least one of contacts, calendars, tasks and mail", ErrData)
	}
	return all, nil
}

// scope is what an app password for that data opens; none for mail alone.
func scope(data []Data) (s store.Scope) {
	for _, d := range data {
		switch d {
		case Contacts:
			s |= store.ContactsRead | store.ContactsWrite
		case Calendars:
			s |= store.CalendarsRead | store.CalendarsWrite
		case Tasks:
			s |= store.TasksRead | store.TasksWrite
		}
	}
	return s
}

func words(data []Data) (out []string) {
	for _, d := range data {
		out = append(out, string(d))
	}
	return out
}

func dataOf(words []string) (out []Data) {
	for _, w := range words {
		out = append(out, Data(w))
	}
	return out
}

// Platform is what a device runs.
type Platform string

// The platforms.
const (
	IPhone  Platform = "iphone"
	IPad    Platform = "ipad"
	Mac     Platform = "mac"
	Vision  Platform = "vision"
	Android Platform = "android"
	Windows Platform = "windows"
	Linux   Platform = "linux"
	Other   Platform = "other"
)

// Platforms lists them in the order in which people are shown them.
func Platforms() []Platform {
	return []Platform{IPhone, IPad, Mac, Vision, Android, Windows, Linux, Other}
}

// Apple reports whether it takes a profile.
func (p Platform) Apple() bool { return slices.Contains([]Platform{IPhone, IPad, Mac, Vision}, p) }

// PlatformOf guesses the platform of a browser. An iPad says that it is a Mac,
// unless it is asked for the mobile page: [Mac] may mean [IPad].
func PlatformOf(agent string) Platform {
	agent = strings.ToLower(agent)
	for _, known := range []struct {
		mark     string
		platform Platform
	}{
		{"iphone", IPhone}, {"ipod", IPhone}, {"ipad", IPad}, {"visionos", Vision}, {"android", Android},
		{"mac os", Mac}, {"macintosh", Mac}, {"windows", Windows}, {"cros", Other}, {"linux", Linux},
	} {
		if strings.Contains(agent, known.mark) {
			return known.platform
		}
	}
	return Other
}

func (p Platform) target() profile.Target {
	switch p {
	case IPhone, IPad:
		return profile.Phone
	case Mac:
		return profile.Mac
	case Vision:
		return profile.Vision
	}
	return profile.AnyDevice
}
