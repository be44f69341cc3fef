module github.com/user/policy1

go 1.21
