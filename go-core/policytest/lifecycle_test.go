package policytest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/policytest"
)

// started works only between Init and Close, and says all that it can.
type started struct {
	good
	users map[string]bool
}

func (p *started) Init(ctx context.Context) error {
	p.users = map[string]bool{"ann": true}
	return nil
}

func (p *started) Validate() error {
	if p.users == nil {
		return errors.New("not started")
	}
	return nil
}

func (p *started) Execute(ctx context.Context, input any) (any, error) {
	if p.users == nil {
		return nil, errors.New("not started")
	}
	return p.good.Execute(ctx, input)
}

func (p *started) Close(ctx context.Context) error {
	p.users = nil
	return nil
}

func (*started) Version() string { return "v1" }

func (*started) Describe() string { return "Allows ann." }

func (*started) InputSchema() string { return `{"type": "object"}` }

func (*started) Timeout() time.Duration { return 100 * time.Millisecond }

// single can be there once at a time.
type single struct {
	good
	mine bool
}

var taken atomic.Bool

func (p *single) Init(ctx context.Context) error {
	if p.mine = taken.CompareAndSwap(false, true); !p.mine {
		return errors.New("the port is taken")
	}
	return nil
}

func (p *single) Close(ctx context.Context) error {
	if p.mine {
		taken.Store(false)
	}
	return nil
}

// Policies that have to be started pass, and are stopped in the end.
func TestLifecycle(t *testing.T) {
	var made []*started
	construct := func() (policytest.Policy, error) {
		made = append(made, new(started))
		return made[len(made)-1], nil
	}
	t.Run("started", func(t *testing.T) { policytest.RunNew(t, construct, cases...) })
	if len(made) < 2 || slices.ContainsFunc(made, func(p *started) bool { return p.users != nil }) {
		t.Errorf("of %d policies not all were closed", len(made))
	}
	t.Run("single", func(t *testing.T) { policytest.Run(t, new(single), cases...) })
	if taken.Load() {
		t.Error("a policy was not closed")
	}
}

type unstarted struct{ good }

func (*unstarted) Init(ctx context.Context) error { return errors.New("no database") }

type startsForever struct{ good }

func (*startsForever) Init(ctx context.Context) error { select {} }

type unstopped struct{ good }

func (*unstopped) Close(ctx context.Context) error { return errors.New("cannot flush") }

type newVersions struct {
	good
	calls int
}

func (p *newVersions) Version() string { p.calls++; return fmt.Sprint("v", p.calls) }

type wrongSchema struct{ good }

func (*wrongSchema) InputSchema() string { return "an object" }

type late struct{ slow }

func (*late) Timeout() time.Duration { return 5 * time.Millisecond }
