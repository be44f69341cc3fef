package engine

import (
	"slices"
	"strings"
	"testing"
)

// versioned is a version of a policy, as the generated code has it.
type versioned struct{ *whole }

func (v versioned) Name() string   { return v.whole.Name() + "@v1.0.0" }
func (v versioned) Unwrap() Policy { return v.whole }

// A policy in a wrapper is shown as what it is, and its optional methods are
// called.
func TestLoadWrapped(t *testing.T) {
	policy := &whole{fake: fake{name: "whole"}}
	e := started(t, Options{}, versioned{policy})
	info := e.Policies()[0].Info()
	if info.Name != "whole@v1.0.0" || info.Type != "whole" || info.Description != "decides" {
		t.Errorf("Info = %+v", info)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if want := []string{"Init", "Validate", "Close"}; !slices.Equal(policy.calls, want) {
		t.Errorf("calls = %q, want %q", policy.calls, want)
	}
}

// mute is a wrapper that does not say what is in it.
type mute struct{ fake }

func (*mute) Unwrap() Policy { panic("no") }

// A wrapper around nothing is refused with the type that it is around; one that
// does not say what it is around is shown as itself.
func TestLoadWrappedNothing(t *testing.T) {
	_, err := load([]Policy{versioned{nil}})
	if err == nil || !strings.HasSuffix(err.Error(), "engine.whole is registered as a nil pointer") {
		t.Errorf("load = %v, want an error about the nil pointer", err)
	}
	loaded, err := load([]Policy{&mute{fake{name: "mute"}}})
	if err != nil || loaded[0].origin.typeName != "mute" {
		t.Errorf("load = %+v, %v", loaded, err)
	}
}
