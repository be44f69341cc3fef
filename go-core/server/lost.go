package server

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// answerLost answers a request whose policy did not give its goroutine back. It
// takes the connection away from that goroutine, and ends it: net/http would
// not read the next request from it, or close it, before the policy returns.
func (x *exchange) answerLost(failed *engine.Error) {
	x.out = nil // the call may be writing its result there
	x.decided(failed)
	x.compose(problemOf(failed))
	x.settle()
	connection, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		return // the client is gone
	}
	answer := http.Response{
		StatusCode: x.status, Request: x.r, ProtoMajor: 1, ProtoMinor: 1, Close: true,
		Header: x.w.Header(), ContentLength: int64(len(x.out)), Body: io.NopCloser(bytes.NewReader(x.out)),
	}
	if answer.Header["Content-Type"] == nil {
		answer.Header["Content-Type"] = jsonType
	}
	answer.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	_ = answer.Write(connection)
	hangUp(connection)
}

// lingering is how long a connection is kept after its last answer, so that the
// client has read that before it hears of a reset, as net/http does.
const lingering = 500 * time.Millisecond

// hangUp ends a connection without taking the answer away that is on its way.
func hangUp(connection net.Conn) {
	if half, ok := connection.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		time.AfterFunc(lingering, func() { _ = connection.Close() })
		return
	}
	_ = connection.Close()
}
