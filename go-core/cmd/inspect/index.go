package main

import (
	"cmp"
	"go/ast"
	"go/token"
	"maps"
	"slices"
)

// typeDeclaration is a package-level type declaration.
type typeDeclaration struct {
	file  *sourceFile
	spec  *ast.TypeSpec
	line  int
	alias bool
}

// functionDeclaration is a function, or a method with a receiver of a named type.
type functionDeclaration struct {
	file     *sourceFile
	function *ast.FuncDecl
}

// scopeKey is a type's name within the package or its external test package.
type scopeKey struct {
	outerTest bool
	name      string
}

// index notes the types, the methods and, if it is built, the functions a file
// declares.
func (s *source) index(file *sourceFile) {
	outer := file.kind == fileOuterTest
	for _, declaration := range file.syntax.Decls {
		switch declaration := declaration.(type) {
		case *ast.FuncDecl:
			found := functionDeclaration{file, declaration}
			if name := receiverName(declaration); name != "" {
				key := scopeKey{outer, name}
				s.methods[key] = append(s.methods[key], found)
			} else if declaration.Recv == nil && file.kind == fileBuilt {
				s.functions[declaration.Name.Name] = found
			}
		case *ast.GenDecl:
			for _, spec := range declaration.Specs {
				if spec, ok := spec.(*ast.TypeSpec); ok && spec.Name != nil {
					key := scopeKey{outer, spec.Name.Name}
					s.types[key] = append(s.types[key], typeDeclaration{file, spec, s.position(spec.Pos()).Line, spec.Assign.IsValid()})
				}
			}
		}
	}
}

// position is the real place of pos, whatever a line directive says.
func (s *source) position(pos token.Pos) token.Position {
	return s.fset.PositionFor(pos, false)
}

// place is the declaration of a type in the files that are built, or else in
// any other file.
func (s *source) place(name string) (file string, line int) {
	best := s.types[scopeKey{false, name}]
	for _, declared := range best {
		if declared.file.kind == fileBuilt {
			return declared.file.name, declared.line
		}
	}
	if len(best) > 0 {
		return best[0].file.name, best[0].line
	}
	return "", 0
}

// receiverName is the name of the type a method is declared on.
func receiverName(function *ast.FuncDecl) string {
	if function.Recv == nil || len(function.Recv.List) != 1 {
		return ""
	}
	expression := function.Recv.List[0].Type
	for {
		switch inner := expression.(type) {
		case *ast.ParenExpr:
			expression = inner.X
		case *ast.StarExpr:
			expression = inner.X
		case *ast.IndexExpr:
			expression = inner.X
		case *ast.IndexListExpr:
			expression = inner.X
		case *ast.Ident:
			return inner.Name
		default:
			return ""
		}
	}
}

// typeKeys are the declared types by name, the package's own first.
func (s *source) typeKeys() []scopeKey {
	return slices.SortedFunc(maps.Keys(s.types), func(a, b scopeKey) int {
		if a.outerTest != b.outerTest {
			if b.outerTest {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.name, b.name)
	})
}
