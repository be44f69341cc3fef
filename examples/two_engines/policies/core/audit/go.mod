module example.com/core/audit

go 1.21
