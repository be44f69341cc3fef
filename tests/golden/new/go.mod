module example.com/allow-list

go 1.26
