// Package policy1 is an example: some fields have to be there.
package policy1

import "context"

var required = []string{"name", "owner"}

// MyPolicy wants an object with all the required fields, and says which are missing.
type MyPolicy struct{}

func (p *MyPolicy) Name() string {
	return "required-fields"
}

func (p *MyPolicy) Execute(ctx context.Context, input interface{}) (interface{}, error) {
	object, _ := input.(map[string]interface{}) // no object, so no fields
	missing := []string{}
	for _, field := range required {
		if _, found := object[field]; !found {
			missing = append(missing, field)
		}
	}
	return map[string]interface{}{"allowed": len(missing) == 0, "missing": missing}, nil
}

func (p *MyPolicy) Validate() error {
	return nil
}
