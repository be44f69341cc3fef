package policytest_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/policytest"
)

// limited is able to work only as its constructor makes it.
type limited struct {
	good
	limits map[string]int
}

func newLimited() (policytest.Policy, error) {
	return &limited{limits: map[string]int{"ann": 10}}, nil
}

func (p *limited) Validate() error {
	if p.limits == nil {
		return errors.New("there are no limits")
	}
	return nil
}

func (p *limited) Execute(ctx context.Context, input any) (any, error) {
	if p.limits == nil {
		return nil, errors.New("there are no limits")
	}
	return p.good.Execute(ctx, input)
}

// once makes a policy, and after that what again makes.
func once(again func(first policytest.Policy) (policytest.Policy, error)) func() (policytest.Policy, error) {
	var first policytest.Policy
	return func() (policytest.Policy, error) {
		if first != nil {
			return again(first)
		}
		made, err := newLimited()
		first = made
		return made, err
	}
}

// Policies pass as their constructor makes them, also one that can do so only
// once, as the engine asks for no more.
func TestConstructors(t *testing.T) {
	t.Run("fields", func(t *testing.T) { policytest.RunNew(t, newLimited, cases...) })
	t.Run("fields in a value", func(t *testing.T) {
		policytest.RunNew(t, func() (policytest.Policy, error) { return byValue{new(good)}, nil }, cases...)
	})
	t.Run("always the same", func(t *testing.T) {
		policytest.RunNew(t, once(func(first policytest.Policy) (policytest.Policy, error) { return first, nil }), cases...)
	})
	t.Run("once", func(t *testing.T) {
		policytest.RunNew(t, once(func(policytest.Policy) (policytest.Policy, error) { return nil, errors.New("taken") }), cases...)
	})
}

// Each call makes a value that shares nothing with the one before.
func TestConstructorIsCalledForEachValue(t *testing.T) {
	made := map[policytest.Policy]bool{}
	policytest.RunNew(t, func() (policytest.Policy, error) {
		policy, err := newLimited()
		made[policy] = true
		return policy, err
	}, cases...)
	if len(made) < 4 {
		t.Errorf("%d values were made, want one for the first and each of State", len(made))
	}
}

var badConstructors = map[string]func() (policytest.Policy, error){
	"failing":    func() (policytest.Policy, error) { return nil, errors.New("no key in the safe") },
	"panicking":  func() (policytest.Policy, error) { panic("no luck") },
	"no policy":  func() (policytest.Policy, error) { return nil, nil },
	"no pointer": func() (policytest.Policy, error) { return (*limited)(nil), nil },
	"hanging":    func() (policytest.Policy, error) { select {} },
	"unlimited":  func() (policytest.Policy, error) { return new(limited), nil },
	"nil error":  func() (policytest.Policy, error) { return new(limited), (*speechless)(nil) },
	// As behind a lock on a file: there is one at a time, and others wait.
	"exclusive": once(func(policytest.Policy) (policytest.Policy, error) { select {} }),
}

// speechless is an error that nil is none of.
type speechless struct{ text string }

func (s *speechless) Error() string { return s.text }

// A constructor that makes no policy fails the test, and the message says how.
func TestBadConstructors(t *testing.T) {
	for name, message := range map[string]string{
		"failing":    `its constructor returned the error "no key in the safe": the engine would not start`,
		"panicking":  "its constructor panics: no luck (constructor_test.go:",
		"no policy":  "its constructor returned no policy: the policy is nil",
		"no pointer": "its constructor returned no policy: the policy is a nil pointer, of type *policytest_test.limited",
		"hanging":    "its constructor has not returned after",
		"unlimited":  `Validate() returned the error "there are no limits"`,
		"nil error":  "its constructor panics: ",
		"exclusive":  "a call has not returned, such as of a constructor or Init once more: what comes after Contract was not checked",
	} {
		t.Run(name, func(t *testing.T) {
			if name == "hanging" || name == "exclusive" {
				skipWait(t)
			}
			t.Parallel()
			if output, failed := try(name); !failed || !strings.Contains(output, message) {
				t.Errorf("failed: %v, want a message with %q:\n%s", failed, message, output)
			}
		})
	}
}
