//go:build unix

package server

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// acceptWaiting returns a connection that the kernel holds for the listener, or
// net.ErrClosed at once when there is none.
func acceptWaiting(l net.Listener) (net.Conn, error) {
	listening, ok := l.(syscall.Conn)
	if !ok {
		return nil, net.ErrClosed
	}
	raw, err := listening.SyscallConn()
	if err != nil {
		return nil, err
	}
	var file *os.File
	if failed := raw.Control(func(fd uintptr) { file, err = accept(fd) }); failed != nil {
		return nil, failed
	}
	if errors.Is(err, syscall.EAGAIN) {
		err = net.ErrClosed
	}
	if err != nil {
		return nil, err
	}
	defer file.Close() // FileConn has one of its own
	return net.FileConn(file)
}

// accept does what Accept does, but for the waiting. A socket that is shared may
// block again, since its mode is everybody's who has it.
func accept(listening uintptr) (*os.File, error) {
	syscall.ForkLock.RLock() // no process that is started now gets it
	defer syscall.ForkLock.RUnlock()
	if err := syscall.SetNonblock(int(listening), true); err != nil {
		return nil, err
	}
	fd, _, err := syscall.Accept(int(listening))
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "connection"), nil
}
