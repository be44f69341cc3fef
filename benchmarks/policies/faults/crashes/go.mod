module example.com/faults/crashes

go 1.26
