// Package allowlist is the policy allow-list.
package allowlist

import (
	"context"
	"errors"
)

// Policy allows whoever has a name. Put your own decision in its place.
type Policy struct{}

// Name is how the engine and everybody who asks it call the policy.
func (*Policy) Name() string { return "allow-list" }

// Validate reports whether the policy is able to work. It is called once,
// before any call of Execute.
func (*Policy) Validate() error { return nil }

// Execute decides about one JSON document, which has been decoded to nil,
// bool, string, json.Number, []any or map[string]any, and returns anything
// that encoding/json can marshal. Several goroutines may call it at once.
func (*Policy) Execute(ctx context.Context, input any) (any, error) {
	request, ok := input.(map[string]any)
	if !ok {
		return nil, errors.New("want an object")
	}
	user, _ := request["user"].(string)
	return map[string]any{"allowed": user != ""}, nil
}
