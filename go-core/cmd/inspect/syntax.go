package main

import "go/ast"

// mayHavePolicy tells by the syntax of a package, which may not compile,
// whether it has a type that is a policy or nearly one. Of a package that
// could not be read nothing is known.
func (w *world) mayHavePolicy(listed *listPackage) bool {
	s := w.sources[listed]
	if s == nil || s.failure != "" {
		return true
	}
	for key := range s.methods {
		if !key.outerTest && len(w.namedAlike(s, key)) >= 2 {
			return true
		}
	}
	for key, declarations := range s.types {
		if !key.outerTest && ast.IsExported(key.name) && borrowsMethods(declarations) {
			return true
		}
	}
	return false
}

// borrowsMethods reports whether a type may have methods that are declared for
// another one: that of an alias, or of an embedded field.
func borrowsMethods(declarations []typeDeclaration) bool {
	for _, declared := range declarations {
		if declared.alias {
			return true
		}
		structure, ok := declared.spec.Type.(*ast.StructType)
		if !ok || structure.Fields == nil {
			continue
		}
		for _, field := range structure.Fields.List {
			if len(field.Names) == 0 {
				return true
			}
		}
	}
	return false
}
