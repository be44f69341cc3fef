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
			faults = append(faults, "is not exported")
		}
		faults = append(faults, "is declared in "+d.world.exclusion(declared.file))
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
func (w *world) declaredElsewhere(c candidate, name string) string {
	s := w.sources[c.listed]
	if s == nil {
		return ""
	}
	for _, declared := range s.methods[scopeKey{false, c.object.Name()}] {
		if declared.function.Name.Name == name && declared.file.kind != fileBuilt {
			return fmt.Sprintf("%s is declared in %s", name, w.exclusion(declared.file))
		}
	}
	return ""
}

// isTest reports whether the file is only compiled for tests.
func (f *sourceFile) isTest() bool {
	return f.kind == fileTest || f.kind == fileOuterTest
}

// exclusion names a file and says why it is not compiled.
func (w *world) exclusion(file *sourceFile) string {
	switch file.kind {
	case fileCgo:
		return file.name + `, which imports "C", and cgo is not available`
	case fileTest, fileOuterTest:
		return file.name + ", and test files are not part of a build"
	}
	return fmt.Sprintf("%s, which build constraints exclude for %s/%s", file.name, w.goos, w.goarch)
}
