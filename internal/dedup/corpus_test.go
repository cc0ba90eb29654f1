package dedup

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"ksync/internal/contentline"
	"ksync/internal/corpus"
	"ksync/internal/vcard"
)

// corpusCards are the contacts of the corpus, as phones and programs have written them.
func corpusCards(t *testing.T) (cards []*vcard.Card) {
	t.Helper()
	for _, f := range corpus.Files(t, "vcard") {
		items, err := vcard.Split(f.Read(t))
		if err != nil {
			continue
		}
		for _, item := range items {
			if c, err := vcard.Parse(item.Bytes); item.Err == nil && err == nil && !c.Group {
				cards = append(cards, c)
			}
		}
	}
	return cards
}

// claim is one value of a source, in words: what a reader of the result must find again, however it is written there.
// This reads cards without the classes, keys and units of a merge.
type claim struct {
	property string
	words    []string // runs of letters and digits
	called   string
	label    string // must be found again: not one that only says the type, as Apple's own do
	service  string
	raw      string
}

// claims are the values of a card, and what stands beside them.
func claims(c *contentline.Component) (all []claim) {
	labels := map[string]string{}
	for _, l := range c.All("X-ABLABEL") {
		if l.Group != "" {
			labels[strings.ToLower(l.Group)] = strings.ToLower(strings.TrimSpace(vcard.Text(l)))
		}
	}
	for l := range c.Lines() {
		switch l.Name {
		case "VERSION", "UID", "PRODID", "REV", "CLIENTPIDMAP", "X-CLIENTPIDMAP", "X-ABLABEL", "PROFILE", "X-PROFILE":
			continue
		}
		for _, name := range asides() {
			if said, _ := l.Param(name); said != "" && l.Name != "NOTE" { // texts are put into one
				all = append(all, claim{property: name, words: runs(said), raw: said})
			}
		}
		if l.Name == "CATEGORIES" || l.Name == "NICKNAME" {
			for _, item := range vcard.Items(l) {
				all = append(all, claim{property: l.Name, words: runs(item), raw: item})
			}
			continue
		}
		one := claim{property: l.Name, raw: l.Value, words: wordsOf(l)}
		label := labels[strings.ToLower(l.Group)]
		if one.called = strings.Trim(label, "_$!<>"); one.called == label && !slices.Contains(vcard.Types(l), label) {
			one.label = label
		}
		if l.Name == "IMPP" {
			one.service, _ = l.Param("X-SERVICE-TYPE")
		}
		if len(one.words) > 0 {
			all = append(all, one)
		}
	}
	for inner := range c.Components() { // the card of an AGENT
		all = append(all, claims(inner)...)
	}
	return all
}

func wordsOf(l *contentline.Line) []string {
	text := vcard.Text(l)
	switch l.Name {
	case "PHOTO", "LOGO", "SOUND", "KEY":
		data, _ := vcard.Media(l)
		return runs(strings.Join(strings.Fields(data), ""))
	case "GEO", "TZ", "X-GEO", "X-TZ": // written otherwise in each version
		return []string{onlyDigits(runs(text))}
	case "TEL":
		return slices.DeleteFunc(runs(text), func(w string) bool { return w == "tel" || w == "ext" || w == "x" })
	case "KIND", "X-ABSHOWAS", "X-ADDRESSBOOKSERVER-KIND":
		if strings.EqualFold(text, "individual") {
			return nil
		}
		return []string{"firm"}
	case "GENDER", "X-GENDER":
		return runs(text[:min(1, len(text))])
	}
	if dated(strings.TrimPrefix(l.Name, "X-")) || l.Name == "X-ABDATE" {
		return []string{strings.Join(runs(text), "")}
	}
	return runs(text)
}

// runs are the letters and digits of a text.
func runs(s string) []string {
	return strings.FieldsFunc(strings.ToLower(norm.NFKC.String(s)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) })
}

func onlyDigits(words []string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, strings.Join(words, ""))
}

