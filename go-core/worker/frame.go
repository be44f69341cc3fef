package worker

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// What a frame to a worker asks for. A frame from a worker has the outcome of
// the call there instead, an engine.Outcome.
const (
	execute byte = iota
	initialize
	reload
	validate
	closeDown
	cancel // the call of that id is wanted no longer
	expire // its deadline has come
)

// methods are the names of those kinds that are calls.
var methods = [...]string{"Execute", "Init", "Reload", "Validate", "Close"}

// A frame is a message between the engine and a worker. On the wire it is
//
//	bytes  0 to 3   how long the body is, little-endian, as all numbers
//	byte   4        kind
//	bytes  5 to 12  id
//	bytes 13 to 20  limit in nanoseconds
//	bytes 21 …      body
type frame struct {
	kind  byte
	id    uint64        // of the call
	limit time.Duration // until the deadline of the call; 0 means that there is none
	body  []byte        // values of a call and JSON text, or how the call failed
}

const (
	headLength = 21

	// maxBody is the size of the longest body, in bytes. An input of 64 MiB may
	// double in length when it is written anew.
	maxBody = 256 << 20

	// buffered is how much is read at once: as much as a pipe holds.
	buffered = 64 << 10

	// piece is how much memory is made for a body before it has arrived.
	piece = 1 << 20
)

var errTooLong = fmt.Errorf("larger than the limit of %d MiB between processes", maxBody>>20)

// beginFrame appends room for the head of a frame whose body is to follow.
func beginFrame(dst []byte) []byte { return append(dst, make([]byte, headLength)...) }

// endFrame writes the head of the frame that text is, from its first byte on.
func endFrame(text []byte, kind byte, id uint64, limit time.Duration) error {
	body := len(text) - headLength
	if body > maxBody {
		return errTooLong
	}
	binary.LittleEndian.PutUint32(text, uint32(body))
	text[4] = kind
	binary.LittleEndian.PutUint64(text[5:], id)
	binary.LittleEndian.PutUint64(text[13:], uint64(limit))
	return nil
}

// readFrame reads one frame. The body is a copy. io.EOF is an end between two
// frames.
func readFrame(r *bufio.Reader) (f frame, err error) {
	head, err := r.Peek(headLength)
	if err != nil {
		if err == io.EOF && len(head) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return f, err
	}
	length := binary.LittleEndian.Uint32(head)
	f.kind = head[4]
	f.id = binary.LittleEndian.Uint64(head[5:])
	f.limit = time.Duration(binary.LittleEndian.Uint64(head[13:]))
	if length > maxBody {
		return f, errTooLong
	}
	_, _ = r.Discard(headLength) // it is there
	f.body, err = readBody(r, int(length))
	return f, err
}

// readBody reads so many bytes. What the length says is believed in pieces.
func readBody(r io.Reader, length int) ([]byte, error) {
	body := make([]byte, min(length, piece))
	for read := 0; ; {
		n, err := io.ReadFull(r, body[read:])
		if read += n; err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil || read == length {
			return body, err
		}
		body = append(body, make([]byte, min(length-read, read))...)
	}
}

// appendFailure appends how a call failed, without the outcome.
func appendFailure(dst []byte, failed *engine.Error) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(failed.Message)))
	return append(append(dst, failed.Message...), failed.Stack...)
}

var errFailure = errors.New("it does not say how a call has failed")

// readFailure reads what appendFailure has written.
func readFailure(f frame) (*engine.Error, error) {
	outcome := engine.Outcome(f.kind)
	if len(f.body) < 4 || outcome == engine.OK || outcome > engine.NotReady {
		return nil, errFailure
	}
	length, text := binary.LittleEndian.Uint32(f.body), f.body[4:]
	if uint64(length) > uint64(len(text)) {
		return nil, errFailure
	}
	return &engine.Error{Outcome: outcome, Message: string(text[:length]), Stack: string(text[length:]), Retry: f.limit}, nil
}
