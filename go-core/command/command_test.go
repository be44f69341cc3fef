package command

import (
	"bytes"
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// fake is a policy made of functions; those that are missing do nothing.
type fake struct {
	name     string
	execute  func(ctx context.Context, input any) (any, error)
	validate func() error
}

func (f *fake) Name() string { return f.name }

func (f *fake) Execute(ctx context.Context, input any) (any, error) {
	if f.execute == nil {
		return nil, nil
	}
	return f.execute(ctx, input)
}

func (f *fake) Validate() error {
	if f.validate == nil {
		return nil
	}
	return f.validate()
}

// answering returns a policy that answers result and err to every input.
func answering(name string, result any, err error) *fake {
	return &fake{name: name, execute: func(context.Context, any) (any, error) { return result, err }}
}

// echoing returns a policy that answers its input.
func echoing(name string) *fake {
	return &fake{name: name, execute: func(_ context.Context, input any) (any, error) { return input, nil }}
}

// brokenError is an error whose Error method dereferences a nil pointer when
// the error is one.
type brokenError struct{ message string }

func (e *brokenError) Error() string { return e.message }

// goexiting ends its goroutine when it is formatted.
type goexiting struct{}

func (goexiting) Error() string { runtime.Goexit(); return "" }

// invocation is what is seen of one call of Main.
type invocation struct {
	out, err string
	code     int
}

func invoke(policies []engine.Policy, stdin string, args ...string) invocation {
	var out, messages bytes.Buffer
	code := Main(Program{Policies: policies}, args, Stdio{strings.NewReader(stdin), &out, &messages})
	return invocation{out.String(), messages.String(), code}
}

// expect fails the test unless the invocation is as wanted; of the messages
// only a part has to match, but none may appear when none is wanted.
func (got invocation) expect(t *testing.T, code int, out, message string) {
	t.Helper()
	if got.code != code {
		t.Errorf("exit code = %d, want %d", got.code, code)
	}
	if got.out != out {
		t.Errorf("standard output:\n%s\nwant:\n%s", got.out, out)
	}
	if !strings.Contains(got.err, message) || message == "" && got.err != "" {
		t.Errorf("standard error:\n%s\nwant: %s", got.err, message)
	}
}

// compact removes the indentation of a document, to compare it on one line.
func (got invocation) compact() invocation {
	var lines []string
	for line := range strings.Lines(got.out) {
		lines = append(lines, strings.TrimSpace(line))
	}
	got.out = strings.Join(lines, "")
	return got
}
