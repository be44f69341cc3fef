package policytest

import "github.com/policy-tasks/policy-tasks/go-core/engine"

// The optional methods are those that the engine looks for.
var (
	_ engine.Initializer  = initializer(nil)
	_ engine.Closer       = closer(nil)
	_ engine.Timeouter    = timeouter(nil)
	_ engine.Versioner    = versioner(nil)
	_ engine.Describer    = describer(nil)
	_ engine.InputSchemer = inputSchemer(nil)
)
