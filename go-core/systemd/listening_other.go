//go:build !linux

package systemd

// checkListening returns nil: accepting a connection tells.
func checkListening(int) error { return nil }
