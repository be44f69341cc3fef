package command

import (
	"strings"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

const thisPackage = "github.com/policy-tasks/policy-tasks/go-core/command"

const module = `"module": "github.com/policy-tasks/policy-tasks/go-core"`

// byValue is a policy that is registered without a pointer.
type byValue struct{ *fake }

// unnamed is a policy whose Name panics.
type unnamed struct{ fake }

func (*unnamed) Name() string { panic("boom\n\x1b[31m") }

// List prints name, import path and type in registration order.
func TestList(t *testing.T) {
	invoke([]engine.Policy{&fake{name: "b"}, byValue{&fake{name: "a"}}}, "", "list").compact().expect(t, exitOK,
		`{"policies": [{"name": "b","package": "`+thisPackage+`","type": "fake",`+module+`},`+
			`{"name": "a","package": "`+thisPackage+`","type": "byValue",`+module+`}]}`, "")
	invoke(nil, "", "list").compact().expect(t, exitOK, `{"policies": []}`, "")
}

// A policy without a usable name of its own stops every command, and the
// message says where the policy comes from.
func TestLoadUnusableName(t *testing.T) {
	tests := []struct {
		name     string
		policies []engine.Policy
		message  string
	}{
		{"nil", []engine.Policy{nil}, "the policy registered at position 1 is nil"},
		{"nil pointer", []engine.Policy{(*fake)(nil)}, thisPackage + ".fake is registered as a nil pointer"},
		{"empty", []engine.Policy{&fake{}}, thisPackage + ".fake has a name that is empty"},
		{"control character", []engine.Policy{&fake{name: "a\nb"}}, `.fake has a name that contains a control character: "a\nb"`},
		{"invalid UTF-8", []engine.Policy{&fake{name: "\xff"}}, `.fake has a name that is not valid UTF-8: "\xff"`},
		{"too long", []engine.Policy{&fake{name: strings.Repeat("x", 129)}}, ".fake has a name that is 129 bytes long, over the limit of 128"},
		{"panic", []engine.Policy{&unnamed{}}, `.unnamed has no name: panic: boom\n\x1b[31m`},
		{
			"duplicate",
			[]engine.Policy{&fake{name: "x"}, &unnamed{}, &echo{fake{name: "x"}}},
			`"x" is the name of both ` + thisPackage + ".fake and " + thisPackage + ".echo\n",
		},
	}
	for _, test := range tests {
		for _, command := range []string{"list", "validate", "run"} {
			t.Run(test.name+"/"+command, func(t *testing.T) {
				invoke(test.policies, "{", command).expect(t, exitLoading, "", test.message)
			})
		}
	}
}

// echo is a second type of policy.
type echo struct{ fake }

// All problems are reported at once, one on a line.
func TestLoadReportsAllProblems(t *testing.T) {
	got := invoke([]engine.Policy{&fake{}, nil, &unnamed{}, &fake{name: "fine"}}, "", "list")
	if lines := strings.Count(got.err, "\n"); lines != 3 || strings.Count(got.err, "policy-engine: ") != 3 {
		t.Errorf("standard error:\n%s\nwant three messages on three lines", got.err)
	}
}

// countingName is a policy that counts the calls of Name.
type countingName struct {
	fake
	calls int
}

func (c *countingName) Name() string { c.calls++; return "counting" }

// Name is called once for each command that needs it.
func TestLoadCallsNameOnce(t *testing.T) {
	for command, want := range map[string]int{"list": 1, "validate": 1, "run": 1, "version": 0, "help": 0} {
		policy := &countingName{}
		invoke([]engine.Policy{policy}, "", command)
		if policy.calls != want {
			t.Errorf("%s: Name was called %d times, want %d", command, policy.calls, want)
		}
	}
}
