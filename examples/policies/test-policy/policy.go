package testpolicy

import "context"

type TestPolicy struct{}

func (p *TestPolicy) Name() string {
	return "test-policy"
}

func (p *TestPolicy) Execute(ctx context.Context, input interface{}) (interface{}, error) {
	return "success", nil
}

func (p *TestPolicy) Validate() error {
	return nil
}
