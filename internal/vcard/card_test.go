package vcard_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/contentline"
	"ksync/internal/corpus"
	"ksync/internal/vcard"
)

func TestParse_Fields(t *testing.T) {
	t.Parallel()
	type fields struct {
		Version, UID, FN string
		Group            bool
	}
	tests := map[string]struct {
		in   string
		want fields
	}{
		"3.0":              {"BEGIN:VCARD\nVERSION:3.0\nUID:urn:uuid:x\nFN:Doe\\, J\nEND:VCARD\n", fields{Version: "3.0", UID: "urn:uuid:x", FN: "Doe, J"}},
		"blanks":           {"begin:vcard \r\nversion: 4.0 \r\nuid: x\r\nend:vcard ", fields{Version: "4.0", UID: "x"}},
		"nothing":          {"BEGIN:VCARD\nEND:VCARD", fields{}},
		"2.1 encoded name": {"BEGIN:VCARD\nVERSION:2.1\nFN;QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Zo=EB\nEND:VCARD", fields{Version: "2.1", FN: "Zoë"}},
		"group of 4.0": {"BEGIN:VCARD\nKIND:Group\nMEMBER:urn:uuid:a\nMEMBER: mailto:b@c\nEND:VCARD",
			fields{Group: true}},
		"group of Apple": {"BEGIN:VCARD\nX-ADDRESSBOOKSERVER-KIND:group\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a\nEND:VCARD",
			fields{Group: true}},
		"agent inside": {"BEGIN:VCARD\nFN:a\nBEGIN:VCARD\nFN:b\nUID:c\nEND:VCARD\nEND:VCARD", fields{FN: "a"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := parse(t, []byte(tt.in))
			got := fields{c.Version, c.UID, c.FN, c.Group}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if string(c.Bytes()) != tt.in {
				t.Error("the bytes changed")
			}
		})
	}
}

func TestParse_Errors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		in   string
		want vcard.Cond
	}{
		"empty":        {"", vcard.NotData},
		"a calendar":   {"BEGIN:VCALENDAR\nEND:VCALENDAR\n", vcard.NotData},
		"both":         {"BEGIN:VCARD\nEND:VCARD\nBEGIN:VCALENDAR\nEND:VCALENDAR\n", vcard.NotData},
		"no END":       {"BEGIN:VCARD\nFN:x\n", vcard.NotData},
		"two":          {"BEGIN:VCARD\nEND:VCARD\nBEGIN:VCARD\nEND:VCARD\n", vcard.NotOne},
		"endless card": {"BEGIN:VCARD\n" + strings.Repeat("A:1\n", 30_000) + "END:VCARD\n", vcard.NotData},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := vcard.Parse([]byte(tt.in))
			if e, ok := errors.AsType[*vcard.Error](err); !ok || e.Cond != tt.want {
				t.Errorf("got %v, want condition %d", err, tt.want)
			}
			if tooLarge := errors.Is(err, contentline.ErrTooLarge); tooLarge != (name == "endless card") {
				t.Errorf("too large: %v", tooLarge)
			}
		})
	}
}

func TestParse_UTF16(t *testing.T) {
	t.Parallel()
	const text = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoë 😀\r\nN:;;;;\r\nEND:VCARD\r\n"
	for name, mark := range map[string]string{"without a mark": "", "with a mark": "\ufeff"} {
		for _, big := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var data []byte
				for _, u := range utf16.Encode([]rune(mark + text)) {
					pair := []byte{byte(u), byte(u >> 8)}
					if big {
						slices.Reverse(pair)
					}
					data = append(data, pair...)
				}
				c := parse(t, data)
				if c.FN != "Zoë 😀" || !bytes.Equal(c.Bytes(), data) {
					t.Errorf("got FN %q", c.FN)
				}
				if got := string(c.Serve(vcard.V3)); got != text {
					t.Errorf("served %q", got)
				}
			})
		}
	}
}

