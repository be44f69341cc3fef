package main

import (
	"fmt"
	"go/types"
	"slices"
	"strings"

	"github.com/policy-tasks/policy-tasks/go-core/name"
)

// discovery collects policies and near misses over all packages.
type discovery struct {
	world    *world
	document *document
	taken    map[string]bool // identities of the types registered
	covered  map[string]bool // declarations that need no mention of their own
	missed   map[string]bool // declarations reported as near misses
	reported map[string]bool // package and type name of everything printed
}

// discover fills the document with the policies and near misses.
func (w *world) discover(packages []*listPackage, result *document) error {
	d := &discovery{w, result, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	candidates, err := w.exported(packages)
	if err != nil {
		return err
	}
	verdicts := make([]verdict, len(candidates))
	for index, c := range candidates {
		verdicts[index] = w.judge(c)
		if len(verdicts[index].faults) == 0 && verdicts[index].implements {
			d.register(c, verdicts[index])
		}
	}
	for index, c := range candidates {
		d.miss(c, verdicts[index])
	}
	for _, c := range w.unexported(packages) {
		d.miss(c, w.judge(c))
	}
	for _, listed := range packages {
		d.missExcluded(listed)
	}
	return nil
}

// judge adds to a type's method faults those of its kind and its place.
func (w *world) judge(c candidate) verdict {
	v := w.judgeMethods(c)
	faults := placeFaults(c.listed)
	if !c.object.Exported() {
		faults = append(faults, w.unexportedFault(c.listed, c.object.Name()))
	}
	if c.isGeneric() {
		faults = append(faults, fault{"is generic", fmt.Sprintf("export an instance such as type My%s = %s[...]", c.object.Name(), c.object.Name())})
	}
	if c.isPointer() {
		faults = append(faults, fault{why: fmt.Sprintf("is an alias of the pointer type %s", shortType(c.shape))})
	}
	v.faults = append(faults, v.faults...)
	return v
}

// placeFaults tells why no type of the package can be imported.
func placeFaults(listed *listPackage) []fault {
	var faults []fault
	if listed.Name == "main" {
		faults = append(faults, fault{"is in package main, which cannot be imported", "move it to a package of its own"})
	}
	if slices.Contains(strings.Split(listed.ImportPath, "/"), "internal") {
		faults = append(faults, fault{"is below an internal directory, which cannot be imported from outside",
			"move it out of internal, or export an alias of it in a package that is not below it"})
	}
	return faults
}

// register notes a policy, once however many names it has.
func (d *discovery) register(c candidate, v verdict) {
	if d.taken[identity(c.shape)] {
		return
	}
	d.taken[identity(c.shape)] = true
	d.cover(c.shape, 0)
	d.reported[c.listed.ImportPath+"."+c.object.Name()] = true
	file, line := d.world.sources[c.listed].place(c.object.Name())
	found := policy{
		Package: c.listed.ImportPath, PackageName: c.listed.Name, Type: c.object.Name(),
		Module: c.listed.modulePath(), Dir: c.listed.Dir, File: file, Line: line,
		Pointer: v.pointer, Composite: composite(c.shape), Name: d.world.constantName(c),
		Constructor:  c.usual(v.constructors),
		Constructors: append([]constructor{}, v.constructors...),
	}
	if found.Name != nil {
		found.NameFlaw = name.Flaw(*found.Name)
	}
	d.document.Policies = append(d.document.Policies, found)
	d.ignoreConstructors(c, v)
	d.ignoreMethods(c)
}

// ignore notes that a function that is declared in that package is not called.
func (d *discovery) ignore(c candidate, listed *listPackage, declared functionDeclaration, kind, reason string) {
	d.document.Ignored = append(d.document.Ignored, ignored{
		Package: c.listed.ImportPath, Type: c.object.Name(), Name: declared.function.Name.Name, Kind: kind, Reason: reason,
		Dir: listed.Dir, File: declared.file.name, Line: d.world.sources[listed].position(declared.function.Pos()).Line,
	})
}

// cover marks a policy's type and what it embeds: a base type that only
// lends its methods is no failed policy.
func (d *discovery) cover(t types.Type, depth int) {
	t = types.Unalias(t)
	if pointer, ok := t.(*types.Pointer); ok {
		t = types.Unalias(pointer.Elem())
	}
	if depth > 0 && d.covered[declaration(t)] {
		return
	}
	d.covered[declaration(t)] = true
	structure, ok := t.Underlying().(*types.Struct)
	if !ok || depth > 50 {
		return
	}
	for index := range structure.NumFields() {
		if field := structure.Field(index); field.Embedded() {
			d.cover(field.Type(), depth+1)
		}
	}
}

// miss reports a type that has most of a policy but is none.
func (d *discovery) miss(c candidate, v verdict) {
	key := declaration(c.shape)
	if v.noticed < 2 || len(v.faults) == 0 || d.covered[key] || d.missed[key] {
		return
	}
	d.missed[key] = true
	file, line := d.world.sources[c.listed].place(c.object.Name())
	d.add(c.listed, c.object.Name(), v.faults, file, line)
}

// add appends a near miss unless the type was reported before.
func (d *discovery) add(listed *listPackage, name string, faults []fault, file string, line int) {
	key := listed.ImportPath + "." + name
	if d.reported[key] {
		return
	}
	d.reported[key] = true
	d.document.NearMisses = append(d.document.NearMisses, nearMiss{
		Package: listed.ImportPath, Type: name, Reason: reasons(faults), Fix: fixes(faults),
		Dir: listed.Dir, File: file, Line: line,
	})
}
