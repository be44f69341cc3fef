package server

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// A listener makes connections that write to their clients with a deadline, and
// that translate what net/http itself answers.
type listener struct {
	net.Listener
	all     *connections
	timeout time.Duration
}

// Accept returns the next connection. Past the listener's deadline, see empty,
// it returns those that wait, and an error when there are no more; net/http
// closes the listener then. A connection that has failed before it was accepted ends
// nothing: net/http would take its error for one of the listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			accepted, err = acceptWaiting(l.Listener)
		}
		if err == nil {
			return &connection{Conn: accepted, all: l.all, timeout: l.timeout}, nil
		}
		if !isOfConnection(err) {
			return nil, err
		}
	}
}

// isOfConnection reports whether an error of accept is one that the connection had,
// of those that https://man7.org/linux/man-pages/man2/accept.2.html has. What else is
// there may as well be one of the listener, and would come again for ever.
func isOfConnection(err error) bool {
	return slices.ContainsFunc([]syscall.Errno{
		syscall.ECONNABORTED, syscall.ECONNRESET, syscall.EPROTO, syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.ENETUNREACH,
	}, func(each syscall.Errno) bool { return errors.Is(err, each) })
}

type connection struct {
	net.Conn
	all       *connections
	active    atomic.Bool
	answering atomic.Bool // the start of an answer is written: what follows is a policy's, maybe
	timeout   time.Duration
	deadline  atomic.Int64 // of writing, in nanoseconds since epoch
	idleSince atomic.Int64 // in nanoseconds since epoch
	asking    atomic.Bool  // something was read since then
}

var epoch = time.Now()

// Read reads, and tells that something came.
func (c *connection) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	if n > 0 {
		c.all.reads.Add(1)
		c.asking.Store(true)
	}
	return n, err
}

// Close closes the connection. One that is closed in a hurry may have a request that
// has not come yet, or not all of it.
func (c *connection) Close() error {
	quiet := time.Since(epoch)-time.Duration(c.idleSince.Load()) >= lastCall
	if c.all.hurried.Load() && !c.answering.Load() && (c.asking.Load() || !quiet) {
		c.all.unsettled.Add(1)
	}
	return c.Conn.Close()
}

// Write writes the text, each piece of it within the timeout, however long the
// policy took before.
func (c *connection) Write(text []byte) (written int, err error) {
	if !c.answering.Load() {
		if own := translate(text); own != nil {
			_, err = c.writePiece(own)
			return len(text), err
		}
		c.answering.Store(true)
	}
	for written < len(text) && err == nil {
		var n int
		n, err = c.writePiece(text[written:min(written+pieceSize, len(text))])
		written += n
	}
	return written, err
}

// pieceSize is how much a client has to read within the timeout, in bytes.
const pieceSize = 256 << 10

// writePiece writes within the timeout. The deadline is set anew when half of
// the timeout is over, since to set it costs.
func (c *connection) writePiece(piece []byte) (int, error) {
	now := time.Since(epoch)
	if until := time.Duration(c.deadline.Load()) - now; until < c.timeout/2 {
		c.deadline.Store(int64(now + c.timeout))
		_ = c.Conn.SetWriteDeadline(time.Now().Add(c.timeout)) // fails when it is closed
	}
	return c.Conn.Write(piece)
}

// SetWriteDeadline leaves the deadline to Write: net/http takes it away after
// each request.
func (c *connection) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline sets the deadline of reading.
func (c *connection) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// CloseWrite tells the client that there is no more to read.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return net.ErrClosed
}

var (
	plainStart   = []byte("HTTP/1.1 ")
	plainHeaders = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")
	notTLS       = []byte("HTTP/1.0 400 Bad Request\r\n\r\n")
	withContent  = []byte("\r\nContent-Type: ") // as an answer of ours has
	unexpected   = []byte(" 417 ")              // after HTTP/1.0 or HTTP/1.1
)

// translate returns the answer to be written in place of one that net/http
// writes before there is a request for us to see, or nil for any other text.
func translate(text []byte) []byte {
	if len(text) <= len(plainStart) || text[len(plainStart)] < '4' || !bytes.HasPrefix(text, plainStart[:7]) {
		return nil
	}
	if bytes.HasPrefix(text, notTLS) {
		return plainProblem(http.StatusBadRequest, string(text[len(notTLS):]))
	}
	if bytes.HasPrefix(text[len(plainStart)-1:], unexpected) && !bytes.Contains(text, withContent) {
		return plainProblem(http.StatusExpectationFailed, "nothing but 100-continue may be expected")
	}
	line, message, found := bytes.Cut(text, plainHeaders)
	if !found || !bytes.HasPrefix(line, plainStart) || bytes.Contains(line, []byte("\r\n")) {
		return nil
	}
	status, err := strconv.Atoi(string(line[len(plainStart) : len(plainStart)+3]))
	if err != nil {
		return nil
	}
	return plainProblem(status, string(message))
}

// plainCodes are the codes of what net/http refuses.
var plainCodes = map[int]string{
	http.StatusRequestHeaderFieldsTooLarge: "headers_too_large",
	http.StatusNotImplemented:              "unsupported_encoding",
	http.StatusHTTPVersionNotSupported:     "unsupported_version",
}

func plainProblem(status int, message string) []byte {
	code, ok := plainCodes[status]
	if !ok {
		code = "bad_request"
	}
	p := problem{status: status, code: code, message: string(bytes.TrimSpace([]byte(message)))}
	body := p.envelope(nil, "")
	return append([]byte("HTTP/1.1 "+strconv.Itoa(status)+" "+http.StatusText(status)+
		"\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "+
		strconv.Itoa(len(body))+"\r\n\r\n"), body...)
}
