package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// isCycle recognises an import cycle.
func isCycle(failure *listError) bool {
	return len(failure.ImportStack) > 1 && strings.HasPrefix(failure.Err, "import cycle not allowed")
}

// addCycle adds a cycle once, however many packages lead into it.
func (p *problems) addCycle(failure *listError) {
	loop := cycleOf(failure.ImportStack)
	first, text := loop[0], strings.Join(append(slices.Clone(loop), loop[0]), " -> ")
	found := problem{Package: first, Kind: kindCycle, Text: "import cycle not allowed: " + text}
	if listed := p.world.listed[first]; listed != nil {
		at := p.importPlace(listed, loop[1%len(loop)])
		found.Dir, found.File, found.Line, found.Column = listed.Dir, at.file, at.line, at.column
		found.Text += p.imports(loop)
	}
	p.add(found)
}

// imports says for each package of a cycle which file imports the next: any of
// them is a place to break it.
func (p *problems) imports(loop []string) (text string) {
	for i, path := range loop {
		next := loop[(i+1)%len(loop)]
		if listed := p.world.listed[path]; listed != nil {
			at := p.importPlace(listed, next)
			text += fmt.Sprintf("\n%s:%d imports %s", filepath.Join(listed.Dir, at.file), at.line, next)
		}
	}
	return text
}

// cycleOf cuts the way into the cycle off an import stack and starts the
// cycle at its smallest path, so that it always reads the same.
func cycleOf(stack []string) []string {
	last := len(stack) - 1
	loop := slices.Clone(stack)
	if start := slices.Index(stack, stack[last]); start < last {
		loop = slices.Clone(stack[start:last])
	}
	smallest := slices.Index(loop, slices.Min(loop))
	return append(loop[smallest:], loop[:smallest]...)
}

// importPlace finds the import of a path in a package's files.
func (p *problems) importPlace(listed *listPackage, path string) place {
	s := p.world.sources[listed]
	if s == nil { // not a policy package
		s = parsePackage(listed)
	}
	for _, file := range s.files {
		if file.kind != fileBuilt {
			continue
		}
		for _, imported := range file.syntax.Imports {
			if imported.Path != nil && imported.Path.Value == strconv.Quote(path) {
				at := s.position(imported.Path.Pos())
				return place{file.name, at.Line, at.Column}
			}
		}
	}
	return place{}
}

// importAt is the path of the import at a place, if there is one: go list does
// not say which module is missing when it may not ask for any.
func (p *problems) importAt(listed *listPackage, at place) string {
	s := p.world.sources[listed]
	if s == nil || at.line == 0 {
		return ""
	}
	for _, file := range s.files {
		for _, imported := range file.syntax.Imports {
			if imported.Path == nil || file.name != at.file {
				continue
			}
			found := s.position(imported.Path.Pos())
			if path, err := strconv.Unquote(imported.Path.Value); err == nil && found.Line == at.line && found.Column == at.column {
				return path
			}
		}
	}
	return ""
}
