// Package hostile has policies whose every text tries to become part of the page.
package hostile

import (
	"context"
	"errors"
)

const attack = `</script><img src=x onerror="document.title='owned'"><svg onload=alert(1)>"'&{}\`

// Policy has them in its name, its description, its schema and its answers.
type Policy struct{}

func (Policy) Name() string { return `<img src=x onerror="document.title='owned'">/\"}{ ` + "\u202e" }

func (Policy) Version() string { return attack }

func (Policy) Describe() string { return attack }

func (Policy) Validate() error { return nil }

func (Policy) InputSchema() string {
	return `{"properties": {"<img src=x onerror=alert(2)>": {"description": "<script>document.title='owned'</script>\u2067", "type": "string"}, "__proto__": {"$ref": "#"}}}`
}

// Execute answers text that is HTML elsewhere, and fails with text that turns around.
func (Policy) Execute(_ context.Context, input any) (any, error) {
	if input == "fail" {
		return nil, errors.New("\u202ereversed\u2066\x1b[31m\u009b")
	}
	return map[string]any{attack: []any{attack, "\u202edesrever"}, "__proto__": map[string]any{"polluted": true}}, nil
}

// Dots has a name that is no name in a path.
type Dots struct{}

func (Dots) Name() string { return ".." }

func (Dots) Validate() error { return nil }

// Execute answers who it is.
func (Dots) Execute(context.Context, any) (any, error) { return "dots", nil }
