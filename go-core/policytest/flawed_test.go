package policytest_test

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/policytest"
)

// Policies whose answers are flawed, each named by its flaw.

type wrongAnswer struct{ good }

func (*wrongAnswer) Execute(ctx context.Context, input any) (any, error) {
	return map[string]any{"allowed": true, "limit": 10}, nil
}

type slow struct{ good }

func (p *slow) Execute(ctx context.Context, input any) (any, error) {
	if input == json.Number("1") {
		time.Sleep(60 * time.Millisecond)
	}
	return p.good.Execute(ctx, input)
}

type slowWhenHostile struct{ good }

func (*slowWhenHostile) Timeout() time.Duration { return 5 * time.Millisecond }

func (p *slowWhenHostile) Execute(ctx context.Context, input any) (any, error) {
	if user := userOf(input); user != "ann" && user != "bob" {
		time.Sleep(60 * time.Millisecond)
	}
	return p.good.Execute(ctx, input)
}

type endless struct{ good }

func (p *endless) Execute(ctx context.Context, input any) (any, error) { select {} }

type leaving struct{ good }

func (p *leaving) Execute(ctx context.Context, input any) (any, error) {
	runtime.Goexit()
	return nil, nil
}

type trusting struct{ good }

func (p *trusting) Execute(ctx context.Context, input any) (any, error) {
	if object, ok := input.(map[string]any); ok && object["user"].(string) == "ann" {
		return p.good.Execute(ctx, input)
	}
	return p.good.Execute(ctx, input)
}

type notJSON struct{ good }

func (p *notJSON) Execute(ctx context.Context, input any) (any, error) {
	if input == nil {
		return func() {}, nil
	}
	return p.good.Execute(ctx, input)
}

type counting struct {
	good
	mutex sync.Mutex
	calls int
}

func (p *counting) Execute(ctx context.Context, input any) (any, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.calls++; p.calls > 30 {
		return nil, errors.New("the quota is used up")
	}
	return p.good.Execute(ctx, input)
}

var (
	lastMutex sync.Mutex
	last      any
)

type global struct{ good }

func (p *global) Execute(ctx context.Context, input any) (any, error) {
	lastMutex.Lock()
	defer lastMutex.Unlock()
	object, _ := input.(map[string]any)
	if last == "bob" && object["user"] == "ann" {
		return nil, errors.New("not after bob")
	}
	last = object["user"]
	return p.good.Execute(ctx, input)
}

type sharedResult struct {
	good
	mutex  sync.Mutex
	result map[string]any
}

func (p *sharedResult) Execute(ctx context.Context, input any) (any, error) {
	made, err := p.good.Execute(ctx, input)
	if err != nil {
		return nil, err
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.result == nil {
		p.result = map[string]any{}
	}
	for key, value := range made.(map[string]any) {
		p.result[key] = value
	}
	return p.result, nil
}

var cache sync.Map

type keepsInput struct{ good }

func (p *keepsInput) Execute(ctx context.Context, input any) (any, error) {
	object, _ := input.(map[string]any)
	user, ok := object["user"].(string)
	if !ok {
		return p.good.Execute(ctx, input)
	}
	kept, _ := cache.LoadOrStore(user, input)
	return p.good.Execute(ctx, map[string]any{"user": kept.(map[string]any)["user"]})
}

type writesLater struct{ good }

func (p *writesLater) Execute(ctx context.Context, input any) (any, error) {
	result, err := p.good.Execute(ctx, input)
	if object, ok := input.(map[string]any); ok {
		time.AfterFunc(5*time.Millisecond, func() { object["user"] = "written later" })
	}
	return result, err
}

type unsafeTogether struct {
	good
	input any
}

func (p *unsafeTogether) Execute(ctx context.Context, input any) (any, error) {
	p.input = input
	runtime.Gosched()
	return p.good.Execute(ctx, map[string]any{"user": userOf(p.input)})
}

func userOf(input any) any {
	object, _ := input.(map[string]any)
	return object["user"]
}

type racy struct {
	good
	calls int
}

func (p *racy) Execute(ctx context.Context, input any) (any, error) {
	p.calls++
	return p.good.Execute(ctx, input)
}

type deaf struct{ good }

func (p *deaf) Execute(ctx context.Context, input any) (any, error) {
	if input == nil {
		time.Sleep(policytest.Grace + 100*time.Millisecond)
	}
	return p.good.Execute(ctx, input)
}

type configured struct {
	good
	limit json.Number
}