// said says whether one of the values says all of the claim.
func (c claim) said(by []claim) bool {
	return slices.ContainsFunc(by, func(o claim) bool {
		if c.service != "" && o.service != "" && !strings.EqualFold(c.service, o.service) || c.label != "" && c.label != o.called {
			return false
		}
		a, b := onlyDigits(c.words), onlyDigits(o.words)
		switch {
		case c.property == "TEL" && o.property == "TEL" && len(a) > 4 && strings.Join(c.words, "") == a:
			return strings.Contains(b, a[max(0, len(a)-7):]) // with its country, or without
		case (dated(c.property) || c.property == "X-ABDATE") && (len(a) == 4 || len(a) == 8) && len(b) >= 4:
			return strings.Contains(b, a[len(a)-4:])
		}
		have := strings.Join(o.words, " ")
		return !slices.ContainsFunc(c.words, func(w string) bool { return !strings.Contains(have, w) })
	})
}

// kept says whether the claim is in the result, or is listed as left behind: it, or its label.
func (c claim) kept(result, left []claim) bool {
	bare := c
	bare.label = ""
	return c.said(result) || bare.said(left) || bare.said(result) && claim{words: runs(c.label)}.said(left)
}

// listed are the values that a plan lists as left behind.
func listed(plan *Plan) (all []claim) {
	for _, v := range plan.NotTaken {
		all = append(all, claim{property: v.Property, words: wordsOf(contentline.New("", v.Property, v.Raw))}, claim{property: v.Property, words: runs(v.Text)})
	}
	return all
}

// Cards as phones and programs write them, each with others, and with what another program might have made of it.
func TestMerge_LosesNothingOfTheCorpus(t *testing.T) {
	t.Parallel()
	cards := corpusCards(t)
	rapid.Check(t, func(rt *rapid.T) {
		chosen := rapid.SliceOfN(rapid.SampledFrom(cards), 2, 4).Draw(rt, "cards")
		if rapid.Bool().Draw(rt, "one card twice") {
			chosen[1] = disguised(rt, t, chosen[0])
		}
		plan := merged(t, Options{}, chosen...)
		result, left := claims(parsedBytes(t, plan.Merged).Component), listed(plan)
		for i, c := range chosen {
			for _, said := range claims(c.Component) {
				if !said.kept(result, left) {
					rt.Fatalf("card %d: lost %s %.200q %q of\n%s\nin\n%s\nnot taken %+v", i, said.property, said.raw, said.label, c.Bytes(), plan.Merged, plan.NotTaken)
				}
			}
		}
	})
}

// disguised is the card as another program might hold it: in another version, with more in some values, or beside them.
func disguised(rt *rapid.T, tb testing.TB, c *vcard.Card) *vcard.Card {
	data, err := c.Convert(rapid.SampledFrom([]string{vcard.V3, vcard.V4}).Draw(rt, "version"))
	if err != nil {
		tb.Fatal(err)
	}
	out := parsedBytes(tb, data).Component.Clone()
	n := 0
	for l := range out.Lines() {
		n++
		switch more := fmt.Sprintf("own%d", n); rapid.IntRange(0, 8).Draw(rt, "edit") {
		case 0:
			if classOf(l.Name) == identity {
				continue
			}
			l.SetValue(l.Value + " " + more)
		case 1:
			if l.Name == "ADR" && out.First("LABEL") == nil {
				l.SetParam("LABEL", more)
			}
		case 2:
			if slices.Contains([]string{"IMPP", "TEL", "EMAIL", "URL"}, l.Name) && len(wordsOf(l)) > 0 {
				l.SetParam("X-SERVICE-TYPE", more)
			}
		case 3:
			if l.Group == "" && classOf(l.Name) == multiple && l.Name != "LABEL" && len(wordsOf(l)) > 0 {
				l.SetGroup(more)
				out.Append(contentline.New(more, "X-ABLabel", "label "+more))
			}
		}
	}
	return parsedBytes(tb, out.Bytes())
}
