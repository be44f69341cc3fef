package command

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// The document has two spaces of indentation, keeps <, > and &, and ends with
// a newline.
func TestRunDocumentFormat(t *testing.T) {
	policies := []engine.Policy{
		answering("b", map[string]any{"allow": true, "why": "<&>"}, nil),
		answering("a", nil, errors.New("no")),
	}
	invoke(policies, "{}", "run").expect(t, exitPolicy, `{
  "results": [
    {
      "name": "b",
      "result": {
        "allow": true,
        "why": "<&>"
      }
    },
    {
      "name": "a",
      "error": "no"
    }
  ]
}
`, "")
}

// The input reaches a policy as it was written, however it was given.
func TestRunInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "input.json")
	empty := filepath.Join(t.TempDir(), "empty.json")
	for path, text := range map[string]string{file: "\"file\"\n", empty: ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name, stdin string
		args        []string
		want        string
	}{
		{"no command", `"x"`, nil, `"x"`},
		{"flag without command", `"x"`, []string{"--input", "-"}, `"x"`},
		{"single dash", `"x"`, []string{"run", "-input=-"}, `"x"`},
		{"file", `"x"`, []string{"run", "--input=" + file}, `"file"`},
		{"empty file", `"x"`, []string{"run", "--input", empty}, `null`},
		{"empty", "", []string{"run"}, `null`},
		{"white space", " \r\n\t", []string{"run"}, `null`},
		{"byte order mark", "\ufeff1", []string{"run"}, `1`},
		{"large integer", "9007199254740993", nil, `9007199254740993`},
		{"number beyond float64", "1e999999", nil, `1e999999`},
		{"trailing zeros", "1.10", nil, `1.10`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := `{"results": [{"name": "echo","result": ` + test.want + `}]}`
			invoke([]engine.Policy{echoing("echo")}, test.stdin, test.args...).compact().expect(t, exitOK, want, "")
		})
	}
}

// What one policy does to its input no other policy sees.
func TestRunInputIsACopy(t *testing.T) {
	spoiling := &fake{name: "spoil", execute: func(_ context.Context, input any) (any, error) {
		input.(map[string]any)["list"].([]any)[0] = "spoilt"
		return nil, nil
	}}
	invoke([]engine.Policy{spoiling, echoing("echo")}, `{"list":[1]}`).compact().expect(t, exitOK,
		`{"results": [{"name": "spoil","result": null},{"name": "echo","result": {"list": [1]}}]}`, "")
}

// A policy that is not valid is reported and not run, and the others are run.
func TestRunInvalidPolicy(t *testing.T) {
	tests := []struct {
		name     string
		validate func() error
		want     string
		message  string
	}{
		{"error", func() error { return errors.New("no key") }, "invalid: no key", ""},
		{"panic", func() error { panic("boom") }, "invalid: panic: boom", `policy-engine: policy "bad": panic: boom`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bad := &fake{name: "bad", validate: test.validate, execute: func(context.Context, any) (any, error) {
				t.Error("Execute was called")
				return nil, nil
			}}
			want := `{"results": [{"name": "bad","error": "` + test.want + `"},{"name": "good","result": 1}]}`
			invoke([]engine.Policy{bad, echoing("good")}, "1").compact().expect(t, exitPolicy, want, test.message)
		})
	}
}

// Every policy is validated before the first one is executed.
func TestRunValidatesFirst(t *testing.T) {
	var mu sync.Mutex
	var calls string
	call := func(which string) {
		mu.Lock()
		defer mu.Unlock()
		calls += which
	}
	var policies []engine.Policy
	for _, name := range []string{"a", "b"} {
		policies = append(policies, &fake{
			name:     name,
			validate: func() error { call("V"); return nil },
			execute:  func(context.Context, any) (any, error) { call("E"); return nil, nil },
		})
	}
	invoke(policies, "")
	if want := "VVEE"; calls != want {
		t.Errorf("calls = %s, want %s", calls, want)
	}
}

// Without policies there is a document, with no results.
func TestRunNoPolicies(t *testing.T) {
	invoke(nil, "").expect(t, exitOK, "{\n  \"results\": []\n}\n", "")
}

// Input that is wrong leaves standard output empty.
func TestRunRefusesInput(t *testing.T) {
	tests := []struct {
		name, stdin string
		args        []string
		message     string
	}{
		{"not JSON", "yes", nil, "policy-engine: input from standard input: line 1, column 1: "},
		{"no file", "", []string{"--input", "/no\x1b/file"}, `policy-engine: input from /no\x1b/file: no such file`},
		{"directory", "", []string{"--input", t.TempDir()}, ": is a directory"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			invoke([]engine.Policy{echoing("echo")}, test.stdin, test.args...).expect(t, exitUsage, "", test.message)
		})
	}
}
