package ical

import (
	"strings"

	"ksync/internal/contentline"
)

// CompSelect is the comp element of calendar-data, RFC 4791 §9.6.1. One that names
// neither properties nor components means all of both, as the VTIMEZONE in §7.8.1.
type CompSelect struct {
	Name     string
	AllProps bool
	Props    []PropSelect
	AllComps bool
	Comps    []CompSelect
}

// PropSelect is RFC 4791 §9.6.4; NoValue asks for the name and parameters only.
type PropSelect struct {
	Name    string
	NoValue bool
}

func (s *CompSelect) everything() bool {
	return s.AllProps && s.AllComps || !s.AllProps && !s.AllComps && s.Props == nil && s.Comps == nil
}

// reduce takes out of c what is not selected.
func (s *CompSelect) reduce(c *contentline.Component) {
	if s.everything() {
		return
	}
	if !s.AllProps {
		s.reduceProps(c)
	}
	if s.AllComps {
		return
	}
	c.RemoveComponents(func(inner *contentline.Component) bool {
		sub := s.comp(inner.Name)
		if sub != nil {
			sub.reduce(inner)
		}
		return sub == nil
	})
}

func (s *CompSelect) reduceProps(c *contentline.Component) {
	wanted := make(map[string]bool, len(s.Props))
	for _, p := range s.Props {
		wanted[contentline.UpperName(p.Name)] = p.NoValue
	}
	c.RemoveFunc(func(l *contentline.Line) bool {
		_, ok := wanted[l.Name]
		return !ok
	})
	for l := range c.Lines() {
		if wanted[l.Name] {
			l.SetValue("")
		}
	}
}

func (s *CompSelect) comp(name string) *CompSelect {
	for i := range s.Comps {
		if strings.EqualFold(s.Comps[i].Name, name) {
			return &s.Comps[i]
		}
	}
	return nil
}

// collect lists the components inside, so that they can be taken out meanwhile.
func collect(c *contentline.Component) (list []*contentline.Component) {
	for inner := range c.Components() {
		list = append(list, inner)
	}
	return list
}
