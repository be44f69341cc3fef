package engine_test

import (
	"context"
	"fmt"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// adult is a policy. Its module would import nothing of ours.
type adult struct{}

func (adult) Name() string    { return "adult" }
func (adult) Validate() error { return nil }

func (adult) Execute(_ context.Context, input any) (any, error) {
	person, ok := input.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the input is a %T, not an object", input)
	}
	return map[string]any{"allow": person["age"] != nil}, nil
}

func Example() {
	ctx := context.Background()
	e, err := engine.New([]engine.Policy{adult{}}, engine.Options{Timeout: time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := e.Start(ctx); err != nil {
		fmt.Println(err)
	}
	defer e.Close(ctx)
	policy, _ := e.Policy("adult")
	fmt.Println(policy.Execute(ctx, map[string]any{"age": 30}))
	fmt.Println(policy.Execute(ctx, "Ann"))
	// Output:
	// map[allow:true] <nil>
	// <nil> the input is a string, not an object
}
