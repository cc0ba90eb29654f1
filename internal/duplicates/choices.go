package duplicates

import (
	"fmt"
	"slices"

	"ksync/internal/dedup"
)

// decided refuses choices that cannot be followed: a person who chose must get what they chose, or be told.
func decided(p *dedup.Plan, c dedup.Choices) error {
	properties := make(map[dedup.Ref]string, len(p.Values))
	for _, v := range p.Values {
		properties[v.Ref] = v.Property
	}
	for _, ref := range c.Drop {
		if properties[ref] == "" {
			return fmt.Errorf("%w: no value in line %d of card %d", ErrRequest, ref.Line, ref.Card)
		}
	}
	for property, ref := range c.Pick {
		has := properties[ref]
		if has == "" || !dedup.One(has) || has != property && (property != "N" || !dedup.Naming(has)) || slices.Contains(c.Drop, ref) {
			return fmt.Errorf("%w: no %s in line %d of card %d", ErrRequest, property, ref.Line, ref.Card)
		}
	}
	return nil
}
