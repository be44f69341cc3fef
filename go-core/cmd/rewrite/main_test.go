package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// moved are the packages with these import paths, of a module that moves.
func moved(from, to string, folders ...string) map[string]string {
	r := request{From: from, To: to, Files: map[string]string{"p.go": ""}}
	for _, folder := range folders {
		r.Files[folder+"/x.go"] = ""
	}
	return moves(r)
}

// Imports of the module move, with their names and comments; texts that only
// look like imports, other modules and the layout stay.
func TestRewrite(t *testing.T) {
	text := "// example.com/p\npackage p // import \"example.com/p\"\n\nimport x `example.com/p/x`\nimport (\n" +
		"\t_ \"example.com/p\"\t// \"example.com/p\"\n\n\t. \"example.com/p/internal/y\"; \"example.com/pq\"\n\t\"fmt\"\n)\n\n" +
		"const s = \"example.com/p/x\"\n"
	want := "// example.com/p\npackage p // import \"example.com/p\"\n\nimport x \"e/q/x\"\nimport (\n" +
		"\t_ \"e/q\"\t// \"example.com/p\"\n\n\t. \"e/q/internal/y\"; \"example.com/pq\"\n\t\"fmt\"\n)\n\n" +
		"const s = \"example.com/p/x\"\n"
	if got := rewrite(text, moved("example.com/p", "e/q", "x", "internal/y")); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// A linkname follows the package that it names, with the dots of the last part
// of a path as the linker writes them; what only looks like one stays.
func TestRewriteLinknames(t *testing.T) {
	for text, want := range map[string]string{
		"package p\n//go:linkname f g.example/p.f\nfunc f()":           "package p\n//go:linkname f g.example/p/at-v1%2e2%2e0.f\nfunc f()",
		"package p\n//go:linkname f\tg.example/p/x%2ey.f \r\n":         "package p\n//go:linkname f\tg.example/p/at-v1.2.0/x%2ey.f \r\n",
		"package p\n//go:linkname f g.example/p.(*T).m\n":              "package p\n//go:linkname f g.example/p/at-v1%2e2%2e0.(*T).m\n",
		"//go:linkname a g.example/p.a\n//go:linkname b g.example/p.b": "//go:linkname a g.example/p/at-v1%2e2%2e0.a\n//go:linkname b g.example/p/at-v1%2e2%2e0.b",
		"package p\n//go:linkname f\n":                                 "package p\n//go:linkname f\n",
		"package p\n//go:linkname f g.example/pq.f\n":                  "package p\n//go:linkname f g.example/pq.f\n",
		"package p\n //go:linkname f g.example/p.f\n":                  "package p\n //go:linkname f g.example/p.f\n",
		"package p\n/*\n//go:linkname f g.example/p.f\n*/":             "package p\n/*\n//go:linkname f g.example/p.f\n*/",
		"package p\nvar s = `\n//go:linkname f g.example/p.f\n`":       "package p\nvar s = `\n//go:linkname f g.example/p.f\n`",
	} {
		if got := rewrite(text, moved("g.example/p", "g.example/p/at-v1.2.0", "x.y")); got != want {
			t.Errorf("rewrite(%q) = %q, want %q", text, got, want)
		}
	}
	want := "//go:linkname f g.example/q.f"
	if got := rewrite("//go:linkname f g.example/p%2ev2.f", moved("g.example/p.v2", "g.example/q")); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A package below the module's path that is not in its files is of another
// module: one in a folder of its own, or another major.
func TestRewriteOtherModules(t *testing.T) {
	text := "package p\nimport \"g.example/p/api\"\nimport \"g.example/p/v2\"\n//go:linkname f g.example/p/api.f\nfunc f()\n"
	if got := rewrite(text, moved("g.example/p", "g.example/q", "api/v1", "ap")); got != text {
		t.Errorf("got %q, want no change", got)
	}
}

// What does not parse keeps its text; a line directive moves no offset.
func TestRewriteOddFiles(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "",
		"\x00":                                   "\x00",
		"package p\nimport \"a":                  "package p\nimport \"a",
		"package p\nimport \"a/b\"\nfunc (":      "package p\nimport \"c/b\"\nfunc (",
		"//line x.go:90\npackage p\nimport\"a\"": "//line x.go:90\npackage p\nimport\"c\"",
		"\ufeffpackage p\nimport \"a\"\n":        "\ufeffpackage p\nimport \"c\"\n",
	} {
		if got := rewrite(text, moved("a", "c", "b")); got != want {
			t.Errorf("rewrite(%q) = %q, want %q", text, got, want)
		}
	}
}

// Whatever a file holds, nothing panics, and moving there and back changes
// only how paths are quoted.
func FuzzRewrite(f *testing.F) {
	f.Add("package p\nimport `a/b`\nimport \"c\"\n")
	f.Add("package p\n//go:linkname f a.f\n//go:linkname g a/b.g\n")
	f.Fuzz(func(t *testing.T, text string) {
		there := rewrite(text, moved("a", "new.example/a", "b"))
		if back := rewrite(there, moved("new.example/a", "a", "b")); len(back) > len(there) {
			t.Errorf("%q became %q and %q", text, there, back)
		}
	})
}

// The program reads and writes JSON, and says when it cannot.
func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run(strings.NewReader(`{"from":"a","to":"b","files":{"</y.go":"","x.go":"package x\nimport \"a/<\"\n"}}`), &out); err != nil {
		t.Fatal(err)
	}
	var r request
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || r.Files["x.go"] != "package x\nimport \"b/<\"\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
	if err := run(strings.NewReader("x"), &out); err == nil {
		t.Error("no error for what is no JSON")
	}
}
