// Package guard has policies that fail, or take their time, as they are told.
package guard

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Policy answers, fails, panics, or takes its time.
type Policy struct{}

func (Policy) Name() string { return "quota" }

func (Policy) Version() string { return "0.9.0" }

func (Policy) Describe() string { return "Every tenant has a quota of requests, or none." }

func (Policy) Validate() error { return nil }

func (Policy) Timeout() time.Duration { return 300 * time.Millisecond }

// Execute does as the input says, whatever its context says.
func (Policy) Execute(_ context.Context, input any) (any, error) {
	question, _ := input.(map[string]any)
	if question["tenant"] == "unknown" {
		return nil, errors.New("tenant \"unknown\" has no quota: add it to quotas.json <b>now</b>")
	}
	if question["panic"] == true {
		panic("index out of range")
	}
	wait, _ := question["wait"].(json.Number)
	milliseconds, _ := wait.Int64()
	time.Sleep(time.Duration(milliseconds) * time.Millisecond)
	return map[string]any{"allow": true, "left": 41}, nil
}

// Patient waits until it is not to wait any longer.
type Patient struct{}

func (Patient) Name() string { return "approval" }

func (Patient) Describe() string { return "Waits for a person to say yes." }

func (Patient) Validate() error { return nil }

func (Patient) Timeout() time.Duration { return time.Minute }

// Execute heeds its context.
func (Patient) Execute(ctx context.Context, _ any) (any, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
