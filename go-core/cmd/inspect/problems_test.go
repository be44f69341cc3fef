package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Errors in the code are one problem per line, at the real place.
func TestCompileProblems(t *testing.T) {
	var many strings.Builder
	many.WriteString("package many\n")
	for range 12 {
		many.WriteString("var _ = undefinedThing\n")
	}
	runCases(t, []discoveryCase{
		{"types", "type errors, with what belongs to them on the same line",
			map[string]string{"a.go": "package types\n\nvar x int\n", "b.go": "package types\n\nvar x int\n\nfunc f() {}\n\nvar y int = f(1)\n"},
			[]string{"compile b.go:3:5 x redeclared in this block, a.go:3:5: other declaration of x",
				"compile b.go:7:13 f(1) (no value) used as value",
				"compile b.go:7:15 too many arguments in call to f, have (number), want ()"}},
		{"generics", "a message that continues after a colon", one("package generics\n\ntype G[T any] struct{ *G[[]T] }\n"),
			[]string{"compile p.go:3:8 instantiation cycle: p.go:3:26: T instantiated as []T"}},
		{"syntax", "syntax errors of two files",
			map[string]string{"a.go": "package syntax\n\nfunc f( {\n", "b.go": "package syntax\n\nvar = 3\n"},
			[]string{"compile a.go:3:9 syntax error: unexpected {, expected )", "compile b.go:3:5 syntax error: unexpected =, expected name"}},
		{"many", "the compiler stops after ten errors", one(many.String()),
			[]string{"compile p.go:2:9 undefined: undefinedThing", "compile p.go:3:9 undefined: undefinedThing", "compile p.go:4:9 undefined: undefinedThing",
				"compile p.go:5:9 undefined: undefinedThing", "compile p.go:6:9 undefined: undefinedThing", "compile p.go:7:9 undefined: undefinedThing",
				"compile p.go:8:9 undefined: undefinedThing", "compile p.go:9:9 undefined: undefinedThing", "compile p.go:10:9 undefined: undefinedThing",
				"compile p.go:11:9 too many errors", "compile p.go:11:9 undefined: undefinedThing"}},
		{"empty", "a file without a package clause", one(""), []string{"compile p.go:1:1 expected 'package', found 'EOF'"}},
		{"directive", "line directives do not hide the real place",
			one("package directive\n\n//line foo.go:12\nvar a = b\n//line p.go:1:7\nvar c = d\n/*line x/y.go:9:3*/var e = f\n//line :20\nvar g = h\n//line C:\\x\\y.go:7:3\nvar i = j\n//line /etc/passwd:1\nvar k = l\n"),
			[]string{"compile p.go:4:0 undefined: b", "compile p.go:6:9 undefined: d", "compile p.go:7:28 undefined: f",
				"compile p.go:9:0 undefined: h", "compile p.go:11:9 undefined: j", "compile p.go:13:0 undefined: l"}},
		{"body", "a function without a body", one("package body\n\nfunc f()\n"), []string{"compile p.go:3:6 missing function body"}},
		{"escapes", "control characters in a message are kept", one("package escapes\n\nvar s = \"\x01\x1b[31m\" + 1\n"),
			[]string{"compile p.go:3:9 invalid operation: \"\x01\x1b[31m\" + 1 (mismatched types untyped string and untyped int)"}},
		{"dependency", "an error in another policy package is reported there only", one("package dependency\n\nvar x int = \"\"\n"),
			[]string{"compile p.go:3:13 cannot use \"\" (untyped string constant) as int value in variable declaration"}},
		{"dependent", "what only imports a broken package has no problem of its own",
			one("package dependent\n\nimport _ \"example.com/m/dependency\"\n"), nil},
	})
}

// Errors in finding packages are problems of kind load or cycle.
func TestLoadProblems(t *testing.T) { runCases(t, loadProblemsCases) }

