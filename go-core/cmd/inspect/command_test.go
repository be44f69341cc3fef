package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The document is the same whatever the order of the stream, and holds lists,
// never null.
func TestDeterminism(t *testing.T) {
	tr := newTree(t, map[string]string{
		"a/p.go": pkg("a", structP+methods("P")), "b/p.go": pkg("b", "var x = y\n"), "c/c_test.go": pkg("c", structP+methods("P")),
		"c/d_test.go": pkg("c_test", structP+methods("P")), "d/p.go": "package d\n\nimport \"example.com/a\"\n\ntype P = a.P\n",
	})
	stream := tr.list()
	packages := strings.SplitAfter(string(stream), "\n}\n")
	var reversed strings.Builder
	for index := range packages {
		reversed.WriteString(packages[len(packages)-1-index])
	}
	want, _ := json.Marshal(tr.inspect(stream))
	for range 5 {
		if got, _ := json.Marshal(tr.inspect([]byte(reversed.String()))); !bytes.Equal(got, want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
	empty := newTree(t, map[string]string{"m/p.go": "package m\n"})
	if got, _ := json.Marshal(empty.inspect(empty.list())); string(got) != `{"policies":[],"near_misses":[],"ignored":[],"problems":[]}` {
		t.Errorf("got %s", got)
	}
}

// Without -root, all modules but the interface's own hold policies; a root
// that is reached by a symbolic link is the same folder.
func TestRoots(t *testing.T) {
	tr := newTree(t, map[string]string{"m/p.go": pkg("m", structP+methods("P"))})
	stream := tr.list()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(tr.root, link); err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{"", link, tr.root + "/", tr.root + "/../policies"} {
		tr.root = root
		if got := tr.inspect(stream).Policies; len(got) != 1 || got[0].Package != "example.com/m" {
			t.Errorf("root %q: %v", root, got)
		}
	}
}

// A wrong command line is exit code 2, and the fields are those that are read.
func TestCommandLine(t *testing.T) {
	for _, arguments := range [][]string{{}, {"x"}, {"policies"}, {"policies", "-interface", "a.B", "x"}, {"policies", "-none"}, {"binary"}, {"binary", "a", "b"}} {
		var stdout, stderr bytes.Buffer
		if code := run(arguments, strings.NewReader(""), &stdout, &stderr); code != 2 || stdout.Len() > 0 || stderr.Len() == 0 {
			t.Errorf("%q: exit code %d", arguments, code)
		}
	}
	for _, name := range []string{"Policy", ".Policy", "a.", "a.b c", "."} {
		failing(t, "", "policies", "-interface", name)
	}
	var stdout, stderr bytes.Buffer
	if code := run([]string{"fields"}, nil, &stdout, &stderr); code != 0 || stdout.String() != listFields+"\n" {
		t.Errorf("fields: %d %q", code, stdout.String())
	}
}

// No stream makes the reader or the collection of problems panic.
func FuzzStream(f *testing.F) {
	f.Add([]byte(`{"ImportPath":"a","Dir":"/none","Error":{"ImportStack":["a","b","a"],"Err":"import cycle not allowed"}}`))
	f.Add([]byte(`{"ImportPath":"a","Dir":"/none","DepsErrors":[null,{"Pos":"x.go:1:2","Err":"m\n\tn"},{"ImportStack":["b"],"Err":"build constraints exclude all Go files in /none"}]}`))
	f.Fuzz(func(t *testing.T, stream []byte) {
		packages, err := readPackages(bytes.NewReader(stream))
		if err != nil {
			return
		}
		w := &world{listed: map[string]*listPackage{}}
		for _, listed := range packages {
			w.listed[listed.ImportPath] = listed
		}
		result := new(document)
		w.findProblems(packages, packages, result)
		result.sort()
	})
}
