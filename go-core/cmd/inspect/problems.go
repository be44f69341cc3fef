package main

import (
	"fmt"
	"slices"
	"strings"
)

// problems collects errors, each once.
type problems struct {
	world    *world
	isPolicy map[*listPackage]bool
	seen     map[problem]int // the places of those found
	found    []problem

	mayHavePolicy bool // of the package whose errors are added
}

// findProblems fills the document with the errors of the policy packages and
// of patterns go list could not resolve at all.
func (w *world) findProblems(packages, policies []*listPackage, result *document) {
	p := &problems{world: w, isPolicy: map[*listPackage]bool{}, seen: map[problem]int{}}
	for _, listed := range policies {
		p.isPolicy[listed] = true
	}
	for _, listed := range packages {
		if p.isPolicy[listed] || listed.Dir == "" && listed.Error != nil && !listed.DepOnly {
			p.addPackage(listed)
		}
	}
	result.Problems = p.found
}

// addPackage adds the errors of one package.
func (p *problems) addPackage(listed *listPackage) {
	p.mayHavePolicy = p.world.mayHavePolicy(listed)
	if listed.Error != nil && !isExcludedAll(listed, listed.Error) {
		p.addError(listed, listed.Error)
	}
	for _, failure := range listed.DepsErrors {
		switch {
		case failure == nil:
		case isExcludedAll(listed, failure):
			p.addExcludedImport(listed, failure)
		default:
			p.addError(listed, failure)
		}
	}
	if s := p.world.sources[listed]; s != nil && s.failure != "" {
		p.add(problem{Package: listed.ImportPath, Dir: listed.Dir, Kind: kindLoad, Text: s.failure})
	}
	if !listed.broken() && listed.Export == "" && len(listed.GoFiles) > 0 {
		p.add(problem{Package: listed.ImportPath, Dir: listed.Dir, Kind: kindLoad,
			Text: "go list made no export data and named no error"})
	}
}

// isExcludedAll recognises a package that has no file for this platform, or
// none but tests: that is no error of the package.
func isExcludedAll(listed *listPackage, failure *listError) bool {
	if failure.Pos != "" || listed.Dir == "" {
		return false
	}
	return strings.HasPrefix(failure.Err, "build constraints exclude all Go files in ") ||
		strings.HasPrefix(failure.Err, "no non-test Go files in ")
}

// addExcludedImport adds that a package imports one that is excluded. Go list
// names just the excluded one, to all that need it in any way.
func (p *problems) addExcludedImport(listed *listPackage, failure *listError) {
	if len(failure.ImportStack) == 0 {
		return
	}
	path := failure.ImportStack[len(failure.ImportStack)-1]
	at := p.importPlace(listed, path)
	excluded := p.world.listed[path]
	if path == listed.ImportPath || at.file == "" && excluded != nil && p.isPolicy[excluded] {
		return
	}
	p.add(problem{Package: listed.ImportPath, Dir: listed.Dir, File: at.file, Line: at.line,
		Column: at.column, Kind: kindLoad, Text: fmt.Sprintf("import %q: build constraints exclude all its Go files", path)})
}

// addError adds what one error of go list says.
func (p *problems) addError(listed *listPackage, failure *listError) {
	if isCycle(failure) {
		p.addCycle(failure)
		return
	}
	owner := p.owner(listed, failure)
	if failure.Pos != "" {
		printed := parseErrorLine(failure.Pos + ": " + joinLines(failure.Err))
		if stack := failure.ImportStack; len(stack) > 0 && stack[len(stack)-1] != owner.ImportPath && failure != listed.Error {
			printed.header = stack[len(stack)-1]
		}
		if printed.header == "" && !p.world.isPlaceIn(owner, printed) {
			printed = textError{text: printed.text} // where it is imported, perhaps by a generated file
		}
		p.addText(owner, printed)
		return
	}
	parsed := parseErrorText(failure.Err)
	if len(parsed) == 0 {
		parsed = []textError{{text: "unknown error"}}
	}
	for _, line := range parsed {
		p.addText(owner, line)
	}
}

// owner is the policy package an error belongs to: the last one of the import
// stack, which is the one that has the faulty import.
func (p *problems) owner(listed *listPackage, failure *listError) *listPackage {
	for _, path := range slices.Backward(failure.ImportStack) {
		if candidate := p.world.listed[path]; candidate != nil && p.isPolicy[candidate] {
			return candidate
		}
	}
	return listed
}

// addText adds one error of a text to the package named by its header if
// that is a policy package, and else as load problem to the one that needs it.
func (p *problems) addText(owner *listPackage, line textError) {
	if line.header != "" && line.header != owner.ImportPath {
		named := p.world.listed[line.header]
		if named == nil || !p.isPolicy[named] {
			p.addDependency(owner, line)
			return
		}
		owner = named
	}
	at := p.world.resolvePlace(owner, place{line.file, line.line, line.column})
	text := shortenPlaces(owner, line.text)
	if path := p.importAt(owner, at); path != "" && !strings.Contains(text, path) {
		text = fmt.Sprintf("import %q: %s", path, text)
	}
	p.add(problem{Package: owner.ImportPath, Dir: owner.Dir, File: at.file, Line: at.line,
		Column: at.column, Text: text, Kind: errorKind(line)})
}

// addDependency adds an error outside the policies.
func (p *problems) addDependency(owner *listPackage, line textError) {
	text := line.text
	if line.file != "" {
		text = fmt.Sprintf("%s:%d:%d: %s", line.file, line.line, line.column, text)
	}
	p.add(problem{Package: owner.ImportPath, Dir: owner.Dir, Kind: kindLoad,
		Text: "dependency " + line.header + " does not build: " + text})
}

// errorKind tells a fault in the code from one in finding the packages.
func errorKind(line textError) string {
	if line.header != "" || strings.HasPrefix(line.text, "expected ") || strings.HasPrefix(line.text, "syntax error") {
		return kindCompile
	}
	return kindLoad
}

// add appends a problem unless it is known. Of load problems, one at each
// place is enough: go list words the same fault in several ways.
func (p *problems) add(found problem) {
	key := found
	switch {
	case found.Kind == kindLoad && found.Line > 0:
		key.Text = ""
	case strings.HasPrefix(found.Text, "dependency "):
		key.Package, key.Dir = "", ""
	}
	index, seen := p.seen[key]
	if !seen {
		index = len(p.found)
		p.seen[key] = index
		p.found = append(p.found, found)
	}
	p.found[index].InTheWay = p.found[index].InTheWay || p.mayHavePolicy
}
