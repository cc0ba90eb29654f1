package dedup

import (
	"slices"
	"strings"
)

// decideKind tells people from firms, couples and words that stand for somebody.
func (n *name) decideKind(full string, f nameFields) {
	folded := words(fold(full + " " + strings.Join(f.parts[:min(2, len(f.parts))], " ")))
	has := func(set map[string]bool) bool {
		return slices.ContainsFunc(folded, func(w string) bool { return set[w] })
	}
	switch {
	case len(n.words) == 0:
		n.kind = alias
	case n.allKin():
		n.kind = alias
	case f.company || !n.sure && (has(legalForms) || n.isOrg(f.org) || has(firmWords) || has(deskWords)):
		n.kind = firm // Meier & Partner AG, too
		n.drop(legalForms, 1)
	case n.isCouple(full, f.parts), has(familyWords):
		n.kind = couple
	case n.sure:
		n.kind = person
	}
}

// allKin: "Mum", "Ma chérie", and "Papa Muster" if the card has Papa for the given name.
func (n *name) allKin() bool {
	isKin := func(w word) bool { return kinWords[w.key] }
	if len(n.words) <= 2 && !slices.ContainsFunc(n.words, func(w word) bool { return !isKin(w) }) {
		return true
	}
	givens := 0
	for _, w := range n.words {
		if w.role == given {
			givens++
			if !isKin(w) {
				return false
			}
		}
	}
	return n.sure && givens > 0
}

// isOrg says whether the name is the firm's.
func (n *name) isOrg(org string) bool {
	if org == "" {
		return false
	}
	o := map[string]bool{}
	for _, w := range words(fold(org)) {
		o[loosen(w)] = true
	}
	return !slices.ContainsFunc(n.words, func(w word) bool { return !o[w.key] && !legalForms[w.key] })
}

// isCouple finds "A & B Family" and "A und B Family": two given names and something in between.
func (n *name) isCouple(full string, parts []string) bool {
	text := full
	if len(parts) > 1 && strings.TrimSpace(parts[1]) != "" {
		text = parts[1]
	}
	fields := strings.Fields(fold(text))
	for i, w := range fields {
		if i > 0 && i < len(fields)-1 && (w == "&" || w == "+" || len(w) > 1 && coupleWords[w] && !particles[w]) {
			return true
		}
	}
	return strings.Contains(text, "&") && len(parts) > 1
}
