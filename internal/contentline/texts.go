package contentline

// Texts are what the lines of one object say, for a filter with many conditions on them: what its collations make of a
// text is found out once. The zero value is ready. It is not safe for concurrent use.
type Texts struct {
	Few      bool // conditions: a short text is found out again sooner than looked up
	searches searches
	kept     map[textKey]*Text
	short    Text
}

// textKey is a property's value, or the n-th of a parameter.
type textKey struct {
	line  *Line
	param string
	n     int
}

// longText is worth keeping whatever is asked of it.
const longText = 128

// Value is the text of a line's value, which read makes of the line. It is good until the next is asked for.
func (t *Texts) Value(l *Line, read func(*Line) string) *Text {
	return t.text(textKey{line: l}, l.Value, func() string { return read(l) })
}

// Param is the n-th value of the line's parameters of a name. It is good until the next is asked for.
func (t *Texts) Param(l *Line, name string, n int, value string) *Text {
	return t.text(textKey{l, name, n}, value, func() string { return value })
}

// New is a text that the caller keeps.
func (t *Texts) New(s string) *Text { return &Text{text: s, searches: &t.searches} }

func (t *Texts) text(key textKey, written string, read func() string) *Text {
	if t.Few && len(written) < longText && IsASCII(written) {
		t.short = Text{text: read(), searches: &t.searches}
		return &t.short
	}
	text := t.kept[key]
	if text == nil {
		text = t.New(read())
		if t.kept == nil {
			t.kept = map[textKey]*Text{}
		}
		t.kept[key] = text
	}
	return text
}

// Reset makes t ready for another object.
func (t *Texts) Reset() {
	t.searches = searches{}
	clear(t.kept)
}
