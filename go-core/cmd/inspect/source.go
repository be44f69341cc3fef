package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// fileKind says what part a file plays in its package.
type fileKind int

const (
	fileBuilt fileKind = iota
	fileExcluded
	fileCgo
	fileTest
	fileOuterTest
)

// sourceFile is one parsed file. Its syntax tree may be incomplete.
type sourceFile struct {
	name       string
	kind       fileKind
	syntax     *ast.File
	directives bool // there may be line directives
}

// source is what the syntax of a package shows.
type source struct {
	fset      *token.FileSet
	files     []*sourceFile
	types     map[scopeKey][]typeDeclaration
	methods   map[scopeKey][]functionDeclaration
	functions map[string]functionDeclaration
	failure   string // why the syntax could not be read at all
}

// parseAll parses every package's files, all processors sharing the work.
func parseAll(packages []*listPackage) map[*listPackage]*source {
	sources := make([]*source, len(packages))
	next := make(chan int)
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for index := range next {
				sources[index] = parsePackage(packages[index])
			}
		})
	}
	for index := range packages {
		next <- index
	}
	close(next)
	group.Wait()
	result := make(map[*listPackage]*source, len(packages))
	for index, listed := range packages {
		result[listed] = sources[index]
	}
	return result
}

// parsePackage parses all files go list named, whatever their kind.
func parsePackage(listed *listPackage) (s *source) {
	s = &source{fset: token.NewFileSet(), types: map[scopeKey][]typeDeclaration{},
		methods: map[scopeKey][]functionDeclaration{}, functions: map[string]functionDeclaration{}}
	defer func() {
		if reason := recover(); reason != nil {
			s.failure = fmt.Sprint("the parser fails: ", reason)
		}
	}()
	s.add(listed.Dir, listed.GoFiles, fileBuilt)
	s.add(listed.Dir, listed.CgoFiles, fileCgo)
	s.add(listed.Dir, listed.IgnoredGoFiles, fileExcluded)
	s.add(listed.Dir, listed.TestGoFiles, fileTest)
	s.add(listed.Dir, listed.XTestGoFiles, fileOuterTest)
	for _, file := range s.files {
		s.index(file)
	}
	return s
}

// add parses the named files as files of one kind. Of a broken file the part
// before the fault is kept.
func (s *source) add(directory string, names []string, kind fileKind) {
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(directory, name))
		if err != nil {
			continue
		}
		syntax, _ := parser.ParseFile(s.fset, filepath.Join(directory, name), content, parser.SkipObjectResolution)
		if syntax == nil || syntax.Name == nil {
			continue
		}
		directives := bytes.Contains(content, []byte("//line ")) || bytes.Contains(content, []byte("/*line "))
		s.files = append(s.files, &sourceFile{name, refineKind(kind, name, syntax), syntax, directives})
	}
}

// refineKind looks closer at an excluded file: go list puts excluded tests
// and, without cgo, files that import "C" on the same list.
func refineKind(kind fileKind, name string, syntax *ast.File) fileKind {
	if kind != fileExcluded {
		return kind
	}
	if strings.HasSuffix(name, "_test.go") {
		return fileTest
	}
	for _, imported := range syntax.Imports {
		if imported.Path != nil && imported.Path.Value == `"C"` {
			return fileCgo
		}
	}
	return fileExcluded
}
