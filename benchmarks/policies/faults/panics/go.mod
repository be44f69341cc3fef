module example.com/faults/panics

go 1.26
