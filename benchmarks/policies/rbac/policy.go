// Package rbac is the example of role-based access control in OPA's
// documentation (comparison to other systems), with the same users, roles and
// permissions: benchmarks/opa/rbac.rego is the original.
package rbac

import (
	"context"
	"slices"
)

type permission struct{ action, object string }

var userRoles = map[string][]string{
	"alice": {"engineering", "webdev"},
	"bob":   {"hr"},
}

var rolePermissions = map[string][]permission{
	"engineering": {{"read", "server123"}},
	"webdev":      {{"read", "server123"}, {"write", "server123"}},
	"hr":          {{"read", "database456"}},
}

// Policy answers true where one of the user's roles has the permission that
// is asked for, and false otherwise.
type Policy struct{}

// Name returns "rbac".
func (*Policy) Name() string { return "rbac" }

// Validate returns nil.
func (*Policy) Validate() error { return nil }

// Execute takes {"user": ..., "action": ..., "object": ...}.
func (*Policy) Execute(_ context.Context, input any) (any, error) {
	request, _ := input.(map[string]any) // what is missing grants nothing
	user, _ := request["user"].(string)
	action, _ := request["action"].(string)
	object, _ := request["object"].(string)
	for _, role := range userRoles[user] {
		if slices.Contains(rolePermissions[role], permission{action, object}) {
			return true, nil
		}
	}
	return false, nil
}
