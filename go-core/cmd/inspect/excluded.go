package main

import (
	"fmt"
	"go/token"
)

// missExcluded reports types that look like policies by their syntax but are
// declared in files that are not compiled.
func (d *discovery) missExcluded(listed *listPackage) {
	s := d.world.sources[listed]
	for _, key := range s.typeKeys() {
		declarations := s.types[key]
		declared := declarations[0]
		if anyBuilt(declarations) || len(d.world.namedAlike(s, key)) < 2 {
			continue
		}
		exported := token.IsExported(key.name)
		if !exported && declared.file.isTest() {
			continue // a test's own stand-in
		}
		faults := placeFaults(listed)
		if !exported {
			faults = append(faults, d.world.unexportedFault(listed, key.name))
		}
		faults = append(faults, d.world.exclusion(declared.file, "is"))
		d.add(listed, key.name, faults, declared.file.name, declared.line)
	}
}

// anyBuilt reports whether one of the declarations is compiled.
func anyBuilt(declarations []typeDeclaration) bool {
	for _, declared := range declarations {
		if declared.file.kind == fileBuilt {
			return true
		}
	}
	return false
}

// declaredElsewhere tells that a method the compiler does not see is declared
// in a file that is not compiled.
func (w *world) declaredElsewhere(c candidate, name string) fault {
	s := w.sources[c.listed]
	if s == nil {
		return fault{}
	}
	for _, declared := range s.methods[scopeKey{false, c.object.Name()}] {
		if declared.function.Name.Name == name && declared.file.kind != fileBuilt {
			return w.exclusion(declared.file, name+" is")
		}
	}
	return fault{}
}

// isTest reports whether the file is only compiled for tests.
func (f *sourceFile) isTest() bool {
	return f.kind == fileTest || f.kind == fileOuterTest
}

// exclusion says that something is declared in a file, why that is not compiled,
// and what helps.
func (w *world) exclusion(file *sourceFile, is string) fault {
	where := is + " declared in " + file.name
	switch file.kind {
	case fileCgo:
		return fault{where + `, which imports "C", and cgo is not available`, "do without cgo: the binary is static"}
	case fileTest, fileOuterTest:
		return fault{where + ", and test files are not part of a build", "declare it in a file that is not named _test.go"}
	}
	return fault{fmt.Sprintf("%s, which build constraints exclude for %s/%s", where, w.goos, w.goarch),
		"build for a platform that the file is for, or change its build constraint"}
}
