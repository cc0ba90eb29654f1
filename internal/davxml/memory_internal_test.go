package davxml

import (
	"strings"
	"testing"
)

func TestMemory_RemembersModestBodies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		body string
		want int
	}{
		{"of a client", `<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/></D:prop></D:propfind>`, 1},
		{"of as many elements as may be", "<a>" + strings.Repeat("<b/>", rememberedElements-1) + "</a>", 1},
		{"of one more", "<a>" + strings.Repeat("<b/>", rememberedElements) + "</a>", 0},
		{"of more, one below the other", "<a>" + strings.Repeat("<b><c/><d/></b>", rememberedElements/2) + "</a>", 0},
		{"long", "<a>" + strings.Repeat(" ", rememberedBytes) + "</a>", 0},
		{"broken", "<a>", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := NewMemory(DefaultLimits)
			first, err := m.Read(strings.NewReader(test.body))
			if (err != nil) != (test.name == "broken") {
				t.Fatal(err)
			}
			if len(m.known) != test.want {
				t.Errorf("%d bodies remembered, want %d", len(m.known), test.want)
			}
			if again, _ := m.Read(strings.NewReader(test.body)); (again == first) != (test.want == 1 || err != nil) {
				t.Errorf("read again: the same element: %v", again == first)
			}
		})
	}
}
