// Command rewrite gives a module's Go files another module path: every import
// of a package below the old path becomes one below the new path, and so does
// the package that a //go:linkname names. Nothing else in a file changes, not
// even its layout.
//
// It reads from standard input, and writes to standard output, the JSON of
//
//	{"from": "example.com/p", "to": "example.com/q", "files": {"p.go": "package p"}}
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
	"slices"
	"strconv"
	"strings"
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
	for name, text := range r.Files {
		r.Files[name] = rewrite(text, r.From, r.To)
	}
	encoder := json.NewEncoder(stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}

// rewrite returns the text with its imports and linknames moved. A file that
// does not parse keeps what the parser could not read, which the compiler will
// tell of.
func rewrite(text, from, to string) string {
	return moveImports(moveLinknames(text, from, to), from, to)
}

func moveImports(text, from, to string) string {
	files := token.NewFileSet()
	syntax, _ := parser.ParseFile(files, "", text, parser.ImportsOnly|parser.SkipObjectResolution)
	if syntax == nil {
		return text
	}
	imports := slices.Clone(syntax.Imports)
	slices.SortFunc(imports, func(a, b *ast.ImportSpec) int { return -cmp.Compare(a.Path.Pos(), b.Path.Pos()) })
	for _, each := range imports { // from the last, so that offsets stay true
		path, err := strconv.Unquote(each.Path.Value)
		if moved := move(path, from, to); err == nil && moved != path {
			begin := files.Position(each.Path.Pos()).Offset
			text = text[:begin] + strconv.Quote(moved) + text[begin+len(each.Path.Value):]
		}
	}
	return text
}

// move returns where a package is after its module has moved.
func move(path, from, to string) string {
	inside, ok := strings.CutPrefix(path, from)
	if !ok || inside != "" && inside[0] != '/' {
		return path
	}
	return to + inside
}
