package dedup

import "strings"

// jaroWinkler is the similarity of two words, 0 to 1: characters in common at about the same place, more for a common
// beginning. Winkler, "String Comparator Metrics", 1990.
func jaroWinkler(a, b string) float64 {
	if a == b {
		return 1
	}
	ra, rb := []rune(a), []rune(b)
	if len(ra) == 0 || len(rb) == 0 || len(ra) > 64 || len(rb) > 64 {
		return 0
	}
	j := jaro(ra, rb)
	prefix := 0
	for prefix < min(len(ra), len(rb), 4) && ra[prefix] == rb[prefix] {
		prefix++
	}
	return j + float64(prefix)*0.1*(1-j)
}

func jaro(a, b []rune) float64 {
	window := max(max(len(a), len(b))/2-1, 0)
	var usedA, usedB uint64
	common := 0
	for i, r := range a {
		for j := max(0, i-window); j < min(len(b), i+window+1); j++ {
			if usedB&(1<<j) == 0 && b[j] == r {
				usedA |= 1 << i
				usedB |= 1 << j
				common++
				break
			}
		}
	}
	if common == 0 {
		return 0
	}
	swapped, j := 0, 0
	for i, r := range a {
		if usedA&(1<<i) == 0 {
			continue
		}
		for usedB&(1<<j) == 0 {
			j++
		}
		if b[j] != r {
			swapped++
		}
		j++
	}
	m := float64(common)
	return (m/float64(len(a)) + m/float64(len(b)) + (m-float64(swapped)/2)/m) / 3
}

// edits is the optimal string alignment distance (insert, delete, replace, swap neighbours), at most limit+1.
func edits(a, b string, limit int) int {
	if a == b {
		return 0
	}
	ra, rb := []rune(a), []rune(b)
	if len(ra) > 64 || len(rb) > 64 || max(len(ra)-len(rb), len(rb)-len(ra)) > limit {
		return limit + 1
	}
	var rows [3][65]int8
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(rb) + 1 {
		last[j] = int8(j)
	}
	for i := 1; i <= len(ra); i++ {
		row[0] = int8(i)
		best := int8(i)
		for j := 1; j <= len(rb); j++ {
			cost := int8(1)
			if ra[i-1] == rb[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && ra[i-1] == rb[j-2] && ra[i-2] == rb[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			best = min(best, row[j])
		}
		if int(best) > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return min(int(last[len(rb)]), limit+1)
}

// digraphs are spellings of one consonant in romanisations, longest first.
var digraphs = strings.NewReplacer("schtsch", "S", "shch", "S", "tsch", "S", "sch", "S", "tch", "S", "sh", "S", "ch", "S", "zh", "S",
	"ts", "S", "tz", "S", "cz", "S", "sz", "S", "kh", "K", "gh", "G", "th", "T", "dh", "D", "ph", "V", "dj", "J", "ck", "K")

// skeleton is the consonants of a Latin word in classes that are the same in all usual romanisations of one name:
// Mohamed and Muhammad, Sergey and Sergej, Kovalev and Kowaljow.
func skeleton(word string) string {
	var b strings.Builder
	var last byte
	for i, r := range digraphs.Replace(word) {
		c := consonant(r)
		if c == 0 || c == last || i == 0 && r == 'y' {
			continue
		}
		b.WriteByte(c)
		last = c
	}
	return strings.TrimSuffix(b.String(), "H")
}

// consonant returns the class of a letter, 0 for vowels and half vowels.
func consonant(r rune) byte {
	switch r {
	case 'b', 'd', 'g', 'h', 'l', 'm', 'n', 'p', 'r', 't', 'j':
		return byte(r) - 'a' + 'A'
	case 'c', 'k', 'q', 'x':
		return 'K'
	case 's', 'z':
		return 'S'
	case 'f', 'v', 'w':
		return 'V'
	case 'S', 'K', 'G', 'T', 'D', 'V', 'J':
		return byte(r)
	}
	return 0
}
