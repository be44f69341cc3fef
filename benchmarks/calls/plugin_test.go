package calls

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"plugin"
	"sync"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// A process opens a plugin once and keeps it.
var opened struct {
	sync.Once
	policy engine.Policy
}

// openPlugin calls the policy in a shared object, by package plugin. It needs
// cgo.
func openPlugin(tb testing.TB) call {
	opened.Do(func() { opened.policy = loadPlugin(tb, buildPlugin(tb)) })
	if opened.policy == nil {
		tb.Fatal("the plugin could not be opened: see the first failure")
	}
	return func(ctx context.Context, r *request) (bool, error) {
		return decision(opened.policy.Execute(ctx, r.input))
	}
}

// symbolSource is how the program gets at the policy in the plugin.
const symbolSource = `package main

func New() any { return &Policy{} }
`

// buildPlugin returns the path of the policy as a plugin. Its source becomes
// package main, as plugins are: if the plugin imported the policy's package,
// the dynamic linker would take the one that this program has already.
func buildPlugin(tb testing.TB) string {
	dir := tb.TempDir()
	source, err := os.ReadFile("../policies/rbac/policy.go")
	if err != nil {
		tb.Fatal(err)
	}
	source = bytes.Replace(source, []byte("\npackage rbac\n"), []byte("\npackage main\n"), 1)
	write(tb, filepath.Join(dir, "policy.go"), source)
	write(tb, filepath.Join(dir, "symbol.go"), []byte(symbolSource))
	write(tb, filepath.Join(dir, "go.mod"), []byte("module example.com/plugin\n\ngo 1.26\n"))
	goBuild(tb, dir, []string{"CGO_ENABLED=1"}, "-buildmode=plugin", "-o", "policy.so", ".")
	return filepath.Join(dir, "policy.so")
}

func write(tb testing.TB, path string, content []byte) {
	if err := os.WriteFile(path, content, 0o644); err != nil {
		tb.Fatal(err)
	}
}

func loadPlugin(tb testing.TB, path string) engine.Policy {
	shared, err := plugin.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	symbol, err := shared.Lookup("New")
	if err != nil {
		tb.Fatal(err)
	}
	return symbol.(func() any)().(engine.Policy)
}
