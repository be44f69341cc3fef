package main

import (
	"go/scanner"
	"go/token"
	"slices"
	"strings"
)

const linkname = "//go:linkname "

// moveLinknames returns the text with the packages moved that its linknames
// take a symbol of, or give one to: https://pkg.go.dev/cmd/compile#hdr-Linkname_Directive.
func moveLinknames(text string, moved map[string]string) string {
	if !strings.Contains(text, linkname) {
		return text
	}
	for _, begin := range slices.Backward(directives(text)) { // from the last, so that offsets stay true
		line, _, _ := strings.Cut(text[begin:], "\n")
		words := strings.Fields(line)
		if len(words) != 3 {
			continue
		}
		target := begin + strings.LastIndex(line, words[2])
		text = text[:target] + moveSymbol(words[2], moved) + text[target+len(words[2]):]
	}
	return text
}

// directives returns where in the text the linknames are. As for the compiler
// those are comments at the begin of a line: what only looks like one, in a
// string or in a longer comment, is none.
func directives(text string) []int {
	file := token.NewFileSet().AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, []byte(text), nil, scanner.ScanComments)
	var found []int
	for {
		at, kind, literal := s.Scan()
		if kind == token.EOF {
			return found
		}
		begin := file.Offset(at)
		if kind == token.COMMENT && strings.HasPrefix(literal, linkname) && (begin == 0 || text[begin-1] == '\n') {
			found = append(found, begin)
		}
	}
}

// moveSymbol returns the name that the linker knows a symbol by after its
// package has moved.
func moveSymbol(name string, moved map[string]string) string {
	for from, to := range moved {
		if rest, ok := strings.CutPrefix(name, symbolPrefix(from)+"."); ok {
			return symbolPrefix(to) + "." + rest
		}
	}
	return name
}

// symbolPrefix returns a package's path as it begins the names of symbols:
// without dots after the last slash, as cmd/internal/objabi.PathToPrefix has it.
func symbolPrefix(path string) string {
	last := strings.LastIndex(path, "/") + 1
	return path[:last] + strings.ReplaceAll(path[last:], ".", "%2e")
}
