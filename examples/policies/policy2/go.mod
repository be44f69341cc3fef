module github.com/user/policy2

go 1.21
