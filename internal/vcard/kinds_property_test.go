package vcard_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// wild are lines as clients write them in one version: iOS and macOS, DAVx5, kSync, Google, Outlook, Evolution.
var wild = map[string][]string{
	vcard.V3: {
		"PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ", "PHOTO;VALUE=uri:https://x/y.png", "PHOTO;X-ABCROP-RECTANGLE=ABClipRect_1&0&0&1&1&a==;ENCODING=b;TYPE=PNG:iVBORw0KGgo=",
		"LOGO;TYPE=GIF;ENCODING=BASE64:R0lGOD", "SOUND;VALUE=URI:cid:x", "KEY;ENCODING=b:Zm9v", "KEY;TYPE=PGP:text of a key",
		"TEL;type=CELL;type=VOICE;type=pref:+1 555", "TEL;type=HOME:2", "item1.TEL:3|item1.X-ABLabel:Cottage", "TEL;TYPE=\"work,fax\":4", "TEL;VALUE=uri:tel:+1-555",
		"EMAIL;type=INTERNET;type=HOME;type=pref:a@b", "item2.EMAIL;type=INTERNET:c@d|item2.X-ABLabel:_$!<Other>!$_",
		"IMPP;X-SERVICE-TYPE=Jabber;type=HOME;type=pref:xmpp:a@b", "X-JABBER;type=HOME;type=pref:a@b", "X-AIM:c", "X-SKYPE-USERNAME:d",
		"X-SOCIALPROFILE;type=twitter;x-user=u:https://twitter.com/u", "item9.X-SOCIALPROFILE;type=pref:x-apple:u|item9.X-ABLabel:Site",
		"X-ANDROID-CUSTOM:vnd.android.cursor.item/relation;Jo;14;;;;;;;;;;;;;", "X-ANDROID-CUSTOM;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:a;=C3=A9;1",
		"item3.X-ABDATE;type=pref:2009-08-08|item3.X-ABLabel:_$!<Anniversary>!$_", "item3.X-ABDATE;X-APPLE-OMIT-YEAR=1604:1604-08-08|item3.X-ABLabel:_$!<Anniversary>!$_",
		"item3.X-ABDATE;VALUE=date-and-or-time:2009-08-08|item3.X-ABLabel:First met", "X-ANNIVERSARY:2009-08-08", "X-ANNIVERSARY;X-APPLE-OMIT-YEAR=1604:1604-08-08", "X-EVOLUTION-ANNIVERSARY:2009-08-08",
		"ANNIVERSARY:2009-08-08", "BDAY:1996-04-15", "BDAY;X-APPLE-OMIT-YEAR=1604;VALUE=date:1604-05-12", "BDAY;VALUE=date:--05-12", "BDAY:--0512", "BDAY:19960415", "X-BDAY:1996", "BDAY:1996-04-15T00:00:00Z",
		"BDAY;VALUE=date-time:1996-04-15T10:22:00-08:00",
		"X-GENDER:Male", "GENDER:F", "X-KADDRESSBOOK-X-SpouseName:Jo", "X-SPOUSE:Jo",
		"X-ADDRESSBOOKSERVER-KIND:group|X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a|X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:b", "X-ABShowAs:COMPANY", "KIND:individual",
		"item4.X-ABRELATEDNAMES;type=pref:Jo|item4.X-ABLabel:_$!<Spouse>!$_", "item5.X-ABRELATEDNAMES:Al|item5.X-ABLabel:_$!<Mother>!$_", "item6.X-ABRELATEDNAMES:Al|item6.X-ABLabel:Boss",
		"item4.X-ABRELATEDNAMES:Jo|item4.X-ABLabel:_$!<Child>!$_", "RELATED;TYPE=spouse;VALUE=text:Jo", "AGENT;VALUE=uri:urn:uuid:x", "AGENT:Jo",
		"ADR;type=HOME;type=pref:;;1 St;X;;;|item7.X-ABADR:us", "item7.ADR;type=WORK:;;2 St;Y;;;|item7.X-ABADR:de", "ADR;TYPE=dom:;;3;;;;|LABEL;TYPE=dom:3\\nX", "LABEL;TYPE=home;LANGUAGE=de;X-A=b:4", "LABEL:5",
		"ADR;TYPE=home:;;a;;;;|LABEL;TYPE=home;LANGUAGE=de:6", "GEO:46.77;-71.28", "GEO;TYPE=work:46.77;-71.28", "TZ:-05:00", "TZ;VALUE=text:-05:00; EST", "TZ:Europe/Paris",
		"SORT-STRING:Doe", "SORT-STRING;LANGUAGE=de:Doe", "X-PHONETIC-FIRST-NAME:x", "CLASS:PRIVATE", "MAILER:m", "NICKNAME:a,b\\,c", "CATEGORIES:a,b", "ORG:Acme\\;Co;Dep", "NOTE;LANGUAGE=en:a\\nb",
		"REV:1995-10-31T22:27:10Z", "REV;VALUE=date:1995-10-31", "UID:urn:uuid:x", "URL;type=HOME:http://x", "item8.URL:http://y|item8.X-ABLabel:_$!<HomePage>!$_", "X-MAIDENNAME:M", "X-HOBBY:chess",
	},
	vcard.V4: {
		"PHOTO:data:image/jpeg;base64,/9j/4AAQ", "PHOTO;PREF=1;TYPE=home:https://x/y.png", "PHOTO;MEDIATYPE=image/png;ALTID=1:https://x/y.png", "LOGO;LANGUAGE=de;ALTID=1:data:image/x-odd;base64,Zm9v",
		"PHOTO;VALUE=uri:y.png", "SOUND:data:audio/ogg;base64,Zm9v", "KEY;VALUE=text:a", "KEY;MEDIATYPE=application/pgp-keys:ftp://x/y", "PHOTO:data:,ab",
		"TEL;VALUE=uri;PREF=1;TYPE=\"voice,home\":tel:+1-555;ext=5", "TEL;TYPE=cell;PREF=100:2", "TEL;TYPE=work;PID=1.1,2.1:3", "g1.TEL:4|g1.X-ABLABEL:Cottage", "TEL;VALUE=text:tel:5",
		"EMAIL;PREF=2:a@b", "EMAIL;PREF=1;TYPE=work:c@d", "EMAIL;PREF=0:e@f", "EMAIL;PREF=1;TYPE=pref:g@h",
		"IMPP;PREF=1:xmpp:a@b", "IMPP;X-SERVICE-TYPE=Skype;TYPE=home:skype:x", "SOCIALPROFILE;SERVICE-TYPE=Mastodon;USERNAME=\"@a\":https://x/@a", "X-SOCIALPROFILE;TYPE=twitter:https://x",
		"ANNIVERSARY:20090808", "ANNIVERSARY:--0808", "ANNIVERSARY:2009-08", "ANNIVERSARY;VALUE=text:summer 2009", "ANNIVERSARY:20090808T1430-0500", "ANNIVERSARY;CALSCALE=gregorian:20090808", "davdroid1.ANNIVERSARY:20090808",
		"ANNIVERSARY;ALTID=1:20090808|ANNIVERSARY;ALTID=1;VALUE=text;LANGUAGE=de:Sommer",
		"BDAY:19960415", "BDAY:--0415", "BDAY:1996", "BDAY:---15", "BDAY:T102200", "BDAY;VALUE=text:circa 1800", "BDAY:19531015T231000Z", "BDAY:1996-04-15", "BDAY;VALUE=date:19960415",
		"BDAY;ALTID=1:19960415|BDAY;ALTID=1;VALUE=text;LANGUAGE=de:Ostern",
		"GENDER:M", "GENDER:O;intersex", "GENDER:;it's complicated", "KIND:org", "KIND:individual", "KIND:group|MEMBER:urn:uuid:a|MEMBER;PREF=1:mailto:b@c", "KIND:location", "KIND:individual|X-ABShowAs:COMPANY", "X-ABShowAs:COMPANY|KIND:group",
		"RELATED;TYPE=spouse;VALUE=text:Jo", "RELATED;TYPE=spouse;VALUE=text;PREF=1:Jo", "RELATED;TYPE=\"friend,co-worker\":urn:uuid:x", "RELATED;TYPE=agent:urn:uuid:x", "RELATED;TYPE=agent;VALUE=text:Jo", "RELATED:urn:uuid:x",
		"RELATED;TYPE=parent;VALUE=text;LANGUAGE=de:Jo", "d1.RELATED;VALUE=text:Jo|d1.X-ABLabel:Boss", "RELATED;TYPE=child;VALUE=uri:urn:uuid:y", "RELATED;VALUE=text;TYPE=friend;TYPE=met:Al",
		"N;SORT-AS=\"Harten,Rene\":van der Harten;Rene;;;", "N;ALTID=1;LANGUAGE=jp:\u5c71\u7530;;;;|N;ALTID=1;LANGUAGE=en:Yamada;;;;", "FN;ALTID=1;LANGUAGE=jp:\u5c71\u7530|FN;ALTID=1;LANGUAGE=en:Yamada",
		"ORG;SORT-AS=\"ABC\":ABC\\, Inc.;North", "TITLE;ALTID=1;LANGUAGE=fr:Patron|TITLE;ALTID=1;LANGUAGE=en:Boss", "LANG;PREF=1:fr", "LANG:en", "XML:<a/>", "CLIENTPIDMAP:1;urn:uuid:x",
		"ADR;TYPE=home;LABEL=\"1 St^nX\";GEO=\"geo:1,2\";TZ=Europe/Paris;CC=de:;;1 St;X;;;", "ADR;PREF=1;ALTID=1:;;2 St;;;;", "ADR;TYPE=home;LABEL=3:;;;;;;", "ADR;TYPE=home;LANGUAGE=de;LABEL=4:;;;;;;", "ADR;LABEL=5;PREF=1:;;5;;;;",
		"GEO:geo:46.77,-71.28", "GEO;PREF=1:geo:1,2;u=3", "TZ:-0500", "TZ;VALUE=utc-offset:-0500", "TZ:Raleigh/North America", "TZ;VALUE=uri:http://x",
		"REV:19951031T222710Z", "UID:urn:uuid:x", "UID;VALUE=text:x", "NOTE;ALTID=1;LANGUAGE=de:a\\nb", "NICKNAME;TYPE=work:Boss", "BIRTHPLACE;VALUE=uri:geo:1,2", "DEATHDATE:2009", "HOBBY;INDEX=1;LEVEL=high:chess",
		"EXPERTISE;LEVEL=expert:x", "X-PHONETIC-LAST-NAME:x", "CREATED:20220705T093412Z", "PRONOUNS;LANGUAGE=en;PREF=1:xe/xir", "X-CLASS:PRIVATE", "FBURL;PREF=1:http://x", "CALURI;MEDIATYPE=text/calendar:http://x",
		"x9.X-ABDATE:20090808|x9.X-ABLabel:First met", "x8.X-ABRELATEDNAMES:Al|x8.X-ABLabel:_$!<Mother>!$_", "SOURCE;PID=1.1:http://x", "PRODID:x",
	},
}

