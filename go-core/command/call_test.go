package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// failing are the ways in which a policy can fail, with its error and a part of
// the stack, if there is one.
var failing = []struct {
	name    string
	execute func(context.Context, any) (any, error)
	want    string
	stack   string
}{
	{"error", returns("ignored", errors.New("no")), "no", ""},
	{"error without message", returns(nil, errors.New("")), "an error of type *errors.errorString without a message", ""},
	{"typed nil error", returns(nil, (*brokenError)(nil)), nilPointer, "brokenError"},
	{"error that ends the goroutine", returns(nil, goexiting{}), goexit, "goexiting"},
	{"panic", panics("boom"), "panic: boom", "goroutine"},
	{"panic with nil", panics(nil), "panic: " + fmt.Sprint(new(runtime.PanicNilError)), "goroutine"},
	{"panic with a broken error", panics((*brokenError)(nil)), "panic: <nil>", "goroutine"},
	{"panic with an error that ends the goroutine", panics(goexiting{}), "panic: a value of type command.goexiting", "goroutine"},
	{"goexit", func(context.Context, any) (any, error) { runtime.Goexit(); return nil, nil }, goexit, "goroutine"},
	{"channel", returns(make(chan int), nil), "the result is not JSON: json: unsupported type: chan int", ""},
	{"NaN", returns(math.NaN(), nil), "the result is not JSON: json: unsupported value: NaN", ""},
	{"cycle", returns(cycle(), nil), "the result is not JSON: json: unsupported value: encountered a cycle via *command.ring", ""},
	{"marshaller that panics", returns(marshaller(func() []byte { panic("boom") }), nil), "panic: boom", "goroutine"},
	{"garbage", returns(json.RawMessage("{]"), nil), "the result is not JSON: " + encoding(json.RawMessage("{]")).Error(), ""},
	{"invalid UTF-8", returns(json.RawMessage("\"\xff\""), nil), "the result is not JSON: invalid UTF-8", ""},
	{"too deep for the document", returns(nested(9998), nil), "the result is nested too deeply", ""},
}

// No failure of a policy stops the others or leaves its entry without an error.
func TestRunFailingPolicy(t *testing.T) {
	for _, test := range failing {
		t.Run(test.name, func(t *testing.T) {
			policies := []engine.Policy{&fake{name: "bad", execute: test.execute}, echoing("good")}
			message, err := document.Encode(test.want)
			if err != nil {
				t.Fatal(err)
			}
			want := `{"results": [{"name": "bad","error": ` + string(message) +
				`},{"name": "good","result": 1}]}`
			invoke(policies, "1").compact().expect(t, exitPolicy, want, test.stack)
		})
	}
}

const (
	goexit     = "runtime.Goexit: the call ended its goroutine"
	nilPointer = "panic: runtime error: invalid memory address or nil pointer dereference"
)

func returns(result any, err error) func(context.Context, any) (any, error) {
	return func(context.Context, any) (any, error) { return result, err }
}

func panics(value any) func(context.Context, any) (any, error) {
	return func(context.Context, any) (any, error) { panic(value) }
}

// encoding returns the error of encoding/json, which each Go release words in its
// own way.
func encoding(result any) error {
	_, err := json.Marshal(result)
	return err
}

// marshaller is a result with a MarshalJSON method of one's own.
type marshaller func() []byte

func (m marshaller) MarshalJSON() ([]byte, error) { return m(), nil }

// nested returns an array of the given depth.
func nested(depth int) any {
	var value any
	for range depth {
		value = []any{value}
	}
	return value
}

// ring is a type whose values can contain themselves.
type ring struct{ Next *ring }

func cycle() *ring {
	r := &ring{}
	r.Next = r
	return r
}

// The deepest result that fits into the document is printed, without the
// 200 MB of indentation it would get.
func TestRunDeepResult(t *testing.T) {
	got := invoke([]engine.Policy{answering("deep", nested(9997), nil)}, "")
	if got.code != exitOK || !json.Valid([]byte(got.out)) || len(got.out) > 1<<20 {
		t.Errorf("exit code = %d, %d bytes, standard error: %s", got.code, len(got.out), got.err)
	}
}
