module github.com/policy-tasks/policy-tasks/go-core

go 1.26.0
