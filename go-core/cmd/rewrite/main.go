// Command rewrite gives a module's Go files another module path: every import
// of one of its packages becomes one below the new path, and so does the
// package that a //go:linkname names. A package below the old path that is not
// the module's, such as that of a module in a folder of it, keeps its path.
// Nothing else in a file changes, not even its layout.
//
// It reads from standard input, and writes to standard output, the JSON of
//
//	{"from": "example.com/p", "to": "example.com/q", "files": {"p.go": "package p"}}
//
// with all the module's Go files: their folders are its packages.
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
)

// request is what is read, and with the files rewritten what is written.
type request struct {
	From  string            `json:"from"`
	To    string            `json:"to"`
	Files map[string]string `json:"files"`
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "rewrite:", err)
		os.Exit(1)
	}
}

// run rewrites all files of one request.
func run(stdin io.Reader, stdout io.Writer) error {
	var r request
	if err := json.NewDecoder(stdin).Decode(&r); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	moved := moves(r)
	for name, text := range r.Files {
		r.Files[name] = rewrite(text, moved)
	}
	encoder := json.NewEncoder(stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}

// moves returns where each package of the module goes, by its import path.
func moves(r request) map[string]string {
	moved := map[string]string{}
	for name := range r.Files {
		folder := path.Dir(name)
		moved[path.Join(r.From, folder)] = path.Join(r.To, folder)
	}
	return moved
}

// rewrite returns the text with its imports and linknames moved. A file that
// does not parse keeps what the parser could not read, which the compiler will
// tell of.
func rewrite(text string, moved map[string]string) string {
	return moveImports(moveLinknames(text, moved), moved)
}

func moveImports(text string, moved map[string]string) string {
	files := token.NewFileSet()
	syntax, _ := parser.ParseFile(files, "", text, parser.ImportsOnly|parser.SkipObjectResolution)
	if syntax == nil {
		return text
	}
	imports := slices.Clone(syntax.Imports)
	slices.SortFunc(imports, func(a, b *ast.ImportSpec) int { return -cmp.Compare(a.Path.Pos(), b.Path.Pos()) })
	for _, each := range imports { // from the last, so that offsets stay true
		imported, err := strconv.Unquote(each.Path.Value)
		if to, own := moved[imported]; err == nil && own {
			begin := files.Position(each.Path.Pos()).Offset
			text = text[:begin] + strconv.Quote(to) + text[begin+len(each.Path.Value):]
		}
	}
	return text
}
