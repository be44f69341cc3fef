// Package access has a policy with all that a page can show of one.
package access

import (
	"context"
	"slices"
)

// Policy says who may do what.
type Policy struct{}

func (Policy) Name() string { return "access-control" }

func (Policy) Version() string { return "2.3.1" }

func (Policy) Describe() string {
	return "Says whether a subject may do something to a resource, by roles."
}

func (Policy) Validate() error { return nil }

func (Policy) InputSchema() string {
	return `{
	"type": "object",
	"required": ["subject", "action", "resource"],
	"additionalProperties": false,
	"properties": {
		"subject": {"$ref": "#/$defs/subject"},
		"action": {"enum": ["read", "write", "delete"], "description": "What is to be done."},
		"resource": {"type": "string", "description": "To what, as a path.", "default": "/reports/2026"},
		"trace": {"type": "boolean", "description": "Whether the answer says why."}
	},
	"$defs": {"subject": {
		"type": "object",
		"required": ["id", "roles"],
		"properties": {
			"id": {"type": "integer", "description": "The number of who asks.", "default": 9007199254740993},
			"roles": {"type": "array", "items": {"type": "string"}, "default": ["viewer"], "description": "In no order."}
		}
	}}
}`
}

var allowed = map[string][]any{"read": {"viewer", "editor", "admin"}, "write": {"editor", "admin"}, "delete": {"admin"}}

// Execute finds a role that is enough.
func (Policy) Execute(_ context.Context, input any) (any, error) {
	question, _ := input.(map[string]any)
	subject, _ := question["subject"].(map[string]any)
	roles, _ := subject["roles"].([]any)
	action, _ := question["action"].(string)
	for _, role := range roles {
		if slices.Contains(allowed[action], role) {
			return map[string]any{"allow": true, "by": role, "subject": subject["id"], "resource": question["resource"]}, nil
		}
	}
	return map[string]any{"allow": false, "by": nil, "subject": subject["id"], "wanted": allowed[action]}, nil
}
