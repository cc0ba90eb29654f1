package mail

import (
	_ "embed"
	html "html/template"
	"strings"
	text "text/template"
)

//go:embed letter.html
var letterHTML string

//go:embed letter.txt
var letterText string

// print gives the sheet its two forms.
func (s sheet) print() (plain, rich string, err error) {
	asText, err := text.New("letter").Funcs(text.FuncMap{"wrap": wrap}).Parse(letterText)
	if err != nil {
		return "", "", err
	}
	asHTML, err := html.New("letter").Parse(letterHTML)
	if err != nil {
		return "", "", err
	}
	var a, b strings.Builder
	if err := asText.Execute(&a, s); err != nil {
		return "", "", err
	}
	err = asHTML.Execute(&b, s)
	return a.String(), b.String(), err
}

// wrap breaks a paragraph at blanks into lines that any mail program shows
// whole; addresses stay in one piece.
func wrap(s string) string {
	const width = 72
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(s) {
		n := len([]rune(word))
		switch {
		case column == 0:
		case column+1+n > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}
