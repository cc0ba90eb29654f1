// Package popular knows passwords that many people choose.
//
// It has no list of them, but a sorted table of short fingerprints, which lies
// in the program's file and costs no memory until it is asked. A password that
// the lists have is always found; one in forty million others is, too.
//
// Passwords are read as people vary them: capitals, accents and look-alikes
// make no difference ([Fold]).
package popular

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"slices"
	"sort"
	"strings"
	"unicode"
)

//go:generate go run ./generate table.bin

// table is what the generator makes of public rankings of leaked passwords.
//
//go:embed table.bin
var table string

// fingerprint bytes are kept of each password's hash.
const fingerprint = 5

// Has reports whether a password is among the popular ones.
func Has(password string) bool { return has(table, password) }

func has(table, password string) bool {
	want := string(imprint(password))
	n := len(table) / fingerprint
	at := func(i int) string { return table[i*fingerprint : (i+1)*fingerprint] }
	i := sort.Search(n, func(i int) bool { return at(i) >= want })
	return i < n && at(i) == want
}

func imprint(password string) []byte {
	sum := sha256.Sum256([]byte(Fold(password)))
	return sum[:fingerprint]
}

// Table makes the table of some passwords.
func Table(passwords []string) []byte {
	prints := make([][]byte, len(passwords))
	for i, p := range passwords {
		prints[i] = imprint(p)
	}
	slices.SortFunc(prints, bytes.Compare)
	return bytes.Join(slices.CompactFunc(prints, bytes.Equal), nil)
}

// Fold reads a text in lower case, and look-alikes as the letters that they
// stand for.
func Fold(text string) string {
	return strings.Map(func(r rune) rune { return plain(unicode.ToLower(r)) }, text)
}

func plain(r rune) rune {
	switch r {
	case '4', '@', 'ä', 'á', 'à':
		return 'a'
	case '8':
		return 'b'
	case 'ç':
		return 'c'
	case '3', 'é', 'è':
		return 'e'
	case '!', 'í':
		return 'i'
	case '1':
		return 'l'
	case 'ñ':
		return 'n'
	case '0', 'ö', 'ó':
		return 'o'
	case '5', '$':
		return 's'
	case '7':
		return 't'
	case 'ü', 'ú':
		return 'u'
	}
	return r
}
