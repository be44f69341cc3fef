//go:build !unix

package server

import "net"

// acceptWaiting says that there is no connection: the kernel is not asked.
func acceptWaiting(net.Listener) (net.Conn, error) { return nil, net.ErrClosed }
