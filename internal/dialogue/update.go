package dialogue

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// rewritten is the expectation as the file should hold it after this answer: what still matches stays as it is written.
func (c *comparison) rewritten() string {
	var out strings.Builder
	out.WriteString(c.got.Status + "\n")
	for _, h := range c.want.Headers {
		out.WriteString(c.rewrittenHeader(h) + "\n")
	}
	if c.want.words != "" {
		out.WriteString("Body: " + c.want.words + "\n")
	}
	if body := c.rewrittenBody(); body != "" {
		out.WriteString("\n" + body)
	}
	return out.String()
}

func (c *comparison) rewrittenHeader(h Header) string {
	name, value := strings.TrimPrefix(h.Name, "!"), c.value(h.Name)
	switch ok, _ := c.header(h); {
	case ok && h.Value != "":
		return h.Name + ": " + h.Value
	case value == "":
		return "!" + name
	}
	return name + ": " + c.generalised(value)
}

func (c *comparison) rewrittenBody() string {
	again := &comparison{want: c.want, got: c.got, vars: c.vars.clone()}
	if err := again.body(); err == nil && len(again.diffs) == 0 {
		return c.want.Body
	}
	if again.got.tree == nil {
		return c.generalised(strings.ReplaceAll(c.got.Body, "\r\n", "\n"))
	}
	p := &printer{onlyPaired: c.want.Mode.Subset}
	p.element(again.got.tree, 0, p.declarations(again.got.tree))
	return c.generalised(p.Builder.String())
}

// generalised puts variables where their values are. Short values would be found by chance; the account is one segment of a path.
func (c *comparison) generalised(text string) string {
	names := slices.SortedFunc(maps.Keys(c.vars), func(a, b string) int {
		return cmp.Or(len(c.vars[b])-len(c.vars[a]), cmp.Compare(a, b))
	})
	for _, name := range names {
		value := c.vars[name]
		if name == "account" {
			text = strings.ReplaceAll(text, "/"+value+"/", "/{{account}}/")
		} else if len(value) > 5 {
			text = strings.ReplaceAll(text, value, "{{"+name+"}}")
		}
	}
	return text
}
