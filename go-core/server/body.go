package server

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// firstRead is how large a buffer is at first. What a request says of its
// length is not believed: memory is for bytes that have arrived.
const firstRead = 2 << 10

// read reads the body of the request.
func (x *exchange) read() *problem {
	limit := x.server.options.MaxBody
	if x.r.ContentLength != 0 && isEncoded(x.r.Header["Content-Encoding"]) { // there may be the header of a body that Envoy has kept
		return &problem{
			status: http.StatusUnsupportedMediaType, code: "unsupported_encoding", close: true,
			message: "send the body as it is, without Content-Encoding",
		}
	}
	if x.r.ContentLength > int64(limit) {
		return tooLarge(limit)
	}
	for {
		err := x.readMore(limit + 1)
		switch {
		case len(x.body) > limit:
			return tooLarge(limit)
		case err == io.EOF:
			return nil
		case err != nil:
			return unreadable(err)
		}
	}
}

// isEncoded reports whether a body is anything but what it was made as.
func isEncoded(encodings []string) bool {
	for _, each := range encodings {
		for encoding := range strings.SplitSeq(each, ",") {
			if encoding = strings.TrimSpace(encoding); encoding != "" && !strings.EqualFold(encoding, "identity") {
				return true
			}
		}
	}
	return false
}

// readStart reads the start of a body that is too large, unless it was read.
func (x *exchange) readStart() {
	for len(x.body) < firstRead {
		if x.readMore(firstRead) != nil {
			return
		}
	}
}

func (x *exchange) readMore(limit int) error {
	if cap(x.body) == len(x.body) {
		size := min(max(2*cap(x.body), firstRead), max(limit, firstRead))
		x.body = append(make([]byte, 0, size), x.body...)
	}
	n, err := x.r.Body.Read(x.body[len(x.body):cap(x.body)])
	x.body = x.body[:len(x.body)+n]
	return err
}

// maxLeft is how much of a body is read to keep a connection, in bytes: by net/http
// where it knows how much is left.
const maxLeft = 256 << 10

// hearing is how long a client is heard out.
const hearing = 2 * time.Second

// readRest reads what is left of a body of unknown length, and reports whether that
// was little. It is done before the answer: with that net/http closes the body.
func (x *exchange) readRest() bool {
	if !x.hear() {
		return false
	}
	_, err := io.CopyN(io.Discard, x.r.Body, maxLeft)
	return err == io.EOF
}

// hearOut reads what the client still sends, once it has its answer, of a body that is
// no more than twice as large as it may be: a connection that is closed with something unread is reset,
// which takes the answer from who has not read it by then.
func (x *exchange) hearOut() {
	if x.hear() && http.NewResponseController(x.w).Flush() == nil {
		_, _ = io.CopyN(io.Discard, x.r.Body, int64(2*x.server.options.MaxBody-len(x.body))) // the client may be gone
	}
}

// hear reports whether what the client sends is to be read, and until when. Who waits
// for our leave to send, or speaks HTTP/2, needs no hearing.
func (x *exchange) hear() bool {
	if x.r.ProtoMajor != 1 || x.r.Header["Expect"] != nil || x.server.draining.Load() {
		return false
	}
	end := time.Now().Add(hearing)
	if last := x.start.Add(x.server.options.ReadTimeout); last.Before(end) {
		end = last
	}
	return http.NewResponseController(x.w).SetReadDeadline(end) == nil
}

func tooLarge(limit int) *problem {
	return &problem{
		status: http.StatusRequestEntityTooLarge, code: "too_large", close: true,
		message: fmt.Sprintf("the body is over the limit of %d bytes", limit),
	}
}

func unreadable(err error) *problem {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &problem{
			status: http.StatusRequestTimeout, code: "too_slow", close: true,
			message: "the body did not arrive in time",
		}
	}
	wrong := badRequest("the body cannot be read: " + err.Error())
	wrong.close = true
	return wrong
}
