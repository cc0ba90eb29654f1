package vcard

import "ksync/internal/contentline"

// PropSelect is a prop element of address-data: RFC 6352 §10.4.2.
type PropSelect struct {
	Name    string // "EMAIL" in any group, or "item1.EMAIL" in that one
	NoValue bool   // novalue="yes": name and parameters only
}

// Select returns the card with only the properties asked for, and VERSION, UID, FN and N, without which it would be no
// card. Without any it returns the stored bytes, which must not be changed. To select from another version, parse what
// Serve returns.
func (c *Card) Select(props []PropSelect) []byte {
	if len(props) == 0 {
		return c.data
	}
	selectors := make([]selector, len(props))
	for i, p := range props {
		selectors[i] = newSelector(p.Name)
	}
	out := c.Component.Clone()
	out.Rewrite(func(l *contentline.Line, emit func(*contentline.Line)) {
		switch l.Name {
		case "VERSION", "UID", "FN", "N":
			emit(l)
			return
		}
		for i, s := range selectors {
			if s.match(l) {
				if props[i].NoValue {
					l.SetValue("")
				}
				emit(l)
				return
			}
		}
	})
	out.RemoveJunk()
	return out.Bytes()
}
