module example.com/faults/exits

go 1.26
