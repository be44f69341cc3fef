// Package jsoncall calls a policy with JSON and gets JSON back, as a program has
// to that cannot pass Go values. It reads and writes JSON as the engine does,
// which takes less time than encoding/json, so that ways differ in how they call
// alone.
package jsoncall

import (
	"context"

	"github.com/policy-tasks/policy-tasks/go-core/document"
)

// A Policy is called with the value of a document.
type Policy interface {
	Execute(ctx context.Context, input any) (any, error)
}

// Execute appends the policy's decision on the document to dst, as JSON.
func Execute(ctx context.Context, policy Policy, dst, text []byte) ([]byte, error) {
	input, err := document.Decode(text, document.MaxDepth)
	if err != nil {
		return dst, err
	}
	result, err := policy.Execute(ctx, input)
	if err != nil {
		return dst, err
	}
	return document.Append(dst, result)
}
