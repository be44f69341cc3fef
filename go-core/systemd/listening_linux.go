package systemd

import (
	"errors"
	"os"
	"syscall"
)

// checkListening refuses what no connection can be accepted from, such as a datagram
// socket or one end of a connection.
func checkListening(descriptor int) error {
	listening, err := syscall.GetsockoptInt(descriptor, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	if listening == 0 {
		return errors.New("the socket does not listen; give one that listen(2) was called on, as Accept=no does in systemd")
	}
	return nil
}
