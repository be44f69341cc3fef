module github.com/user/test-policy

go 1.21
