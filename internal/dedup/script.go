package dedup

import (
	"strings"
	"unicode"
)

// script is the writing a word is in.
type script uint8

const (
	latin script = iota
	cyrillic
	greek
	han
	kana
	hangul
	arabic
	hebrew
	otherScript
)

// scriptOf tells by the first letter.
func scriptOf(word string) script {
	for _, r := range word {
		if r < 0x250 {
			if r > '9' {
				return latin
			}
			continue
		}
		return scriptOfRune(r)
	}
	return latin
}

func scriptOfRune(r rune) script {
	switch {
	case unicode.Is(unicode.Latin, r):
		return latin
	case unicode.Is(unicode.Cyrillic, r):
		return cyrillic
	case unicode.Is(unicode.Greek, r):
		return greek
	case unicode.Is(unicode.Han, r):
		return han
	case unicode.In(r, unicode.Hiragana, unicode.Katakana):
		return kana
	case unicode.Is(unicode.Hangul, r):
		return hangul
	case unicode.Is(unicode.Arabic, r):
		return arabic
	case unicode.Is(unicode.Hebrew, r):
		return hebrew
	}
	return otherScript
}

// romanise writes a folded word in Latin letters, as far as its script says how it sounds: "" for scripts without a
// table here. Arabic and Hebrew only give consonants. sure is false where one letter has several readings, so that a
// difference proves nothing.
func romanise(word string, s script) (roman string, sure bool) {
	switch s {
	case latin:
		return word, true
	case cyrillic:
		return spell(word, cyrillicLetters), true
	case greek:
		return spell(greekPairs.Replace(word), greekLetters), true
	case kana:
		return kanaToLatin(word), true
	case hangul:
		return hangulToLatin(word), true
	case han:
		return pinyin(word), false
	case arabic:
		return spell(withoutArticle(word), arabicLetters), false
	case hebrew:
		return spell(word, hebrewLetters), false
	}
	return "", false
}

// spell replaces each letter by its row in the table; letters without a row are dropped.
func spell(word string, table map[rune]string) string {
	var b strings.Builder
	for _, r := range word {
		b.WriteString(table[r])
	}
	return b.String()
}

// letters pairs the letters of one string with the words of another; "-" stands for silence.
func letters(alphabet, sounds string) map[rune]string {
	table := map[rune]string{}
	list := strings.Fields(sounds)
	for i, r := range []rune(alphabet) {
		if list[i] != "-" {
			table[r] = list[i]
		}
	}
	return table
}

var (
	cyrillicLetters = letters("абвгдежзиклмнопрстуфхцчшщъыьэюяіїєґўјљњћђџқғүұһөәңѓќѕ",
		"a b v g d e zh z i k l m n o p r s t u f kh ts ch sh shch - y - e yu ya i yi ye g u j lj nj c dj dz k g u u h o a n g k dz")
	greekLetters = letters("αβγδεζηθικλμνξοπρσςτυφχψω", "a v g d e z i th i k l m n x o p r s s t y f ch ps o")
	greekPairs   = strings.NewReplacer("ου", "υ", "αι", "ε", "ει", "ι", "οι", "ι", "μπ", "β", "ντ", "δ", "γκ", "γ", "γγ", "γ", "ευ", "εβ", "αυ", "αβ")
	// Vowels are for similarity only, so long ones alone are written.
	arabicLetters = letters("ابتثجحخدذرزسشصضطظعغفقكلمنهويىةپچژگک", "a b t th j h kh d dh r z s sh s d t z - gh f q k l m n h w y a a p ch zh g k")
	hebrewLetters = letters("אבגדהוזחטיכךלמםנןסעפףצץקרשת", "- v g d h v z h t y k k l m m n n s - p p ts ts k r sh t")
)

func withoutArticle(word string) string {
	if rest, ok := strings.CutPrefix(word, "ال"); ok && len(rest) >= 4 {
		return rest
	}
	return word
}

// hangulToLatin follows the Revised Romanization of 2000, syllable by syllable.
func hangulToLatin(word string) string {
	lead := [...]string{"g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h"}
	vowel := [...]string{"a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu", "eu", "ui", "i"}
	tail := [...]string{"", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t", "t", "ng", "t", "t", "k", "t", "p", "t"}
	const first, last = 0xac00, 0xd7a3
	var b strings.Builder
	for _, r := range word {
		if r < first || r > last {
			continue
		}
		i := int(r - first)
		b.WriteString(lead[i/588] + vowel[i%588/28] + tail[i%28])
	}
	return b.String()
}

// kanaToLatin follows Hepburn, without the marks for long vowels.
func kanaToLatin(word string) string {
	var b strings.Builder
	for _, r := range word {
		if r >= 'ァ' && r <= 'ヶ' {
			r -= 'ァ' - 'ぁ'
		}
		small := r == 'ゃ' || r == 'ゅ' || r == 'ょ'
		if s := b.String(); small && strings.HasSuffix(s, "i") {
			b.Reset()
			s = strings.TrimSuffix(s, "i")
			b.WriteString(s)
			sound := kanaLetters[r]
			if strings.HasSuffix(s, "sh") || strings.HasSuffix(s, "ch") || strings.HasSuffix(s, "j") {
				sound = sound[1:]
			}
			b.WriteString(sound)
			continue
		}
		b.WriteString(kanaLetters[r])
	}
	return b.String()
}

var kanaLetters = letters("あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをんがぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽゃゅょゔ",
	"a i u e o ka ki ku ke ko sa shi su se so ta chi tsu te to na ni nu ne no ha hi fu he ho ma mi mu me mo ya yu yo ra ri ru re ro wa o n "+
		"ga gi gu ge go za ji zu ze zo da ji zu de do ba bi bu be bo pa pi pu pe po ya yu yo vu")
