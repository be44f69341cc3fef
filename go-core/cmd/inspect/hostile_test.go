package main

import (
	"bytes"
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
