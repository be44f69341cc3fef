package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// absolute is what is before a file of a policy in a text.
var absolute = regexp.MustCompile(`(?m)^/\S*/policies/`)

const coreModule = "github.com/policy-tasks/policy-tasks/go-core"

const engineSource = `package engine

import (
	"context"
	"time"
)

type Policy interface {
	Name() string
	Execute(ctx context.Context, input any) (any, error)
	Validate() error
}

type Timeouter interface{ Timeout() time.Duration }

type Initializer interface {
	Init(ctx context.Context) error
}

type Closer interface {
	Close(ctx context.Context) error
}
`

// reporterSource has an interface that is for no policy.
const reporterSource = "package engine\n\ntype Reporter interface{ Report(func()) }\n"

// tree is a generated module with policy modules in its policies folder.
type tree struct {
	t    *testing.T
	dir  string // of the generated module
	root string // its policies folder
}

// newTree writes the files, named <slug>/<path>; a slug without a go.mod is
// the module example.com/<slug>.
func newTree(t *testing.T, files map[string]string) *tree {
	t.Helper()
	dir := t.TempDir()
	tr := &tree{t, dir, filepath.Join(dir, "policies")}
	tr.write("engine/engine.go", engineSource)
	tr.write("engine/reporter.go", reporterSource)
	gomod := "module " + coreModule + "\n\ngo 1.26.0\n"
	slugs := map[string]bool{}
	for name, content := range files {
		tr.write("policies/"+name, content)
		slug, _, _ := strings.Cut(name, "/")
		slugs[slug] = true
	}
	for _, slug := range slices.Sorted(maps.Keys(slugs)) {
		module := "example.com/" + slug
		if text, ok := files[slug+"/go.mod"]; ok {
			module = strings.TrimSpace(strings.TrimPrefix(strings.SplitN(text, "\n", 2)[0], "module "))
		} else {
			tr.write("policies/"+slug+"/go.mod", "module "+module+"\n\ngo 1.26.0\n")
		}
		version := "v0.0.0"
		if i := strings.LastIndex(module, "/v"); i > 0 {
			version = module[i+1:] + ".0.0"
		}
		gomod += fmt.Sprintf("require %s %s\nreplace %s => ./policies/%s\n", module, version, module, slug)
	}
	tr.write("go.mod", gomod)
	return tr
}

// write writes one file of the generated module.
func (tr *tree) write(name, content string) {
	tr.t.Helper()
	path := filepath.Join(tr.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tr.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		tr.t.Fatal(err)
	}
}

// patterns lists the import paths of every folder with Go files.
func (tr *tree) patterns() []string {
	found := map[string]bool{}
	modules := map[string]string{}
	_ = filepath.WalkDir(tr.root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "go.mod" {
			text, _ := os.ReadFile(path)
			modules[filepath.Dir(path)] = strings.TrimPrefix(strings.SplitN(string(text), "\n", 2)[0], "module ")
		}
		return err
	})
	_ = filepath.WalkDir(tr.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		for directory, module := range modules {
			if relative, err := filepath.Rel(directory, filepath.Dir(path)); err == nil && !strings.HasPrefix(relative, "..") {
				found[strings.TrimSuffix(module+"/"+filepath.ToSlash(relative), "/.")] = true
			}
		}
		return nil
	})
	return slices.Sorted(maps.Keys(found))
}

// list runs go list the way policy_tasks does.
func (tr *tree) list(extra ...string) []byte {
	tr.t.Helper()
	arguments := []string{"list", "-e", "-export", "-trimpath", "-buildvcs=false", "-pgo=off", "-mod=mod", "-json=" + listFields, "./engine", "context"}
	arguments = append(append(arguments, tr.patterns()...), extra...)
	command := exec.Command("go", arguments...)
	command.Dir = tr.dir
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOWORK=off", "GOFLAGS=", "GOPROXY=off", "GOTOOLCHAIN=local")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		tr.t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	return stdout.Bytes()
}

// inspect runs `inspect policies` on a stream that must be readable.
func (tr *tree) inspect(stream []byte) *document {
	tr.t.Helper()
	return tr.inspectFor("Policy", stream)
}

// inspectFor does so for another interface of the engine's package.
func (tr *tree) inspectFor(interfaceName string, stream []byte) *document {
	tr.t.Helper()
	var stdout, stderr bytes.Buffer
	arguments := []string{"policies", "-interface", coreModule + "/engine." + interfaceName, "-root", tr.root, "-goos", "linux", "-goarch", "amd64"}
	if code := run(arguments, bytes.NewReader(stream), &stdout, &stderr); code != 0 {
		tr.t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	result := new(document)
	if err := json.Unmarshal(stdout.Bytes(), result); err != nil {
		tr.t.Fatal(err)
	}
	return result
}

// lines renders everything about the packages of one folder, one line each.
func (d *document) lines(directory string) []string {
	var lines []string
	for _, p := range d.Policies {
		if p.Dir == directory {
			lines = append(lines, p.render())
		}
	}
	for _, m := range d.NearMisses {
		if m.Dir == directory {
			lines = append(lines, fmt.Sprintf("near %s %s:%d %s", m.Type, m.File, m.Line, m.Reason))
		}
	}
	for _, i := range d.Ignored {
		if i.Dir == directory {
			lines = append(lines, fmt.Sprintf("ignored %s:%d %s", i.File, i.Line, i.Reason))
		}
	}
	for _, p := range d.Problems {
		if p.Dir == directory {
			lines = append(lines, fmt.Sprintf("%s %s:%d:%d %s", p.Kind, p.File, p.Line, p.Column, absolute.ReplaceAllString(p.Text, "policies/")))
		}
	}
	return lines
}

// render is a policy on one line.
func (p policy) render() string {
	line := fmt.Sprintf("policy %s %s:%d", p.Type, p.File, p.Line)
	if p.Pointer {
		line += " pointer"
	}
	if p.Composite {
		line += " composite"
	}
	if p.Name != nil {
		line += fmt.Sprintf(" name=%q", *p.Name)
	}
	if len(p.Constructors) > 0 {
		line += fmt.Sprintf(" %s of %v", p.Constructor, p.Constructors)
	}
	return line
}

// compare reports the difference of two lists of lines.
func compare(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// methods declares the three methods on a receiver such as "*P".
func methods(receiver string) string {
	return fmt.Sprintf(`
func (%[1]s) Name() string { return "n" }
func (%[1]s) Execute(ctx context.Context, input any) (any, error) { return input, nil }
func (%[1]s) Validate() error { return nil }
`, receiver)
}

// pkg is a source file with the imports of the three methods.
func pkg(name, body string) string {
	return "package " + name + "\n\nimport \"context\"\n\nvar _ context.Context\n\n" + body
}
