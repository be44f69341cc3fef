package policytest_test

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// good is a policy without a flaw, and what the flawed ones are made of.
type good struct{}

func (*good) Name() string { return "good" }

func (*good) Validate() error { return nil }

func (*good) Execute(ctx context.Context, input any) (any, error) {
	object, ok := input.(map[string]any)
	if !ok {
		return nil, errors.New("want an object")
	}
	user, _ := object["user"].(string)
	object["seen"] = true // its own copy, which it may write to
	return map[string]any{"allowed": user == "ann", "limit": 10}, nil
}

// byValue is a policy without a pointer, and without fields.
type byValue struct{ good *good }

func (byValue) Name() string { return "by value" }

func (byValue) Validate() error { return nil }

func (byValue) Execute(ctx context.Context, input any) (any, error) {
	return new(good).Execute(ctx, input)
}

// table is a policy that is no struct.
type table map[string]bool

func (table) Name() string { return "table" }

func (table) Validate() error { return nil }

func (t table) Execute(ctx context.Context, input any) (any, error) {
	return new(good).Execute(ctx, input)
}

// waiting honours its context.
type waiting struct{ good }

func (w *waiting) Execute(ctx context.Context, input any) (any, error) {
	select {
	case <-time.After(20 * time.Millisecond):
		return w.good.Execute(ctx, input)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Policies that break the contract, each named by its flaw.

type nameless struct{ good }

func (*nameless) Name() string { return "" }

type controlName struct{ good }

func (*controlName) Name() string { return "a\nb" }

type countingName struct {
	good
	calls int
}

func (p *countingName) Name() string { p.calls++; return fmt.Sprint("name ", p.calls) }

type nameOfInput struct {
	good
	called bool
}

func (p *nameOfInput) Name() string { return fmt.Sprint("called: ", p.called) }

func (p *nameOfInput) Execute(ctx context.Context, input any) (any, error) {
	if !p.called {
		p.called = true
	}
	return p.good.Execute(ctx, input)
}

type panickingName struct{ good }

func (*panickingName) Name() string { panic("no name yet") }

type invalid struct{ good }

func (*invalid) Validate() error { return errors.New("there is no table") }

type needsFields struct {
	good
	users map[string]int
}

func (p *needsFields) Validate() error { p.users["ann"]++; return nil }
