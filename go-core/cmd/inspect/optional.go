package main

import "go/types"

// engineInterface is what go-core's own engine asks of a policy. Which methods
// another core looks for is not known.
const engineInterface = "github.com/policy-tasks/policy-tasks/go-core/engine.Policy"

// optionalMethods are what the engine calls of a policy that has it: the methods
// of the interfaces with a single one, declared in the same file as its own.
func (w *world) optionalMethods(path, name string) ([]*types.Func, error) {
	loaded, err := w.load(w.listed[path])
	if err != nil {
		return nil, err
	}
	scope := loaded.Scope()
	file := func(object types.Object) string { return w.fset.Position(object.Pos()).Filename }
	own := file(scope.Lookup(name))
	var found []*types.Func
	for _, other := range scope.Names() {
		object := scope.Lookup(other)
		declared, ok := object.Type().Underlying().(*types.Interface)
		if ok && object.Exported() && other != name && declared.NumMethods() == 1 && file(object) == own {
			found = append(found, declared.Method(0))
		}
	}
	return found, nil
}

// needsPointer reports whether only *T has an optional method of the engine's.
func (w *world) needsPointer(shape types.Type) bool {
	for _, wanted := range w.optional {
		object, _, indirect := types.LookupFieldOrMethod(shape, false, wanted.Pkg(), wanted.Name())
		if object != nil || !indirect {
			continue
		}
		object, _, _ = types.LookupFieldOrMethod(shape, true, wanted.Pkg(), wanted.Name())
		if found, ok := object.(*types.Func); ok && judgeFound(found, wanted) == "" {
			return true
		}
	}
	return false
}

// ignoreMethods tells of the policy's methods that have the name of an optional
// one and another signature. Those of a type that it embeds, and that is not of
// the policies' packages, have a purpose of their own.
func (d *discovery) ignoreMethods(c candidate) {
	for _, wanted := range d.world.optional {
		object, _, _ := types.LookupFieldOrMethod(c.shape, true, c.object.Pkg(), wanted.Name())
		method, ok := object.(*types.Func)
		if !ok {
			continue
		}
		listed, declared := d.world.declared(method)
		if fault := judgeFound(method, wanted); fault != "" && declared != nil {
			d.ignore(c, listed, *declared, ignoredMethod, fault+": it is not called")
		}
	}
}
