module example.com/platform/access

go 1.26
