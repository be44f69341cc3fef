module example.com/payments/transfers

go 1.26
