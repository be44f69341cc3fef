package main

import (
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// place is a position within a package directory.
type place struct {
	file         string
	line, column int
}

// resolvePlace maps a position of a message to the package's own file. The
// name may be absolute, relative to where go list ran, or module/path/file.go
// after -trimpath: within a known package the last element decides.
func (w *world) resolvePlace(listed *listPackage, printed place) place {
	if found, ok := w.undoLineDirective(listed, printed); ok {
		return found
	}
	printed.file = relativeFile(listed, printed.file)
	return printed
}

// isPlaceIn reports whether go list printed a place in a file of the package,
// named in full or from where go list ran.
func (w *world) isPlaceIn(listed *listPackage, printed textError) bool {
	if _, ok := w.undoLineDirective(listed, place{printed.file, printed.line, printed.column}); ok {
		return true
	}
	file := filepath.ToSlash(printed.file)
	own := filepath.ToSlash(listed.Dir) + "/" + path.Base(file)
	return listed.Dir != "" && strings.HasSuffix(own, "/"+strings.TrimPrefix(file, "/"))
}

// relativeFile is a printed file name relative to the package's directory if
// it lies there, and as printed otherwise.
func relativeFile(listed *listPackage, name string) string {
	base := path.Base(filepath.ToSlash(name))
	if slices.Contains(listed.files(), base) {
		return base
	}
	if listed.Dir == "" {
		return name
	}
	for _, prefix := range []string{listed.Dir, listed.ImportPath} {
		if inside, ok := strings.CutPrefix(filepath.ToSlash(name), filepath.ToSlash(prefix)+"/"); ok {
			return inside
		}
	}
	if absolute, err := filepath.Abs(name); err == nil && below(listed.Dir, absolute) {
		if inside, err := filepath.Rel(listed.Dir, absolute); err == nil {
			return filepath.ToSlash(inside)
		}
	}
	if info, err := os.Lstat(filepath.Join(listed.Dir, base)); err == nil && info.Mode().IsRegular() {
		return base
	}
	return name
}

// files are the names of all Go files of the package.
func (p *listPackage) files() []string {
	return slices.Concat(p.GoFiles, p.CgoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles)
}

// undoLineDirective finds the place in the package's source that a line
// directive makes pass for the printed one. Only files that have such
// directives are searched.
func (w *world) undoLineDirective(listed *listPackage, printed place) (place, bool) {
	s := w.sources[listed]
	if s == nil || printed.line == 0 {
		return place{}, false
	}
	for _, file := range s.files {
		if file.kind != fileBuilt || !file.directives {
			continue
		}
		handle := s.fset.File(file.syntax.FileStart)
		for offset := range handle.Size() {
			if found, ok := matchPlace(s, handle.Pos(offset), printed); ok {
				return place{file.name, found.Line, found.Column}, true
			}
		}
	}
	return place{}, false
}

// matchPlace reports whether a line directive makes pos pass for the printed
// place, and where it really is.
func matchPlace(s *source, pos token.Pos, printed place) (token.Position, bool) {
	claimed := s.fset.PositionFor(pos, true)
	if claimed.Line != printed.line || claimed.Column != printed.column {
		return claimed, false
	}
	found := s.position(pos)
	name, wanted := filepath.ToSlash(claimed.Filename), filepath.ToSlash(printed.file)
	same := name == wanted || path.Base(name) == path.Base(wanted) && wanted != ""
	same = same && found != claimed
	if printed.column == 0 {
		found.Column = 0 // the directive names none, so the compiler tells none
	}
	return found, same
}

// innerPlace is a place within a message.
var innerPlace = regexp.MustCompile(`\S+\.go(:\d+:\d+: )`)

// shortenPlaces turns the places within a text ("x redeclared, dir/file.go:3:5:
// other declaration of x") into those of the package's own files.
func shortenPlaces(owner *listPackage, text string) string {
	if owner.Dir != "" {
		text = strings.TrimSuffix(text, " in "+owner.Dir)
	}
	return innerPlace.ReplaceAllStringFunc(text, func(found string) string {
		name, _, _ := strings.Cut(found, ".go:")
		return relativeFile(owner, name+".go") + found[len(name)+len(".go"):]
	})
}
