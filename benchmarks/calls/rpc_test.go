package calls

import (
	"context"
	"io"
	"net"
	"net/rpc"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"example.com/rbac"
	"github.com/policy-tasks/policy-tasks/benchmarks/calls/jsoncall"
)

// serveVariable holds, in the child process, the socket that it serves.
const serveVariable = "CALLS_SERVE"

// openRPC calls the policy in a child process, by net/rpc over a Unix socket:
// the least that plugin systems of this kind do. The child is this program.
func openRPC(tb testing.TB) call {
	socket := filepath.Join(tb.TempDir(), "socket")
	startChild(tb, socket)
	client := rpc.NewClient(dial(tb, socket))
	tb.Cleanup(func() { client.Close() })
	return func(ctx context.Context, r *request) (bool, error) {
		var result []byte
		err := client.Call("Service.Execute", r.text, &result)
		return textDecision(result, err)
	}
}

// startChild starts the child process, which ends with its standard input: when
// tb does, or this process, however that ends.
func startChild(tb testing.TB, socket string) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), serveVariable+"="+socket)
	child.Stderr = os.Stderr
	input, err := child.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := child.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		input.Close()
		_ = child.Wait() // it says on standard error what it ended with
	})
}

func dial(tb testing.TB, socket string) net.Conn {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		connection, err := net.Dial("unix", socket)
		if err == nil {
			return connection
		}
		if time.Now().After(deadline) {
			tb.Fatal(err)
		}
	}
}

// A Service is what the child process offers.
type Service struct{}

// Execute decides about a document.
func (Service) Execute(text []byte, result *[]byte) (err error) {
	*result, err = jsoncall.Execute(context.Background(), &rbac.Policy{}, nil, text)
	return err
}

// serve serves one connection after the other on socket, and ends the process
// when there is no more standard input.
func serve(socket string) error {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if err := rpc.Register(Service{}); err != nil {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		rpc.ServeConn(connection)
	}
}