var loadProblemsCases = []discoveryCase{
	{"malformed", "an invalid import path", one("package malformed\n\nimport _ \"a b\"\n"), []string{"load p.go:3:8 invalid import path: a b"}},
	{"blank", "an empty import path", one("package blank\n\nimport \"\"\n"), []string{"load p.go:3:8 invalid import path:"}},
	{"missing", "a module nobody provides", one("package missing\n\nimport _ \"github.com/policy-tasks/none\"\n"),
		[]string{"load p.go:3:8 cannot find module providing package github.com/policy-tasks/none: module lookup disabled by GOPROXY=off"}},
	{"foreign", "an internal package of another tree", one("package foreign\n\nimport _ \"internal/abi\"\n"),
		[]string{"load p.go:3:8 use of internal package internal/abi not allowed"}},
	{"program", "a main package is imported", one("package program\n\nimport _ \"example.com/m/command\"\n"),
		[]string{`load p.go:3:8 import "example.com/m/command" is a program, not an importable package`}},
	{"command", "a main package", one("package main\n\nfunc main() {}\n"), nil},
	{"relative", "one problem for each relative import", one("package relative\n\nimport _ \"../command\"\n"),
		[]string{`load p.go:3:8 local import "../command" in non-local package`}},
	{"embed", "an embedded file that is not there", one("package embed\n\nimport _ \"embed\"\n\n//go:embed none.txt\nvar s string\n"),
		[]string{"load p.go:5:12 pattern none.txt: no matching files found"}},
	{"two", "two packages in a folder", map[string]string{"a.go": "package a\n", "b.go": "package b\n"},
		[]string{"load :0:0 found packages a (a.go) and b (b.go)"}},
	{"constraint", "a broken build constraint", one("//go:build (((\n\npackage constraint\n"),
		[]string{"load p.go:0:0 parsing //go:build line: missing close paren"}},
	{"excluded", "a package for another platform", one("//go:build windows\n\npackage excluded\n"), nil},
	{"importer", "the importer of a package for another platform", one("package importer\n\nimport _ \"example.com/m/excluded\"\n"),
		[]string{`load p.go:3:10 import "example.com/m/excluded": build constraints exclude all its Go files`}},
	{"far", "the importer of an importer", one("package far\n\nimport _ \"example.com/m/importer\"\n"), nil},
	{"tests", "tests only", map[string]string{"p_test.go": "package tests\n"}, nil},
	{"a", "a cycle is reported once, where its smallest path is", one("package a\n\nimport _ \"example.com/m/c\"\n"),
		[]string{"cycle p.go:3:10 import cycle not allowed: example.com/m/a -> example.com/m/c -> example.com/m/b -> example.com/m/a" +
			"\npolicies/m/a/p.go:3 imports example.com/m/c\npolicies/m/c/p.go:3 imports example.com/m/b\npolicies/m/b/p.go:3 imports example.com/m/a"}},
	{"b", "the last of the cycle", one("package b\n\nimport _ \"example.com/m/a\"\n"), nil},
	{"c", "the middle of the cycle", one("package c\n\nimport _ \"example.com/m/b\"\n"), nil},
	{"d", "a package that leads into the cycle", one("package d\n\nimport _ \"example.com/m/c\"\n"), nil},
	{"self", "a package that imports itself", one("package self\n\nimport _ \"example.com/m/self\"\n"),
		[]string{"cycle p.go:3:10 import cycle not allowed: example.com/m/self -> example.com/m/self\npolicies/m/self/p.go:3 imports example.com/m/self"}},
}

// A package not in the standard library is named; the Go root is not judged.
func TestNotInStd(t *testing.T) {
	tr := newTree(t, map[string]string{"m/p.go": "package m\n\nimport _ \"fmt/none\"\n"})
	got := tr.inspect(tr.list()).lines(filepath.Join(tr.root, "m"))
	if len(got) != 1 || !strings.HasPrefix(got[0], "load p.go:3:8 package fmt/none is not in std") {
		t.Errorf("got %q", got)
	}
}

