package engine

import (
	"context"
	"time"
)

// Policy is what a policy module provides: an exported type with these three
// methods. A module imports nothing of the engine for it; having the methods
// is enough. There is one value of the type for the whole process, made when it
// starts: by its constructor, a function such as NewT, where the module has one
// (docs/policies.md says which, and Construct how it is called), else T{} or &T{},
// so that the zero value of T must be usable then.
//
// Standard output belongs to the engine's JSON document. What a policy prints
// with fmt.Print or to os.Stdout appears on standard error instead.
type Policy interface {
	// Name returns the name that identifies the policy in every document:
	// not empty, at most 128 bytes of UTF-8, no control characters, no white
	// space around it, and different from the names of the other policies in
	// the binary.
	//
	// It is called once, at the start of every command, before the input is
	// read. It must return a constant: no files, no network, no waiting. A
	// panic here, like an unusable name, stops the engine for all policies.
	Name() string

	// Execute decides about one input and returns the decision, which can be
	// anything that encoding/json can marshal. A nil result is an answer too,
	// null. When the error is not nil the result is ignored.
	//
	// The input is the JSON document given to the engine: nil, bool, string,
	// json.Number, []any or map[string]any. Numbers are json.Number, not
	// float64, so that 9007199254740993 survives digit for digit. The value
	// is a fresh copy, so a policy may write into it.
	//
	// It is called after Validate has returned nil. ctx is cancelled at the
	// deadline of the call, when the caller is gone, and when the process is
	// asked to stop; a policy that waits or works long returns then, since
	// nobody waits for its answer any longer.
	//
	// It must be safe for concurrent use: one value may serve several calls
	// at once. It must not keep the input, change the result after returning
	// it, call os.Exit, panic on a goroutine of its own, which nobody but the
	// policy can recover, or change what signals do (signal.Ignore,
	// signal.Reset): they are how the process is told to stop. A panic in the call itself is reported as this
	// policy's error and the other policies still run.
	Execute(ctx context.Context, input any) (any, error)

	// Validate reports whether the policy is able to work: its embedded data
	// parses, the settings it needs are there. Nil means yes.
	//
	// It is called once, after Name, Init and Reload, and before any policy's
	// Execute. When it
	// returns an error or panics, Execute of this policy is not called. It
	// must be quick, must not change anything outside the policy, and has no
	// input to look at.
	Validate() error
}

// The interfaces below are optional: a policy that has one of these methods,
// with just this signature, has it called. Whoever builds with policy_tasks is
// warned of another signature: it looks for the exported interfaces with one
// method in this file. None of them may call os.Exit, change
// what signals do, or start work that goes on after it has returned, unless it
// says so. What is
// said of a panic in Execute holds for all of them.

// Versioner is a policy that knows its version, for documents, metrics and the
// decision log. Without it the version is that of its module, if it has one.
//
// Version is called once, after Name, and must return a constant.
type Versioner interface {
	Version() string
}

// Describer is a policy that says in a sentence what it decides.
//
// Describe is called once, after Name, and must return a constant.
type Describer interface {
	Describe() string
}

// InputSchemer is a policy that says what inputs it understands, as the text of
// a JSON schema. People and programs are shown it; the engine does not check
// inputs against it. Text that is not JSON is left out.
//
// InputSchema is called once, after Name, and must return a constant.
type InputSchemer interface {
	InputSchema() string
}

// Timeouter is a policy that knows how long a call of its Execute may take, in
// place of the engine's default. 0 means that default. At the deadline ctx is
// cancelled and the caller gets an error, whether Execute returns or not.
//
// Timeout is called once, after Name, and must return a constant.
type Timeouter interface {
	Timeout() time.Duration
}

// Initializer is a policy that has to make something before it can work: open
// files, fill caches, start goroutines that Close ends.
//
// Init is called once, before Reload and Validate, and not by commands that
// only list policies. It must return soon: ctx is cancelled after 5 seconds, and
// a policy that has not returned then is not valid. The same holds for Reload,
// Validate and Close.
// When it returns an error the policy is not valid: it is not executed, and
// neither Reload nor Validate are called.
type Initializer interface {
	Init(ctx context.Context) error
}

// Reloader is a policy that can be configured. The configuration is the JSON
// text below policies.NAME in the engine's configuration file.
//
// Reload is called after Init and before Validate when there is a
// configuration, and again whenever the engine is told to read its
// configuration again, while Execute may be running: the policy must exchange
// its settings at once, as with an atomic.Pointer. When it returns an error at
// the start the policy is not valid; later, it must go on with the settings it
// had. It may keep config. It is not called again before it has returned, so that
// one which goes on after its 5 seconds keeps the next configuration waiting.
type Reloader interface {
	Reload(ctx context.Context, config []byte) error
}

// Closer is a policy that has to give something back: flush, close files, end
// goroutines.
//
// Close is called once before the process ends in an orderly way, after the
// last call of Execute has returned or was given up, even if Init returned an
// error. It must return soon, when ctx is cancelled at the latest: the commands
// give all policies 2 seconds together. It is not called when the process is
// killed.
type Closer interface {
	Close(ctx context.Context) error
}
