package main

import (
	"go/types"
	"slices"
	"strings"
)

// constructor is an exported function without parameters that returns a
// policy's type, or a pointer to it, and perhaps an error.
type constructor struct {
	Name    string `json:"name"`
	Pointer bool   `json:"pointer"` // it returns *T
	Error   bool   `json:"error"`   // it returns an error, too
}

// constructors lists the functions of the candidate's package that make one,
// by name.
func (w *world) constructors(c candidate) []constructor {
	loaded, err := w.typesOf(c.listed)
	if err != nil {
		return nil
	}
	var found []constructor
	for _, name := range loaded.Scope().Names() {
		function, ok := loaded.Scope().Lookup(name).(*types.Func)
		if !ok || !function.Exported() {
			continue
		}
		if made, ok := c.madeBy(function); ok {
			found = append(found, made)
		}
	}
	return found
}

// madeBy reports whether the function makes the candidate, and how.
func (c candidate) madeBy(function *types.Func) (made constructor, ok bool) {
	s := function.Signature()
	results := s.Results()
	if s.TypeParams().Len() > 0 || s.Params().Len() > 0 || results.Len() < 1 || results.Len() > 2 {
		return made, false
	}
	made = constructor{Name: function.Name(), Error: results.Len() == 2}
	if made.Error && !types.Identical(results.At(1).Type(), types.Universe.Lookup("error").Type()) {
		return made, false
	}
	result := types.Unalias(results.At(0).Type())
	if pointer, isPointer := result.(*types.Pointer); isPointer {
		made.Pointer, result = true, types.Unalias(pointer.Elem())
	}
	return made, types.Identical(result, c.shape)
}

// usual is the constructor that is taken when nobody names one: New followed
// by the type's name, else New, else the only one whose name begins so. What
// else makes a value, such as Example or Default, is not called unasked.
func (c candidate) usual(made []constructor) string {
	var others []string
	for _, name := range []string{"New" + c.object.Name(), "New"} {
		if slices.ContainsFunc(made, func(each constructor) bool { return each.Name == name }) {
			return name
		}
	}
	for _, each := range made {
		if strings.HasPrefix(each.Name, "New") {
			others = append(others, each.Name)
		}
	}
	if len(others) == 1 {
		return others[0]
	}
	return ""
}
