package house

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

const (
	maxFunctionLines = 80
	maxFileLines     = 400
)

func TestSize_FunctionsAndFiles(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if n := s.set.File(s.file.FileStart).LineCount(); n > maxFileLines && !ast.IsGenerated(s.file) {
			t.Errorf("%s has %d lines, %d are allowed", s.path, n, maxFileLines)
		}
		for _, decl := range s.file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := lines(s.set, f); n > maxFunctionLines && !ast.IsGenerated(s.file) {
				t.Errorf("%s: %s has %d lines, %d are allowed", s.path, f.Name.Name, n, maxFunctionLines)
			}
		}
	}
}

func lines(set *token.FileSet, n ast.Node) int {
	return set.Position(n.End()).Line - set.Position(n.Pos()).Line + 1
}

func TestComments_ExportedNamesAndPackages(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{}
	for _, s := range sources(t) {
		documented[s.pkg] = documented[s.pkg] || s.file.Doc.Text() != ""
		if s.file.Name.Name == "main" {
			continue
		}
		for _, decl := range s.file.Decls {
			for _, name := range undocumented(decl) {
				t.Errorf("%s: %s is exported and not documented", s.path, name)
			}
		}
	}
	for pkg, is := range documented {
		if !is {
			t.Errorf("%s has no package comment", pkg)
		}
	}
}

func undocumented(decl ast.Decl) (names []string) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Doc.Text() == "" && d.Name.IsExported() && exportedReceiver(d) && !wellKnown(d) {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			names = append(names, undocumentedSpec(d, spec)...)
		}
	}
	return names
}

func undocumentedSpec(d *ast.GenDecl, spec ast.Spec) (names []string) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && s.Doc.Text() == "" && d.Doc.Text() == "" {
			names = append(names, s.Name.Name)
		}
	case *ast.ValueSpec:
		if s.Doc.Text() != "" || s.Comment.Text() != "" || d.Doc.Text() != "" {
			return nil
		}
		for _, name := range s.Names {
			if name.IsExported() {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	expr := f.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.Ident:
			return e.IsExported()
		default:
			return true
		}
	}
}

// wellKnown are methods whose meaning is that of an interface everyone knows.
func wellKnown(f *ast.FuncDecl) bool {
	return f.Recv != nil && strings.Contains(" Error Unwrap String ServeHTTP Is ", " "+f.Name.Name+" ")
}