// An error in a dependency outside the policies is reported once, against a
// policy package that needs it, and never at a place of that package.
func TestDependencyProblems(t *testing.T) {
	tr := newTree(t, map[string]string{
		"m/a/p.go": "package a\n\nimport _ \"example.com/ext\"\n", "m/b/p.go": "package b\n\nimport _ \"example.com/ext\"\n",
		"m/c/p.go": "package c\n\nimport _ \"example.com/ext/load\"\n",
	})
	tr.write("ext/go.mod", "module example.com/ext\n\ngo 1.26.0\n")
	tr.write("ext/p.go", "package ext\n\nvar x int = \"\"\nvar y = z\n")
	tr.write("ext/load/p.go", "package load\n\nimport _ \"example.com/ext/load/none\"\n")
	tr.write("go.mod", "module "+coreModule+"\n\ngo 1.26.0\nrequire example.com/m v0.0.0\nreplace example.com/m => ./policies/m\nrequire example.com/ext v0.0.0\nreplace example.com/ext => ./ext\n")
	var got []string
	for _, p := range tr.inspect(tr.list()).Problems {
		got = append(got, p.Package+" "+p.Kind+" "+p.File+" "+p.Text)
	}
	compare(t, got, []string{
		"example.com/m/a load  dependency example.com/ext does not build: ext/p.go:3:13: cannot use \"\" (untyped string constant) as int value in variable declaration",
		"example.com/m/a load  dependency example.com/ext does not build: ext/p.go:4:9: undefined: z",
		"example.com/m/c load  dependency example.com/ext/load does not build: ext/load/p.go:3:8: module example.com/ext@latest found (v0.0.0-00010101000000-000000000000, replaced by ./ext), but does not contain package example.com/ext/load/none",
	})
}

// A pattern that names nothing is a problem although it has no folder.
func TestUnknownPattern(t *testing.T) {
	tr := newTree(t, map[string]string{"m/p.go": "package m\n"})
	got := tr.inspect(tr.list("example.com/none", "./policies/m")).lines("")
	compare(t, got, []string{
		"load :0:0 main module (" + coreModule + ") does not contain package " + coreModule + "/policies/m",
		"load :0:0 cannot find module providing package example.com/none: module lookup disabled by GOPROXY=off",
	})
}

// Text of any shape is taken apart without loss of its places.
func TestParseErrorText(t *testing.T) {
	for _, c := range []struct {
		text string
		want []textError
	}{
		{"", nil},
		{"\n\n", nil},
		{"# \n", nil},
		{"\tcontinued\n", []textError{{text: "continued"}}},
		{"# a [b.test]\nx.go:1: m\r\n", []textError{{"a", "x.go", 1, 0, "m"}}},
		{"# [a]\nx.go:1:2: m: n:3: o", []textError{{"a", "x.go", 1, 2, "m: n:3: o"}}},
		{"C:\\d\\x.go:1:2: m", []textError{{"", "C:\\d\\x.go", 1, 2, "m"}}},
		{"Get \"https://host:443: refused", []textError{{text: "Get \"https://host:443: refused"}}},
		{"a: b:3: c", []textError{{text: "a: b:3: c"}}},
		{"x.go:99999999999999999999: m", []textError{{text: "x.go:99999999999999999999: m"}}},
		{strings.Repeat("panic\n", 100), slices.Repeat([]textError{{text: "panic"}}, maxLoose)},
	} {
		if got := parseErrorText(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %+v, want %+v", c.text, got, c.want)
		}
	}
}

// No text makes the parser panic, lose its bounds or emit a line break.
func FuzzErrorText(f *testing.F) {
	f.Add("# example.com/m\npolicies/m/p.go:3:5: x redeclared\n\tpolicies/m/q.go:3:5: other\nnote\n")
	f.Add("p.go: parsing //go:build line: missing close paren")
	f.Fuzz(func(t *testing.T, text string) {
		for _, found := range parseErrorText(text) {
			if strings.Contains(found.text, "\n") || found.line < 0 || found.column < 0 {
				t.Errorf("%q: %+v", text, found)
			}
		}
	})
}
