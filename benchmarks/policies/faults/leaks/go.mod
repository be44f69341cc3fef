module example.com/faults/leaks

go 1.26
