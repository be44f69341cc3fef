package main

import (
	"go/token"
	"go/types"
	"strings"
)

// candidate is a package-level type that may be a policy.
type candidate struct {
	listed *listPackage
	object *types.TypeName
	shape  types.Type // the type with every alias resolved
}

// newCandidate resolves the object's type.
func newCandidate(listed *listPackage, object *types.TypeName) candidate {
	return candidate{listed, object, types.Unalias(object.Type())}
}

// exported lists the exported types of all packages that compile: first the
// types declared where they are found, then the aliases, so that a type is
// known by its own name wherever that is possible.
func (w *world) exported(packages []*listPackage) ([]candidate, error) {
	var own, aliases []candidate
	for _, listed := range packages {
		if listed.Export == "" {
			continue
		}
		loaded, err := w.typesOf(listed)
		if err != nil {
			return nil, err
		}
		for _, name := range loaded.Scope().Names() {
			object, ok := loaded.Scope().Lookup(name).(*types.TypeName)
			switch {
			case !ok || !object.Exported():
			case object.IsAlias():
				aliases = append(aliases, newCandidate(listed, object))
			default:
				own = append(own, newCandidate(listed, object))
			}
		}
	}
	return append(own, aliases...), nil
}

// unexported lists the unexported types of the packages whose syntax shows
// one with at least two methods of the interface.
func (w *world) unexported(packages []*listPackage) []candidate {
	var found []candidate
	for _, listed := range packages {
		if listed.Export == "" || !w.showsHiddenPolicy(w.sources[listed]) {
			continue
		}
		scope := w.check(listed).types.Scope()
		for _, name := range scope.Names() {
			object, ok := scope.Lookup(name).(*types.TypeName)
			if ok && !object.Exported() && !object.IsAlias() {
				found = append(found, newCandidate(listed, object))
			}
		}
	}
	return found
}

// showsHiddenPolicy looks for an unexported type with two of the methods.
func (w *world) showsHiddenPolicy(s *source) bool {
	for key := range s.methods {
		if !key.outerTest && !token.IsExported(key.name) && len(w.namedAlike(s, key)) >= 2 {
			return true
		}
	}
	return false
}

// namedAlike collects the interface's methods that a type has by its syntax,
// whatever their case, each with the declaration found.
func (w *world) namedAlike(s *source, key scopeKey) map[string]functionDeclaration {
	found := map[string]functionDeclaration{}
	for _, declared := range s.methods[key] {
		for index := range w.wanted.NumMethods() {
			name := w.wanted.Method(index).Name()
			if strings.EqualFold(name, declared.function.Name.Name) {
				found[name] = declared
			}
		}
	}
	return found
}

// isPointer reports whether the candidate is an alias of a pointer type.
func (c candidate) isPointer() bool {
	_, ok := c.shape.(*types.Pointer)
	return ok
}

// isGeneric reports whether the type still waits for type arguments.
func (c candidate) isGeneric() bool {
	if alias, ok := c.object.Type().(*types.Alias); ok && alias.TypeParams().Len() > 0 {
		return true
	}
	named, ok := c.shape.(*types.Named)
	return ok && named.TypeParams().Len() != named.TypeArgs().Len()
}

// identity is the same text for the same type, however it was reached.
func identity(t types.Type) string {
	if named, ok := t.(*types.Named); ok && named.TypeArgs().Len() == 0 {
		return objectKey(named.Obj())
	}
	return types.TypeString(t, nil)
}

// declaration is the identity of the declaration a type comes from: all
// instances of a generic type share one.
func declaration(t types.Type) string {
	if named, ok := t.(*types.Named); ok {
		return objectKey(named.Origin().Obj())
	}
	return types.TypeString(t, nil)
}

// objectKey is the full name of a declared type.
func objectKey(object *types.TypeName) string {
	if object.Pkg() == nil {
		return object.Name()
	}
	return object.Pkg().Path() + "." + object.Name()
}

// composite reports whether T{} is a valid literal of the type.
func composite(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Struct, *types.Map, *types.Slice, *types.Array:
		return true
	}
	return false
}