// fullySaid is said, with what allSaid leaves out: labels of Apple's that no property took over, types of relations.
func fullySaid(t *rapid.T, data []byte) (all []string) {
	c, err := vcard.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string][]*contentline.Line{}
	for l := range c.Component.Lines() {
		if l.Group != "" {
			groups[strings.ToLower(l.Group)] = append(groups[strings.ToLower(l.Group)], l)
		}
	}
	for l := range c.Component.Lines() {
		if l.Name == "VERSION" {
			continue
		}
		label, labels := "", groups[strings.ToLower(l.Group)]
		for _, other := range labels {
			if other.Name == "X-ABLABEL" {
				label = contentline.Unescape(other.Value)
			}
		}
		switch strings.TrimPrefix(l.Name, "X-") {
		case "ABRELATEDNAMES", "RELATED", "AGENT":
			types := vcard.Types(l)
			if slices.Contains([]string{"_$!<Child>!$_", "_$!<Friend>!$_", "_$!<Parent>!$_", "_$!<Spouse>!$_"}, label) {
				types = append(types, strings.ToLower(strings.Trim(label, "_$!<>")))
				label = ""
			}
			if l.Name == "AGENT" {
				types = append(types, "agent")
			}
			types = slices.DeleteFunc(types, func(s string) bool { return s == "pref" })
			slices.Sort(types)
			all = append(all, said(l)+"|"+strings.Join(types, ",")+"|"+label)
			continue
		case "ADDRESSBOOKSERVER-KIND", "ADDRESSBOOKSERVER-MEMBER":
			all = append(all, strings.Replace(said(l), "ADDRESSBOOKSERVER-", "", 1)+"|"+label)
			continue
		case "ABDATE", "ANNIVERSARY":
			if label == "_$!<Anniversary>!$_" {
				label = ""
			} else if l.Name == "X-ABDATE" {
				label += " date"
			}
		case "ABLABEL":
			taken := slices.ContainsFunc(labels, func(o *contentline.Line) bool { return o.Name == "X-ABDATE" || o.Name == "X-ABRELATEDNAMES" })
			if taken {
				continue // said by the other line
			}
		}
		all = append(all, said(l)+"|"+label)
	}
	slices.Sort(all)
	return all
}

