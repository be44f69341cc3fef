// Package policy2 is an example: a number may not be above a limit.
package policy2

import (
	"context"
	"encoding/json"
	"fmt"
)

const limit = 10

// MyPolicy allows so many replicas and no more.
type MyPolicy struct{}

func (p *MyPolicy) Name() string {
	return "replica-limit"
}

func (p *MyPolicy) Execute(ctx context.Context, input interface{}) (interface{}, error) {
	object, _ := input.(map[string]interface{})
	value, asked := object["replicas"]
	if !asked {
		return map[string]interface{}{"allowed": true, "limit": limit}, nil
	}
	number, _ := value.(json.Number) // the engine keeps every digit of a number
	replicas, err := number.Int64()
	if err != nil {
		return nil, fmt.Errorf("replicas must be a whole number, not %v", value)
	}
	return map[string]interface{}{"allowed": replicas <= limit, "limit": limit}, nil
}

func (p *MyPolicy) Validate() error {
	return nil
}
