package command

import (
	"errors"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// Validate reports each policy, and the exit code says whether all are valid.
func TestValidate(t *testing.T) {
	good := &fake{name: "good"}
	tests := []struct {
		name     string
		policies []engine.Policy
		code     int
		want     string
		message  string
	}{
		{"none", nil, exitOK, `{"results": []}`, ""},
		{"valid", []engine.Policy{good}, exitOK, `{"results": [{"name": "good","valid": true}]}`, ""},
		{
			"error",
			[]engine.Policy{&fake{name: "bad", validate: func() error { return errors.New("no key") }}, good},
			exitPolicy,
			`{"results": [{"name": "bad","valid": false,"error": "no key"},{"name": "good","valid": true}]}`,
			"",
		},
		{
			"panic",
			[]engine.Policy{&fake{name: "bad", validate: func() error { panic("boom") }}, good},
			exitPolicy,
			`{"results": [{"name": "bad","valid": false,"error": "panic: boom"},{"name": "good","valid": true}]}`,
			`policy-engine: policy "bad": panic: boom`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			invoke(test.policies, "", "validate").compact().expect(t, test.code, test.want, test.message)
		})
	}
}
