// Package transfers has policies that answer with numbers and with whatever they are given.
package transfers

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
)

// Limit says whether an amount is small enough, whatever its size.
type Limit struct{}

func (Limit) Name() string { return "transfer-limit" }

func (Limit) Describe() string { return "Amounts above the limit need a second signature." }

func (Limit) Validate() error { return nil }

func (Limit) InputSchema() string {
	return `{"type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer", "minimum": 1}, "memo": {"type": "string"}}}`
}

// Execute compares all digits.
func (Limit) Execute(_ context.Context, input any) (any, error) {
	question, _ := input.(map[string]any)
	amount, ok := new(big.Int).SetString(fmt.Sprint(question["amount"]), 10)
	if !ok {
		return nil, fmt.Errorf("amount is to be a whole number, not %v", question["amount"])
	}
	limit := json.Number("9007199254740993")
	most, _ := new(big.Int).SetString(limit.String(), 10)
	return map[string]any{"allow": amount.Cmp(most) <= 0, "amount": question["amount"], "limit": limit}, nil
}

// Echo answers its input.
type Echo struct{}

func (Echo) Name() string { return "echo" }

func (Echo) Validate() error { return nil }

// Execute answers the input.
func (Echo) Execute(_ context.Context, input any) (any, error) { return input, nil }
