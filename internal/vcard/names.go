package vcard

// renames lists properties that only change their name between the versions. Each side that is not of its version's
// RFC has an X- name.
var renames = []struct{ v4, v3 string }{
	{"KIND", "X-ADDRESSBOOKSERVER-KIND"},     // RFC 6350 §6.1.4; Apple's groups
	{"MEMBER", "X-ADDRESSBOOKSERVER-MEMBER"}, // RFC 6350 §6.6.5
	{"GENDER", "X-GENDER"},                   // RFC 6350 §6.2.7
	{"LANG", "X-LANG"},                       // RFC 6350 §6.4.4
	{"XML", "X-XML"},                         // RFC 6350 §6.1.5
	{"CLIENTPIDMAP", "X-CLIENTPIDMAP"},       // RFC 6350 §6.7.7
	{"RELATED", "X-RELATED"},                 // RFC 6350 §6.6.6; see also label.go
	{"ANNIVERSARY", "X-ANNIVERSARY"},         // RFC 6350 §6.2.6; see also label.go
	{"BIRTHPLACE", "X-BIRTHPLACE"},           // RFC 6474
	{"DEATHPLACE", "X-DEATHPLACE"},
	{"DEATHDATE", "X-DEATHDATE"},
	{"EXPERTISE", "X-EXPERTISE"}, // RFC 6715
	{"HOBBY", "X-HOBBY"},
	{"INTEREST", "X-INTEREST"},
	{"ORG-DIRECTORY", "X-ORG-DIRECTORY"},
	{"CONTACT-URI", "X-CONTACT-URI"}, // RFC 8605
	{"X-CLASS", "CLASS"},             // RFC 2426 §3.7.1, gone in 4.0: RFC 6350 §A.2
	{"X-NAME", "NAME"},
	{"X-MAILER", "MAILER"},
	{"X-PROFILE", "PROFILE"},
	{"X-SORT-STRING", "SORT-STRING"}, // if there is no N to hold it as SORT-AS
}

// renamedParams are parameters that 3.0 does not know: RFC 6350 §5, RFC 6715, RFC 8605.
var renamedParams = []struct{ v4, v3 string }{
	{"ALTID", "X-ALTID"}, {"PID", "X-PID"}, {"CALSCALE", "X-CALSCALE"}, {"MEDIATYPE", xMediatype}, {"SORT-AS", "X-SORT-AS"},
	{"GEO", "X-GEO"}, {"TZ", "X-TZ"}, {"INDEX", "X-INDEX"}, {"LEVEL", "X-LEVEL"}, {"CC", "X-CC"},
}

// single are properties that a card of 4.0 has at most once: a second one keeps its X- name. RFC 6350 §6.
func single(name string) bool {
	switch name {
	case "KIND", "GENDER", "ANNIVERSARY", "BDAY", "BIRTHPLACE", "DEATHPLACE", "DEATHDATE":
		return true
	}
	return false
}
