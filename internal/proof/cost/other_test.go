//go:build unix

package cost_test

import (
	"fmt"
	"strings"
)

func documents() []input {
	const root = `<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"`
	report := func(inside string) string { return root + `><C:filter>` + inside + `</C:filter></C:calendar-query>` }
	cards := func(inside string) string {
		return `<C:addressbook-query xmlns:C="urn:ietf:params:xml:ns:carddav"><C:filter>` + inside + `</C:filter></C:addressbook-query>`
	}
	declarations := params(1000, func(i int) string { return fmt.Sprintf(` xmlns:n%d="urn:%d"`, i, i) })
	return []input{
		{"elements", "<a>" + repeated("<b/>") + "</a>"},
		{"elements of 64 levels", "<a>" + repeated(strings.Repeat("<b>", 60)+strings.Repeat("</b>", 60)) + "</a>"},
		{"levels", repeated("<b>")},
		{"text", "<a>" + repeated("x") + "</a>"},
		{"text of references", "<a>" + repeated("&amp;") + "</a>"},
		{"text of numbers", "<a>" + repeated("&#x41;") + "</a>"},
		{"text between elements", "<a>" + repeated("x<b/>") + "</a>"},
		{"text between comments", "<a>" + repeated("x<!---->") + "</a>"},
		{"text in sections", "<a>" + repeated("<![CDATA[x]]>") + "</a>"},
		{"long text and comments", "<a>" + strings.Repeat("x", size/2) + strings.Repeat("<!---->x", size/16) + "</a>"},
		{"comments", "<a>" + repeated("<!---->") + "</a>"},
		{"one comment", "<a><!--" + repeated("-x") + "--></a>"},
		{"attributes", "<a" + fill(func(i int) string { return fmt.Sprintf(` a%d=""`, i) }) + "/>"},
		{"attributes of elements", "<a>" + repeated(`<b a="" b="" c="" d=""/>`) + "</a>"},
		{"declarations", "<a" + fill(func(i int) string { return fmt.Sprintf(` xmlns:n%d="urn:%d"`, i, i) }) + "/>"},
		{"a declaration on each element", "<a>" + repeated(`<n:b xmlns:n="urn:x"/>`) + "</a>"},
		{"declarations around elements", "<a" + declarations + ">" + repeated("<n999:b/>") + "</a>"},
		{"declarations around elements that use none", "<a" + declarations + ">" + repeated("<b/>") + "</a>"},
		{"declarations around long elements", "<a" + declarations + ">" + repeated("<n1:b>"+strings.Repeat("x", 1000)+"</n1:b>") + "</a>"},
		{"declarations around elements of prefixes", "<a" + declarations + ">" + repeated("<b>"+params(300, func(i int) string { return fmt.Sprintf("n%d:", i) })+"</b>") + "</a>"},
		{"declarations on every level", strings.Repeat("<b"+declarations+">", 30) + strings.Repeat("<n9:c/>", 30_000) + strings.Repeat("</b>", 30)},
		{"declarations of one element that uses them", "<a><b" + params(20_000, func(i int) string { return fmt.Sprintf(` xmlns:n%d="u"`, i) }) + ">" + params(60_000, func(i int) string { return fmt.Sprintf("n%d:", i) }) + "</b><c/></a>"},
		{"colons", "<a>" + repeated("<b>:</b>") + "</a>"},
		{"one name", "<" + repeated("a") + "/>"},
		{"one prefix", "<a xmlns:" + repeated("a") + `="urn:x"/>`},
		{"UTF-16", "\xff\xfe" + wide("<a>"+strings.Repeat("<b/>", size/8)+"</a>")},
		{"filter of components", report(repeated(`<C:comp-filter name="A">`))},
		{"filter of many components", report(`<C:comp-filter name="VCALENDAR">` + repeated(`<C:comp-filter name="A"/>`) + `</C:comp-filter>`)},
		{"filter of many properties", report(`<C:comp-filter name="VCALENDAR">` + repeated(`<C:prop-filter name="A"/>`) + `</C:comp-filter>`)},
		{"filter of a long text", report(`<C:comp-filter name="VCALENDAR"><C:prop-filter name="A"><C:text-match>` + repeated("\u00e9") + `</C:text-match></C:prop-filter></C:comp-filter>`)},
		{"filter of many ranges", report(`<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">` + repeated(`<C:time-range start="20260101T000000Z"/>`) + `</C:comp-filter></C:comp-filter>`)},
		{"filter with a zone", root + "><C:timezone>" + strings.ReplaceAll(zones()[4].text, "<", "&lt;") + "</C:timezone></C:calendar-query>"},
		{"filter of cards", cards(repeated(`<C:prop-filter name="A"/>`))},
		{"filter of texts", cards(`<C:prop-filter name="A">` + repeated(`<C:text-match>a</C:text-match>`) + `</C:prop-filter>`)},
		{"data of many properties", root + "><D:prop><C:calendar-data><C:comp name=\"VCALENDAR\">" + repeated(`<C:prop name="A"/>`) + "</C:comp></C:calendar-data></D:prop></C:calendar-query>"},
		{"hrefs", root + ">" + repeated("<D:href>/dav/a</D:href>") + "</C:calendar-query>"},
	}
}

