package main

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// ignoreConstructors tells of the functions that seem to be the constructor of a
// policy that has none: it is a zero value, which may decide otherwise.
func (d *discovery) ignoreConstructors(c candidate, v verdict) {
	if c.usual(v.constructors) != "" {
		return
	}
	s := d.world.sources[c.listed]
	for _, each := range v.constructors {
		if others := othersLike(each, v.constructors); len(others) > 0 {
			d.ignoreConstructor(c, v, s.functions[each.Name], strings.Join(others, " and ")+" could be it as well")
		}
	}
	for _, name := range []string{"New" + c.object.Name(), "New"} {
		function, ok := c.object.Pkg().Scope().Lookup(name).(*types.Func)
		if !ok {
			continue
		}
		if fault := c.misfit(function); fault != "" {
			d.ignoreConstructor(c, v, s.functions[name], fault)
		}
	}
	if hidden := s.functions["new"+c.object.Name()]; makesHidden(hidden, c.object.Name()) {
		d.ignoreConstructor(c, v, hidden, "it is not exported")
	}
}

// othersLike are the other constructors with a usual name, if this has one, too.
func othersLike(one constructor, made []constructor) []string {
	var others []string
	for _, each := range made {
		if strings.HasPrefix(each.Name, "New") && each != one {
			others = append(others, each.Name)
		}
	}
	if !strings.HasPrefix(one.Name, "New") {
		return nil
	}
	return others
}

// misfit tells why a function that returns the policy is no constructor, and ""
// of one that does not return it.
func (c candidate) misfit(function *types.Func) string {
	s := function.Signature()
	returned := c.returned(s)
	name := c.object.Name()
	switch {
	case returned == nil:
		return ""
	case s.TypeParams().Len() > 0:
		return "it has type parameters"
	case s.Params().Len() > 0:
		return "it has parameters"
	case types.IsInterface(returned):
		return fmt.Sprintf("it returns the interface %s, want %s or *%s", shortType(returned), name, name)
	}
	return fmt.Sprintf("it returns %s, want %s or *%s, perhaps with an error", shortResults(s), name, name)
}

// returned is the first result that is the policy, a pointer to it, or an
// interface that it implements; nil if there is none.
func (c candidate) returned(s *types.Signature) types.Type {
	for result := range s.Results().Variables() {
		returned := types.Unalias(result.Type())
		if wanted, ok := returned.Underlying().(*types.Interface); ok {
			if wanted.NumMethods() > 0 && types.Implements(types.NewPointer(c.shape), wanted) {
				return returned
			}
			continue
		}
		made := returned
		for pointer, ok := made.(*types.Pointer); ok; pointer, ok = made.(*types.Pointer) {
			made = types.Unalias(pointer.Elem())
		}
		isInstance := s.TypeParams().Len() > 0 && declaration(made) == declaration(c.shape)
		if isInstance || types.Identical(made, c.shape) {
			return returned
		}
	}
	return nil
}

// shortResults are the results as a declaration names them.
func shortResults(s *types.Signature) string {
	if s.Results().Len() == 1 {
		return shortType(s.Results().At(0).Type())
	}
	return shortType(s.Results())
}

// makesHidden reports whether a function, perhaps none, would be the constructor
// of a type if it were exported. Export data need not have it.
func makesHidden(declared functionDeclaration, typeName string) bool {
	function := declared.function
	if function == nil || function.Type.TypeParams != nil || len(function.Type.Params.List) > 0 || function.Type.Results == nil {
		return false
	}
	return slices.ContainsFunc(function.Type.Results.List, func(result *ast.Field) bool {
		made := result.Type
		if pointer, ok := made.(*ast.StarExpr); ok {
			made = pointer.X
		}
		named, ok := made.(*ast.Ident)
		return ok && named.Name == typeName
	})
}

// ignoreConstructor tells that a function is not called, and what is instead.
func (d *discovery) ignoreConstructor(c candidate, v verdict, declared functionDeclaration, fault string) {
	if declared.function == nil {
		return
	}
	name := c.object.Name()
	d.ignore(c, c.listed, declared, ignoredConstructor, fmt.Sprintf("%s is not taken as the constructor of %s: %s; the policy is made as %s",
		declared.function.Name.Name, name, fault, zeroValue(c, v)))
}

// zeroValue names what a policy without a constructor is.
func zeroValue(c candidate, v verdict) string {
	switch {
	case !composite(c.shape):
		return "its zero value"
	case v.pointer:
		return "&" + c.object.Name() + "{}"
	}
	return c.object.Name() + "{}"
}