// TestConvert_WildCardsComeBack: whatever lines a card has together, the other version says them all, and back they are what
// they were.
func TestConvert_WildCardsComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		way := rapid.SampledFrom([][2]string{{vcard.V3, vcard.V4}, {vcard.V4, vcard.V3}}).Draw(t, "way")
		once := map[string]bool{}
		properties := []string{"N:Doe;Jane;;;", "FN:Jane"}
		for _, lines := range rapid.SliceOfNDistinct(rapid.SampledFrom(wild[way[0]]), 1, 7, rapid.ID).Draw(t, "lines") {
			name := strings.FieldsFunc(lines, func(r rune) bool { return r == ';' || r == ':' })[0]
			_, bare, grouped := strings.Cut(name, ".")
			if !grouped {
				bare = name
			}
			if kind := strings.TrimPrefix(bare, "X-"); slices.Contains([]string{"N", "KIND", "GENDER", "BDAY", "ANNIVERSARY", "UID", "SORT-STRING", "ABDATE"}, kind) {
				if kind = strings.Replace(kind, "ABDATE", "ANNIVERSARY", 1); once[kind] {
					continue // at most once in a card
				}
				once[kind] = true
			}
			if bare == "N" {
				properties = properties[1:]
			}
			properties = append(properties, strings.Split(lines, "|")...)
		}
		c, err := vcard.Parse(card(way[0], strings.Join(properties, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		start := c.Serve(way[0])
		there := mustConvertRapid(t, start, way[1])
		back := mustConvertRapid(t, there, way[0])
		if diff := cmp.Diff(fullySaid(t, start), fullySaid(t, back)); diff != "" {
			t.Fatalf("%s\n%s\n%s\n%s", diff, start, there, back)
		}
	})
}

