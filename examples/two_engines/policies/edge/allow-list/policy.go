// Package allowlist decides at the edge who may come in.
package allowlist

import "context"

var allowed = map[string]bool{"alice": true, "bob": true}

// Policy allows the users on its list.
type Policy struct{}

func (Policy) Name() string { return "allow-list" }

func (Policy) Execute(_ context.Context, input any) (any, error) {
	object, _ := input.(map[string]any)
	user, _ := object["user"].(string)
	return map[string]any{"allowed": allowed[user]}, nil
}

func (Policy) Validate() error { return nil }