func jsons() []input {
	property := func(values string) string { return `["vcalendar",[["x-a",{},"text",` + values + `]],[]]` }
	return []input{
		{"arrays in each other", repeated("[")},
		{"objects in each other", repeated(`{"a":`)},
		{"an array", "[" + repeated("0,") + "0]"},
		{"an array of arrays", "[" + repeated("[],") + "0]"},
		{"values", property(repeated(`"",`) + `""`)},
		{"values of a structure", property("[" + repeated(`"",`) + `""]`)},
		{"values of values", property("[" + repeated(`["",""],`) + `""]`)},
		{"one text", property(`"` + repeated("x") + `"`)},
		{"one text of escapes", property(`"` + repeated(`\u000a`) + `"`)},
		{"one text of lone halves", property(`"` + repeated(`\ud800`) + `"`)},
		{"one number", property(repeated("1"))},
		{"one exponent", property("1e" + repeated("9"))},
		{"numbers of exponents", property(repeated("1e300,") + "1")},
		{"white space", repeated(" ")},
		{"properties", `["vcalendar",[` + repeated(`["a",{},"text",""],`) + `["a",{},"text",""]],[]]`},
		{"components", `["vcalendar",[],[` + repeated(`["a",[],[]],`) + `["a",[],[]]]]`},
		{"components in each other", repeated(`["a",[],[`)},
		{"parameters", `["vcalendar",[["a",{` + fill(func(i int) string { return fmt.Sprintf(`"a%d":"",`, i) }) + `"b":""},"text",""]],[]]`},
		{"parameters of many lines", `["vcalendar",[` + repeated(`["a",{`+params(500, func(i int) string { return fmt.Sprintf(`"a%d":"b",`, i) })+`"b":""},"text",""],`) + `["a",{},"text",""]],[]]`},
		{"values of a parameter", `["vcalendar",[["a",{"b":[` + repeated(`"",`) + `""]},"text",""]],[]]`},
		{"one name", `["` + repeated("a") + `",[],[]]`},
		{"rules", `["vcalendar",[` + repeated(`["rrule",{},"recur",{"freq":"DAILY","byday":["MO","TU"]}],`) + `["a",{},"text",""]],[]]`},
		{"a rule of many parts", `["vcalendar",[["rrule",{},"recur",{"freq":"DAILY"` + fill(func(i int) string { return fmt.Sprintf(`,"x%d":1`, i) }) + `}]],[]]`},
		{"a rule of one part", `["vcalendar",[["rrule",{},"recur",{"freq":"DAILY","byhour":[` + repeated("1,") + `1]}]],[]]`},
		{"names", `["vcard",[["version",{},"text","4.0"],["n",{},"text",[` + repeated(`["a","b"],`) + `""]]]]`},
		{"dates", `["vcard",[["version",{},"text","4.0"],` + repeated(`["bday",{},"date-and-or-time","2009-08-08"],`) + `["fn",{},"text","a"]]]`},
	}
}

func tables() []input {
	const head = "First Name,Last Name,E-mail 1 - Value,E-mail 1 - Label,Phone 1 - Value,Birthday\n"
	return []input{
		{"columns", repeated("Name,")},
		{"columns of names", fill(func(i int) string { return fmt.Sprintf("E-mail %d - Value,", i) }) + "\n"},
		{"200 columns of e-mail", params(200, func(i int) string { return fmt.Sprintf("E-mail %d - Value,", i) }) + "\n" + repeated(strings.Repeat("a,", 200)+"\n")},
		{"rows", head + repeated("a,b,c,d,e,2009-08-08\n")},
		{"empty rows", head + repeated(",\n")},
		{"blank rows", head + repeated("\n")},
		{"one cell", head + `"` + repeated("x") + `"`},
		{"quotes", head + repeated(`"`)},
		{"quotes in quotes", head + `"` + repeated(`""`) + `"`},
		{"open quotes", head + repeated(`a"b,`)},
		{"quotes that close nothing", head + repeated("\"a\n")},
		{"values in one cell", head + repeated("a,b,"+strings.Repeat("c ::: ", 1000)+",d,e,f\n")},
		{"dates", "Birthday\n" + repeated("1/2/2009\n")},
		{"no UTF-8", head + repeated("\xe4,\n")},
		{"as many rows as may be", "Name,Birthday\n" + params(99_999, func(int) string { return "\xe4,1/2/09\n" })},
		{"as many dates as may be", "Birthday\n" + params(99_999, func(int) string { return "1/2/2009\n" })},
		{"zeros", head + repeated("\x00")},
		{"UTF-16", "\xff\xfe" + wide(head+strings.Repeat("a,b,c,d,e,f\n", size/24))},
	}
}
