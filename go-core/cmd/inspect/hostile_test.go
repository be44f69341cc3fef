package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// failing runs a command that must print nothing but one line of complaint.
func failing(t *testing.T, stdin string, arguments ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(arguments, strings.NewReader(stdin), &stdout, &stderr)
	line := stderr.String()
	if code != 1 || stdout.Len() > 0 || strings.Count(line, "\n") != 1 || !strings.HasPrefix(line, "inspect: ") {
		t.Fatalf("exit code %d, stdout %q, stderr %q", code, stdout.String(), line)
	}
	return line
}

// policiesArguments is the command line for a stream without policies.
func policiesArguments() []string {
	return []string{"policies", "-interface", coreModule + "/engine.Policy", "-root", "/none"}
}

// A stream that is not go list's, or lacks the interface, is refused.
func TestHostileStreams(t *testing.T) {
	for _, c := range []struct{ stream, want string }{
		{"", "is not in the go list stream"},
		{"null", "is not in the go list stream"},
		{"{", "is not the JSON stream"},
		{"[]", "is not the JSON stream"},
		{"\x00\xff", "is not the JSON stream"},
		{`{"ImportPath": 1}`, "is not the JSON stream"},
		{`{"ImportPath": "a", "GoFiles": [1]}`, "is not the JSON stream"},
		{strings.Repeat("[", 200000), "is not the JSON stream"},
		{`{"ImportPath": "` + coreModule + `/engine", "Error": {"Err": "broken\nbadly"}}`, "engine: broken badly"},
		{`{"ImportPath": "` + coreModule + `/engine"}`, "no export data for " + coreModule + "/engine"},
		{`{"ImportPath": "` + coreModule + `/engine", "Export": "/none/none"}`, "/none/none: no such file"},
		{`{"ImportPath": "` + coreModule + `/engine", "Export": "/dev/null"}`, "cannot read the export data"},
		{`{"ImportPath": "` + coreModule + `/engine", "Export": "/etc/passwd"}`, "cannot read the export data"},
	} {
		if line := failing(t, c.stream, policiesArguments()...); !strings.Contains(line, c.want) {
			t.Errorf("%.60q: %s", c.stream, line)
		}
	}
}

// A stream that ends in the middle is refused, wherever it ends.
func TestTruncatedStream(t *testing.T) {
	tr := newTree(t, map[string]string{"m/p.go": pkg("m", structP+methods("P"))})
	stream := bytes.TrimSpace(tr.list())
	for cut := len(stream) - 1; cut > 0; cut -= 97 {
		var stdout, stderr bytes.Buffer
		code := run(append(policiesArguments(), "-root", tr.root), bytes.NewReader(stream[:cut]), &stdout, &stderr)
		if code != 0 && strings.Count(stderr.String(), "\n") != 1 || code == 0 && stream[cut-1] != '}' && stream[cut-1] != '\n' {
			t.Fatalf("cut at %d: exit code %d, %s", cut, code, stderr.String())
		}
	}
}

// Export data that is damaged, missing or of a newer compiler ends the run
// with one line, and never with a panic.
func TestHostileExportData(t *testing.T) {
	tr := newTree(t, map[string]string{"m/p.go": pkg("m", structP+methods("P"))})
	stream := tr.list()
	export, content := exportOf(t, stream, "example.com/m")
	damaged := filepath.Join(t.TempDir(), "export")
	stream = bytes.ReplaceAll(stream, []byte(export), []byte(damaged))
	arguments := append(policiesArguments(), "-root", tr.root)
	failing(t, string(stream), arguments...)
	start := bytes.Index(content, []byte("$$B\nu"))
	if start < 0 {
		t.Fatal("the export data has no known start")
	}
	newer := bytes.Clone(content)
	newer[start+5] = 99 // the version of the format
	writeFile(t, damaged, newer)
	if line := failing(t, string(stream), arguments...); !strings.Contains(line, "example.com/m") || !strings.Contains(line, "built with go1.") {
		t.Error(line)
	}
	for cut := 0; cut < start+2000 && cut < len(content); cut += 31 {
		writeFile(t, damaged, content[:cut])
		var stdout, stderr bytes.Buffer
		if code := run(arguments, bytes.NewReader(stream), &stdout, &stderr); code == 1 && strings.Count(stderr.String(), "\n") != 1 {
			t.Fatalf("cut at %d: %s", cut, stderr.String())
		}
	}
}

// exportOf finds a package's export data in a stream.
func exportOf(t *testing.T, stream []byte, path string) (name string, content []byte) {
	t.Helper()
	packages, err := readPackages(bytes.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	for _, listed := range packages {
		if listed.ImportPath == path {
			content, err = os.ReadFile(listed.Export)
			if err != nil {
				t.Fatal(err)
			}
			return listed.Export, content
		}
	}
	t.Fatalf("%s is not listed", path)
	return "", nil
}

// writeFile writes a file or ends the test.
func writeFile(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Sources that differ from what was compiled cost positions and names, no
// more: files that are gone, cut off or something else.
func TestChangedSources(t *testing.T) {
	tr := newTree(t, map[string]string{"m/p.go": pkg("m", structP+nameMethod+executeMethod+validateMethod)})
	stream := tr.list()
	for source, want := range map[string]string{
		"package m\n\ntype P struct{}\nfunc (P) Name() string { return": "policy P p.go:3 composite",
		"package m\ntype P P\nfunc (P) Name() string { return x }":      "policy P p.go:2 composite",
		"\x00": "policy P :0 composite",
		"package m\nfunc () Name() {}\nfunc (P, Q) Name()\nfunc (*) x(\ntype\n": "policy P :0 composite",
		"package m\ntype P struct{}\n" + strings.Repeat("(", 300000):            "policy P p.go:2 composite",
	} {
		tr.write("policies/m/p.go", source)
		compare(t, tr.inspect(stream).lines(filepath.Join(tr.root, "m")), []string{want})
	}
	if err := os.Remove(filepath.Join(tr.root, "m", "p.go")); err != nil {
		t.Fatal(err)
	}
	compare(t, tr.inspect(stream).lines(filepath.Join(tr.root, "m")), []string{"policy P :0 composite"})
}

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
	if got, _ := json.Marshal(empty.inspect(empty.list())); string(got) != `{"policies":[],"near_misses":[],"problems":[]}` {
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
