package vcard_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/vcard"
)

func TestSelect(t *testing.T) {
	t.Parallel()
	in := card("3.0", "UID:u\nN:Doe;;;;\nFN:Doe\nitem1.EMAIL:a\nitem2.EMAIL:b\nPHOTO;TYPE=PNG;ENCODING=b:Zm9v\njunk\nNOTE:x")
	tests := map[string]struct {
		props []vcard.PropSelect
		want  string
	}{
		"by name":       {[]vcard.PropSelect{{Name: "email"}}, "UID:u\nN:Doe;;;;\nFN:Doe\nitem1.EMAIL:a\nitem2.EMAIL:b"},
		"by group":      {[]vcard.PropSelect{{Name: "item2.EMAIL"}}, "UID:u\nN:Doe;;;;\nFN:Doe\nitem2.EMAIL:b"},
		"without value": {[]vcard.PropSelect{{Name: "PHOTO", NoValue: true}, {Name: "NOTE"}, {Name: "FN", NoValue: true}}, "UID:u\nN:Doe;;;;\nFN:Doe\nPHOTO;TYPE=PNG;ENCODING=b:\nNOTE:x"},
		"none there":    {[]vcard.PropSelect{{Name: "TITLE"}}, "UID:u\nN:Doe;;;;\nFN:Doe"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := parse(t, in)
			if diff := cmp.Diff(string(card("3.0", tt.want)), string(c.Select(tt.props))); diff != "" {
				t.Error(diff)
			}
			if got := c.Select(nil); string(got) != string(in) {
				t.Errorf("nothing selected: got %q", got)
			}
		})
	}
}
