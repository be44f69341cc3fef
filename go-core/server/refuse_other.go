//go:build !linux

package server

import "net"

// refuse does nothing: systems other than Linux know of no way.
func refuse(net.Listener) {}
