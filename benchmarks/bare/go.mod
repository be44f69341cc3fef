module github.com/policy-tasks/policy-tasks/benchmarks/bare

go 1.26.0

require example.com/rbac v0.0.0

replace example.com/rbac => ../policies/rbac
