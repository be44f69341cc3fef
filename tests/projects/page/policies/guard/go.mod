module example.com/platform/guard

go 1.26
