package transfer

import (
	"errors"

	"ksync/internal/contentline"
)

// renamed gives a card another UID, made of the old one and the content, so
// that importing the file again finds it again.
func renamed(card []byte, uid string) ([]byte, string, error) {
	doc, err := contentline.Parse(card, contentline.Limits{})
	if err != nil {
		return nil, uid, err
	}
	for _, c := range doc.Components() {
		if l := c.First("UID"); l != nil {
			uid += "-" + digest(card)[:8]
			l.SetValue(l.Value + "-" + digest(card)[:8])
			return doc.Bytes(), uid, nil
		}
	}
	return nil, uid, errors.New("the same UID as a card before")
}
