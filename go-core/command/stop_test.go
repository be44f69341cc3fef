package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// An engine that is told to stop answers every client that could connect.
func TestStop(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("connections can be reset where the kernel cannot be told to make no more")
	}
	d := startDaemon(t)
	l := &load{t: t, network: "tcp", address: strings.TrimPrefix(d.url, "http://"), mayEnd: true}
	l.start(t.Context(), 16)
	l.await(500)
	d.endWell()
	l.clients.Wait()
}

// With no time for requests to finish, an engine that has lost one of a client does not
// say that all is well.
func TestStopWithoutGrace(t *testing.T) {
	for range 5 {
		d := startDaemon(t, "--shutdown-grace", "0s")
		var clients sync.WaitGroup
		var answered, lost atomic.Int64
		for i := range 16 {
			clients.Go(func() {
				if askUntilLost(strings.TrimPrefix(d.url, "http://"), i%2 == 0, &answered) != nil {
					lost.Add(1)
				}
			})
		}
		for answered.Load() < 200 {
			time.Sleep(time.Millisecond)
		}
		code := d.end()
		clients.Wait()
		if lost.Load() > 0 && code != exitWrite {
			t.Errorf("exit code %d, and %d requests were lost", code, lost.Load())
		}
	}
}

// askUntilLost asks until nobody listens, or an answer is lost, whose error it returns.
func askUntilLost(address string, keep bool, answered *atomic.Int64) error {
	for {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			return nil
		}
		reader := bufio.NewReader(connection)
		for last := false; !last && err == nil; answered.Add(1) {
			last, err = ask(connection, reader, !keep)
		}
		connection.Close()
		if err != nil {
			return err
		}
	}
}

// A load is clients that ask without a pause. No request is made again: one
// without an answer is lost.
type load struct {
	t                *testing.T
	network, address string
	mayEnd           bool // nobody listens any more, in time
	clients          sync.WaitGroup
	answered         atomic.Int64
}

// start starts clients, which go on until ctx ends or nobody listens. Half of
// them keep their connections, the others make one for each request: not too
// many, since the kernel remembers each for a minute or two.
func (l *load) start(ctx context.Context, clients int) {
	for i := range clients {
		l.clients.Go(func() {
			for ctx.Err() == nil && l.connect(ctx, i%2 == 0) {
				time.Sleep(time.Millisecond)
			}
		})
	}
}

// connect makes a connection, asks over it until it is to be closed, and
// reports whether there may be another.
func (l *load) connect(ctx context.Context, keep bool) bool {
	connection, err := net.Dial(l.network, l.address)
	if err != nil {
		if !l.mayEnd || !errors.Is(err, syscall.ECONNREFUSED) {
			l.t.Errorf("a connection was lost: %v", err)
		}
		return false
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(time.Minute)) // it is open
	reader := bufio.NewReader(connection)
	for last := !keep; ctx.Err() == nil; {
		if last, err = ask(connection, reader, last); err != nil {
			l.t.Errorf("a request was lost: %v", err)
			return false
		}
		if l.answered.Add(1); last {
			break
		}
	}
	return true
}

// ask asks once, and reports whether the answer says that it is the last.
func ask(connection io.Writer, reader *bufio.Reader, last bool) (bool, error) {
	header := ""
	if last {
		header = "Connection: close\r\n"
	}
	_, err := fmt.Fprintf(connection, "POST /v1/policies/echo/execute HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: 12\r\n\r\n{\"input\": 1}", header)
	if err != nil {
		return true, err
	}
	answer, err := http.ReadResponse(reader, nil)
	if err != nil {
		return true, err
	}
	text, err := io.ReadAll(answer.Body)
	if err == nil && string(text) != "{\"result\":1}\n" {
		err = fmt.Errorf("answer %q", text)
	}
	return answer.Close, err
}

// await waits for so many more answers.
func (l *load) await(answers int64) {
	l.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for until := l.answered.Load() + answers; l.answered.Load() < until; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			l.t.Fatal("there are no more answers")
		}
	}
}