func TestBareUID(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"urn:uuid:A": "A", "URN:UUID:a": "a", "a": "a", "urn:uuid": "urn:uuid", "": ""} {
		if got := vcard.BareUID(in); got != want {
			t.Errorf("BareUID(%q) = %q", in, got)
		}
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	const head = "BEGIN:VCARD\r\nVERSION:3.0\r\n"
	tests := map[string]struct{ in, version, want string }{
		"FN from N":              {head + "N:Doe;Jane;Q.;Dr.;Jr.\r\nEND:VCARD\r\n", "3.0", head + "FN:Dr. Jane Q. Doe Jr.\r\nN:Doe;Jane;Q.;Dr.;Jr.\r\nEND:VCARD\r\n"},
		"empty FN from ORG":      {head + "N:;;;;\r\nFN: \r\nORG:Acme\\, Inc.;Sales\r\nEND:VCARD\r\n", "3.0", head + "N:;;;;\r\nFN:Acme\\, Inc.\\, Sales\r\nORG:Acme\\, Inc.;Sales\r\nEND:VCARD\r\n"},
		"FN from the address":    {head + "N:;;;;\r\nEMAIL:a@b\r\nEND:VCARD\r\n", "3.0", head + "FN:a@b\r\nN:;;;;\r\nEMAIL:a@b\r\nEND:VCARD\r\n"},
		"N from FN":              {head + "FN:Jane\\, Doe\r\nEND:VCARD\r\n", "3.0", head + "N:;Jane\\, Doe;;;\r\nFN:Jane\\, Doe\r\nEND:VCARD\r\n"},
		"N of a group":           {"BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:group\r\nFN:Us\r\nEND:VCARD\r\n", "3.0", head + "X-ADDRESSBOOKSERVER-KIND:group\r\nN:Us;;;;\r\nFN:Us\r\nEND:VCARD\r\n"},
		"N of a company":         {"BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:org\r\nORG:A\r\nFN:A\r\nEND:VCARD\r\n", "3.0", head + "X-ABShowAs:COMPANY\r\nORG:A\r\nN:;;;;\r\nFN:A\r\nEND:VCARD\r\n"},
		"nothing at all":         {"BEGIN:VCARD\r\nEND:VCARD", "3.0", head + "N:;?;;;\r\nFN:?\r\nEND:VCARD\r\n"},
		"4.0 needs no N":         {"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:u\r\nEND:VCARD\r\n", "4.0", "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:u\r\nUID:u\r\nEND:VCARD\r\n"},
		"mark, blanks, LF, junk": {"\ufeffBEGIN:VCARD\nVERSION:3.0\n\nN:;;;;\nFN:x\njunk\nEND:VCARD", "3.0", head + "N:;;;;\r\nFN:x\r\nEND:VCARD\r\n"},
		"CRCRLF":                 {"BEGIN:VCARD\r\r\nVERSION:3.0\r\r\nN:;;;;\r\r\nFN:x\r\r\nEND:VCARD\r\r\n", "3.0", head + "N:;;;;\r\nFN:x\r\nEND:VCARD\r\n"},
		"no UTF-8":               {head + "N:;;;;\r\nFN:Zo\xeb\r\nEND:VCARD\r\n", "3.0", head + "N:;;;;\r\nFN:Zoë\r\nEND:VCARD\r\n"},
		"data URI in 3.0":        {head + "N:;;;;\r\nFN:x\r\nPHOTO;VALUE=uri:data:image/png;base64,Zm9v\r\nEND:VCARD\r\n", "3.0", head + "N:;;;;\r\nFN:x\r\nPHOTO;ENCODING=b;TYPE=PNG:Zm9v\r\nEND:VCARD\r\n"},
		"photo folded wrongly":   {head + "N:;;;;\r\nFN:x\r\nPHOTO;ENCODING=b;TYPE=PNG:Zm\r\n  9v\r\nEND:VCARD\r\n", "3.0", head + "N:;;;;\r\nFN:x\r\nPHOTO;ENCODING=b;TYPE=PNG:Zm9v\r\nEND:VCARD\r\n"},
		"unknown version asked":  {head + "N:;;;;\r\nFN:x\r\nEND:VCARD\r\n", "", head + "N:;;;;\r\nFN:x\r\nEND:VCARD\r\n"},
		"a card inside":          {head + "N:;;;;\r\nFN:x\r\nBEGIN:VCARD\r\nFN:y\r\nEND:VCARD\r\nEND:VCARD\r\n", "3.0", head + "N:;;;;\r\nFN:x\r\nAGENT:BEGIN:VCARD\\nVERSION:3.0\\nFN:y\\nEND:VCARD\\n\r\nEND:VCARD\r\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, string(parse(t, []byte(tt.in)).Serve(tt.version))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// eachOfCorpus calls fn with each vCard of the shared corpus.
func eachOfCorpus(t *testing.T, fn func(path, class, note string, data []byte)) {
	t.Helper()
	for _, f := range corpus.Files(t, "vcard") {
		fn(f.Path, f.Class, f.Note, f.Read(t))
	}
}

func TestCorpus_EachCardIsKeptOrRefused(t *testing.T) {
	t.Parallel()
	kept := 0
	eachOfCorpus(t, func(path, class, note string, data []byte) {
		start := time.Now()
		c, err := vcard.Parse(data)
		if took := time.Since(start); took > time.Second { // 100 ms on a machine that is not shared
			t.Errorf("%s: took %v", path, took)
		}
		e, refused := errors.AsType[*vcard.Error](err)
		switch {
		case class == "invalid":
			if !refused || e.Cond != vcard.NotData {
				t.Errorf("%s: invalid, but got %v", path, err)
			}
		case strings.Contains(note, "-cards"):
			if !refused || e.Cond != vcard.NotOne {
				t.Errorf("%s: %s, but got %v", path, note, err)
			}
		case err != nil:
			t.Errorf("%s: %v", path, err)
		case !bytes.Equal(c.Bytes(), data):
			t.Errorf("%s: the bytes changed", path)
		default:
			kept++
		}
	})
	if kept < 400 {
		t.Errorf("only %d cards", kept)
	}
}
