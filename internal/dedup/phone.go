package dedup

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"
)

// line is what kind of connection a number is.
type line uint8

const (
	anyLine line = iota
	mobile
	landline // of a home, unless it is said to be of work
	workline
	fax
	direct // an extension, or a service only one person has
)

// phone is one number in comparable form.
type phone struct {
	number   string // E.164 without "+", or the bare digits of what is no number anywhere
	ext      string
	tail     string // see key
	national bool   // written without a country: the region is a guess
	line     line
}

// key is shared by all notations of a number, the guess of its country aside.
func (p phone) key() string { return p.tail }

func (p phone) makeKey() string {
	tail := p.number
	if len(tail) > tailDigits {
		tail = tail[len(tail)-tailDigits:]
	}
	if p.ext != "" {
		return tail + "x" + p.ext
	}
	return tail
}

// tailDigits: numbers of foreign contacts written without their country are compared by that many last digits. Seven,
// as others do it, gives many false pairs: dedupe.md §1.1.
const tailDigits = 9

// same says whether two numbers with one key are one.
func (p phone) same(q phone) bool {
	return p.tail == q.tail && p.ext == q.ext && (p.number == q.number || (p.national || q.national) && len(p.number) >= tailDigits)
}

// hidesCaller are dialled in front of a number on purpose.
var hidesCaller = strings.NewReplacer("*31#", "", "#31#", "")

// parsePhone reads a TEL value. ok is false for values without digits.
func parsePhone(value, region string, types []string) (phone, bool) {
	s := norm.NFKC.String(strings.TrimSpace(value))
	if len(s) > 64 {
		return phone{}, false
	}
	if len(s) > 4 && strings.EqualFold(s[:4], "tel:") {
		s = s[4:]
	}
	s = strings.ReplaceAll(hidesCaller.Replace(s), "(0)", "")
	s, ext := cutExtension(s)
	s = cutRemark(s)
	digits := digitsOf(s)
	if digits == "" {
		return phone{}, false
	}
	p := phone{number: digits, ext: ext, national: !strings.HasPrefix(strings.TrimSpace(s), "+") && !strings.HasPrefix(digits, "00")}
	if strings.HasPrefix(digits, "00") {
		s = "+" + digits[2:]
	}
	p.line = typedLine(types)
	p.resolve(s, region)
	if ext != "" {
		p.line = direct
	}
	p.tail = p.makeKey()
	return p, true
}

// cutExtension splits "…;ext=21", "… ext. 21", "… x21", "… poste 21", "… int. 21".
func cutExtension(s string) (rest, ext string) {
	end := len(s)
	for end > 0 && (s[end-1] >= '0' && s[end-1] <= '9') {
		end--
	}
	if digits := len(s) - end; digits == 0 || digits > 6 {
		return s, ""
	}
	head := strings.TrimRight(s[:end], " .:=#")
	for _, mark := range extensionMarks() {
		// Not in lower case, which may have another length.
		if at := len(head) - len(mark); at > 0 && strings.EqualFold(head[at:], mark) && digitsOf(head[:at]) != "" {
			return head[:at], s[end:]
		}
	}
	return s, ""
}

// cutRemark takes off what somebody wrote behind a number: "079 611 20 31 (evenings)". Letters in the place of digits
// are left, as in 1-800-FLOWERS.
func cutRemark(s string) string {
	const whole = 7 // digits
	if at := strings.IndexFunc(s, unicode.IsLetter); at > 0 && len(digitsOf(s[:at])) >= whole {
		return s[:at]
	}
	return s
}

// extensionMarks stand before an extension.
func extensionMarks() []string {
	return []string{";ext", "ext", "extn", "poste", "durchwahl", "dw", "int", "interno", "wew", "linka", "доб", "dahili", "anexo", "ramal", "toestel", "x"}
}

// resolve sets the number in E.164 and, if nothing was said, the kind of line.
func (p *phone) resolve(s, region string) {
	n, err := phonenumbers.Parse(s, region)
	if err != nil {
		return
	}
	if x := n.GetExtension(); x != "" && p.ext == "" {
		p.ext = x
	}
	e164 := digitsOf(phonenumbers.Format(n, phonenumbers.E164))
	kind := phonenumbers.GetNumberType(n)
	if kind == phonenumbers.UNKNOWN && p.national && !strings.HasPrefix(p.number, "0") {
		// 8 (921) …, 1-206-…: a trunk prefix, or a country without "+".
		if n, err := phonenumbers.Parse("+"+p.number, region); err == nil && phonenumbers.IsValidNumber(n) {
			p.national = false
			p.guess(phonenumbers.GetNumberType(n))
			return
		}
	}
	if kind != phonenumbers.UNKNOWN || !p.national {
		p.number = e164
	}
	p.guess(kind)
}

func (p *phone) guess(kind phonenumbers.PhoneNumberType) {
	switch kind {
	case phonenumbers.MOBILE, phonenumbers.PAGER, phonenumbers.PERSONAL_NUMBER:
		if p.line != fax {
			p.line = mobile
		}
	case phonenumbers.FIXED_LINE, phonenumbers.TOLL_FREE, phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST, phonenumbers.UAN:
		if p.line == anyLine || p.line == mobile {
			p.line = landline
		}
	}
}

// typedLine is what TYPE says. WORK and CELL together is a mobile.
func typedLine(types []string) line {
	said := anyLine
	for _, t := range types {
		switch t {
		case "fax", "workfax", "homefax":
			return fax
		case "cell", "iphone", "mobile", "pager", "text":
			said = mobile
		case "work", "main", "x-company":
			if said != mobile {
				said = workline
			}
		case "home":
			if said == anyLine {
				said = landline
			}
		}
	}
	return said
}

// international is the number in E.164 without "+", even if it is none that any country gives out.
func (p phone) international(region string) string {
	if n, err := phonenumbers.Parse(p.number, region); err == nil && p.national {
		return digitsOf(phonenumbers.Format(n, phonenumbers.E164))
	}
	return p.number
}
