module github.com/policy-tasks/policy-tasks/benchmarks/calls

go 1.26.0

require (
	example.com/rbac v0.0.0
	github.com/policy-tasks/policy-tasks/go-core v0.0.0
	github.com/tetratelabs/wazero v1.12.0
)

require golang.org/x/sys v0.44.0 // indirect

replace (
	example.com/rbac => ../policies/rbac
	github.com/policy-tasks/policy-tasks/go-core => ../../go-core
)
