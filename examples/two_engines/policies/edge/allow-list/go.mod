module example.com/edge/allowlist

go 1.21
