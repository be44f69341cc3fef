module example.com/faults/loops

go 1.26
