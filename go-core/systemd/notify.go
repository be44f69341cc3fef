package systemd

import (
	"net"
	"os"
	"strings"
	"time"
)

// The states that are told. READY=1 follows RELOADING=1 as well.
const (
	Ready    = "READY=1"
	Stopping = "STOPPING=1"
)

// Reloading is told when the configuration is about to be read again.
func Reloading() string {
	if now := monotonic(); now != "" {
		return "RELOADING=1\nMONOTONIC_USEC=" + now
	}
	return "RELOADING=1"
}

// A Notifier tells the process that started this one how it is. The zero value
// tells nobody.
type Notifier struct{ socket string }

// TakeNotifier returns the notifier for the socket in NOTIFY_SOCKET, and takes
// it out of the environment, so that nobody else speaks for this process.
func TakeNotifier() Notifier {
	socket := os.Getenv("NOTIFY_SOCKET")
	_ = os.Unsetenv("NOTIFY_SOCKET") // it is no name that could be wrong
	return Notifier{socket}
}

// patience is how long whoever listens may take to make room for a message.
const patience = time.Second

// Notify tells the state and, for people, what is going on.
func (n Notifier) Notify(state, status string) error {
	if n.socket == "" {
		return nil
	}
	// "@" stands for the first byte of a name that is in no file system.
	connection, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer connection.Close()
	_ = connection.SetWriteDeadline(time.Now().Add(patience)) // it is open
	status = strings.ReplaceAll(status, "\n", " ")
	_, err = connection.Write([]byte(state + "\nSTATUS=" + status + "\n"))
	return err
}
