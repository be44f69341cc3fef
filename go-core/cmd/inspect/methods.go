package main

import (
	"fmt"
	"go/types"
	"strings"
)

// verdict is what the method set of a type says about it.
type verdict struct {
	implements bool
	pointer    bool
	noticed    int // methods of the interface it has, at least by name
	faults     []fault

	constructors []constructor // of a type that implements the interface
}

// judgeMethods compares a type's methods with the interface's.
func (w *world) judgeMethods(c candidate) verdict {
	shape := c.shape
	if pointer, ok := shape.(*types.Pointer); ok {
		shape = types.Unalias(pointer.Elem())
	}
	if types.IsInterface(shape) {
		return verdict{}
	}
	var v verdict
	if !c.isGeneric() {
		v.pointer = !types.Implements(shape, w.wanted)
		v.implements = !v.pointer || types.Implements(types.NewPointer(shape), w.wanted)
		v.pointer = v.pointer || w.needsPointer(shape)
	}
	if v.implements && !c.isPointer() {
		v.constructors = w.constructors(c)
	}
	hasUsual := c.usual(v.constructors) != ""
	for index := range w.wanted.NumMethods() {
		found, noticed := w.judgeMethod(c, shape, w.wanted.Method(index), hasUsual)
		if found.why != "" {
			v.faults = append(v.faults, found)
		}
		if noticed {
			v.noticed++
		}
	}
	return v
}

// judgeMethod tells what is wrong with one method of a type, whose values a
// constructor makes or not, and whether there is a method of that name at all.
func (w *world) judgeMethod(c candidate, shape types.Type, wanted *types.Func, constructed bool) (found fault, noticed bool) {
	object, path, _ := types.LookupFieldOrMethod(shape, true, c.object.Pkg(), wanted.Name())
	switch method := object.(type) {
	case *types.Func:
		if found.why = judgeFound(method, wanted); found.why == "" && !constructed {
			found = c.nilFault(nilPromotion(shape, path, method))
		}
		return found, true
	case *types.Var:
		return fault{why: fmt.Sprintf("%s is a field, want a method %s", wanted.Name(), heading(wanted))}, false
	}
	if path != nil {
		return fault{why: fmt.Sprintf("%s is promoted from more than one embedded type", wanted.Name())}, true
	}
	if found = w.declaredElsewhere(c, wanted.Name()); found.why != "" {
		return found, true
	}
	if other := spelledAlike(shape, wanted.Name()); other != nil {
		return fault{why: spellingFault(other, wanted)}, true
	}
	return fault{why: "has no method " + heading(wanted)}, false
}

// judgeFound checks the type of a method of the right name.
func judgeFound(found, wanted *types.Func) string {
	if found.Signature().TypeParams().Len() > 0 {
		return wanted.Name() + " has type parameters, and a generic method implements no interface"
	}
	if !types.Identical(found.Type(), wanted.Type()) {
		short, want := signature(found, shortName), signature(wanted, shortName)
		if short == want {
			short, want = signature(found, nil), signature(wanted, nil)
		}
		return fmt.Sprintf("%s has the signature %s, want %s", wanted.Name(), short, want)
	}
	return ""
}

// nilFault is the fault of a method that only a constructor makes usable.
func (c candidate) nilFault(why string) fault {
	if why == "" {
		return fault{}
	}
	return fault{why, fmt.Sprintf("add a constructor that sets it: func New() *%s", c.object.Name())}
}

// nilPromotion tells why calling a promoted method of the zero value panics:
// it comes from an embedded interface, or needs the target of an embedded
// pointer. It returns "" if it does not.
func nilPromotion(shape types.Type, path []int, method *types.Func) string {
	for depth, index := range path[:len(path)-1] {
		structure, ok := shape.Underlying().(*types.Struct)
		if !ok {
			return ""
		}
		field := structure.Field(index)
		if types.IsInterface(field.Type()) {
			return fmt.Sprintf("%s comes from the embedded interface %s, which is nil in the zero value",
				method.Name(), shortType(field.Type()))
		}
		shape = types.Unalias(field.Type())
		pointer, ok := shape.(*types.Pointer)
		if !ok {
			continue
		}
		if depth+2 < len(path) || !onPointer(method) {
			return fmt.Sprintf("%s comes from the embedded pointer %s, which is nil in the zero value",
				method.Name(), shortType(field.Type()))
		}
		shape = pointer.Elem()
	}
	return ""
}

// onPointer reports whether the method has a pointer receiver.
func onPointer(method *types.Func) bool {
	_, ok := types.Unalias(method.Signature().Recv().Type()).(*types.Pointer)
	return ok
}

// spelledAlike finds a method whose name differs only in case.
func spelledAlike(shape types.Type, name string) *types.Func {
	methods := types.NewMethodSet(types.NewPointer(shape))
	for index := range methods.Len() {
		if found := methods.At(index).Obj().(*types.Func); strings.EqualFold(found.Name(), name) {
			return found
		}
	}
	return nil
}

// spellingFault says how a method of nearly the right name must be named.
func spellingFault(found, wanted *types.Func) string {
	if !found.Exported() {
		return fmt.Sprintf("%s is not exported, want %s", found.Name(), heading(wanted))
	}
	return fmt.Sprintf("%s is spelled differently, want %s", found.Name(), heading(wanted))
}

// heading is the method as a declaration names it: Name() string.
func heading(method *types.Func) string {
	return method.Name() + strings.TrimPrefix(signature(method, shortName), "func")
}

// signature is the method's type without its receiver.
func signature(method *types.Func, qualifier types.Qualifier) string {
	return types.TypeString(method.Type(), qualifier)
}

// shortType is a type as its users write it.
func shortType(t types.Type) string { return types.TypeString(t, shortName) }

// shortName qualifies with the package's name alone.
func shortName(imported *types.Package) string { return imported.Name() }
