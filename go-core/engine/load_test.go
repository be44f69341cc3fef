package engine

import (
	"strings"
	"testing"
)

const thisPackage = "github.com/policy-tasks/policy-tasks/go-core/engine"

// byValue is a policy that is registered without a pointer.
type byValue struct{ *fake }

// unnamed is a policy whose Name panics.
type unnamed struct{ fake }

func (*unnamed) Name() string { panic("boom\n\x1b[31m") }

// List prints name, import path and type in registration order.
func TestList(t *testing.T) {
	invoke([]Policy{&fake{name: "b"}, byValue{&fake{name: "a"}}}, "", "list").compact().expect(t, exitOK,
		`{"policies": [{"name": "b","package": "`+thisPackage+`","type": "fake"},`+
			`{"name": "a","package": "`+thisPackage+`","type": "byValue"}]}`, "")
	invoke(nil, "", "list").compact().expect(t, exitOK, `{"policies": []}`, "")
}

// A policy without a usable name of its own stops every command, and the
// message says where the policy comes from.
func TestLoadUnusableName(t *testing.T) {
	tests := []struct {
		name     string
		policies []Policy
		message  string
	}{
		{"nil", []Policy{nil}, "the policy registered at position 1 is nil"},
		{"nil pointer", []Policy{(*fake)(nil)}, thisPackage + ".fake is registered as a nil pointer"},
		{"empty", []Policy{&fake{}}, thisPackage + ".fake has a name that is empty"},
		{"control character", []Policy{&fake{name: "a\nb"}}, `.fake has a name that contains a control character: "a\nb"`},
		{"invalid UTF-8", []Policy{&fake{name: "\xff"}}, `.fake has a name that is not valid UTF-8: "\xff"`},
		{"too long", []Policy{&fake{name: strings.Repeat("x", 129)}}, ".fake has a name that is 129 bytes long, over the limit of 128"},
		{"panic", []Policy{&unnamed{}}, `.unnamed has no name: panic: boom\n\x1b[31m`},
		{
			"duplicate",
			[]Policy{&fake{name: "x"}, &unnamed{}, &echo{fake{name: "x"}}},
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
	got := invoke([]Policy{&fake{}, nil, &unnamed{}, &fake{name: "fine"}}, "", "list")
	if lines := strings.Count(got.err, "\n"); lines != 3 || strings.Count(got.err, "policy-engine: ") != 3 {
		t.Errorf("standard error:\n%s\nwant three messages on three lines", got.err)
	}
}

// A name of the greatest length and with any printable characters is usable.
func TestLoadUsableName(t *testing.T) {
	for _, name := range []string{strings.Repeat("x", 128), "größe/2 %s <&>"} {
		if flaw := nameFlaw(name); flaw != "" {
			t.Errorf("nameFlaw(%q) = %q, want none", name, flaw)
		}
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
		invoke([]Policy{policy}, "", command)
		if policy.calls != want {
			t.Errorf("%s: Name was called %d times, want %d", command, policy.calls, want)
		}
	}
}