func mustConvertRapid(t *rapid.T, data []byte, version string) []byte {
	c, err := vcard.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.Convert(version)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestConvert_ClientsOwnStyleKeepsWhatIsSaid: a card of 4.0 that a client read as 3.0 and sent back in its own style (other
// order, names of groups, spelling of types) still says in 4.0 what it said.
func TestConvert_ClientsOwnStyleKeepsWhatIsSaid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		once := map[string]bool{}
		properties := []string{"N:Doe;Jane;;;", "FN:Jane"}
		for _, lines := range rapid.SliceOfNDistinct(rapid.SampledFrom(wild[vcard.V4]), 1, 7, rapid.ID).Draw(t, "lines") {
			name := strings.FieldsFunc(lines, func(r rune) bool { return r == ';' || r == ':' })[0]
			if _, bare, grouped := strings.Cut(name, "."); grouped {
				name = bare
			}
			if slices.Contains([]string{"N", "KIND", "GENDER", "BDAY", "ANNIVERSARY", "UID", "ADR", "X-ABShowAs", "X-ABDATE"}, name) {
				if name = strings.Replace(name, "X-ABShowAs", "KIND", 1); once[name] {
					continue // at most once, or only their order tells which label is whose
				}
				once[name] = true
			}
			if name == "N" {
				properties = properties[1:]
			}
			properties = append(properties, strings.Split(lines, "|")...)
		}
		start, err := vcard.Parse(card(vcard.V4, strings.Join(properties, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		read := start.Serve(vcard.V3)
		written := restyle(t, read)
		if diff := cmp.Diff(ungrouped(fullySaid(t, start.Bytes())), ungrouped(fullySaid(t, mustConvertRapid(t, written, vcard.V4)))); diff != "" {
			t.Fatalf("%s\n%s\n%s\n%s", diff, start.Bytes(), written, mustConvertRapid(t, written, vcard.V4))
		}
	})
}

// ungrouped leaves out how groups are called.
func ungrouped(all []string) []string {
	for i, one := range all {
		_, all[i], _ = strings.Cut(one, "|")
	}
	slices.Sort(all)
	return all
}

// restyle writes a card as another program would: sorted by name, types spelt apart or together, in upper or lower case,
// with groups of its own and a REV and PRODID of its own.
func restyle(t *rapid.T, data []byte) []byte {
	c, err := vcard.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	apart, upper := rapid.Bool().Draw(t, "types apart"), rapid.Bool().Draw(t, "upper case")
	prefix := rapid.SampledFrom([]string{"item", "davdroid", "group"}).Draw(t, "groups")
	var lines []*contentline.Line
	groups := map[string]string{}
	for l := range c.Component.Lines() {
		var params []contentline.Param
		var types []string
		for _, p := range l.Params {
			if p.Name != "TYPE" {
				params = append(params, p)
				continue
			}
			for _, v := range p.Values {
				if upper {
					v = strings.ToUpper(v)
				}
				types = append(types, v)
				if apart {
					params = append(params, contentline.Param{Name: "type", Values: []string{v}})
				}
			}
		}
		if !apart && types != nil {
			params = append(params, contentline.Param{Name: "TYPE", Values: types})
		}
		group := l.Group
		if group != "" {
			if groups[group] == "" {
				groups[group] = prefix + string(rune('1'+len(groups)))
			}
			group = groups[group]
		}
		lines = append(lines, contentline.New(group, l.Name, l.Value, params...))
	}
	slices.SortStableFunc(lines, func(a, b *contentline.Line) int {
		if a.Name == "VERSION" || b.Name == "VERSION" {
			return strings.Compare(map[bool]string{true: "0", false: "1"}[a.Name == "VERSION"], map[bool]string{true: "0", false: "1"}[b.Name == "VERSION"])
		}
		return strings.Compare(a.Name, b.Name)
	})
	out := contentline.NewComponent("VCARD")
	for _, l := range lines {
		out.Append(l)
	}
	return out.Bytes()
}
