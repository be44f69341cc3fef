package server

import (
	"net"
	"syscall"
)

// withoutSYN is a filter for the packets of a socket, which it gets from their
// TCP header on: whatever is no SYN passes.
var withoutSYN = []syscall.SockFilter{
	{Code: syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS, K: 13},              // the flags
	{Code: syscall.BPF_JMP | syscall.BPF_JSET | syscall.BPF_K, Jf: 1, K: 1 << 1}, // SYN
	{Code: syscall.BPF_RET | syscall.BPF_K, K: 0},
	{Code: syscall.BPF_RET | syscall.BPF_K, K: 1<<32 - 1}, // all of the packet
}

// refuse has the kernel make no more connections for the listener. Those that
// it has made can still be accepted, and those of TCP that it is making will be.
// A client of TCP asks again after a second, and is refused if it is closed then.
func refuse(l net.Listener) {
	socket, ok := l.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return // it is closed
	}
	_ = raw.Control(func(fd uintptr) { // what fails leaves the socket as it was
		if _, ok := l.(*net.UnixListener); ok {
			_ = syscall.Shutdown(int(fd), syscall.SHUT_RD)
			return
		}
		_ = syscall.AttachLsf(int(fd), withoutSYN) //lint:ignore SA1019 golang.org/x is not the standard library
	})
}
