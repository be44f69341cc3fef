//go:build !linux

package systemd

// monotonic returns "": there is no systemd here.
func monotonic() string { return "" }
