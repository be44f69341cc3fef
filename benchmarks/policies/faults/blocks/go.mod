module example.com/faults/blocks

go 1.26
