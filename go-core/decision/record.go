// Package decision keeps a log of what the policies decided, as a stream of its
// own: one JSON object on a line for each decision.
package decision

import (
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"time"
)

// A Record is one decision of one policy.
type Record struct {
	ID       string          `json:"id"`
	Time     time.Time       `json:"time"`
	Policy   string          `json:"policy"`
	Version  string          `json:"version,omitempty"`
	Digest   string          `json:"digest,omitempty"` // of the policy's module
	Build    string          `json:"build,omitempty"`  // see build.Digest; Log sets it
	Input    json.RawMessage `json:"input,omitempty"`
	Result   json.RawMessage `json:"result,omitempty"`
	Error    string          `json:"error,omitempty"`
	Outcome  string          `json:"outcome"`
	Duration time.Duration   `json:"duration_ns"`
	TraceID  string          `json:"trace_id,omitempty"`
	Erased   []string        `json:"erased,omitempty"` // what Masks took out
}

// size returns how much memory the record takes, about, in bytes.
func (r *Record) size() int64 {
	const fixed = 512 // the record itself, its place in the queue, and its short texts
	return int64(fixed + cap(r.Input) + cap(r.Result) + len(r.Error))
}

// NewID returns an identifier that no other decision has: 128 random bits in
// hexadecimal digits.
func NewID() string {
	var bits [16]byte
	high, low := rand.Uint64(), rand.Uint64()
	for i := range 8 {
		bits[i], bits[8+i] = byte(high>>(8*i)), byte(low>>(8*i))
	}
	return hex.EncodeToString(bits[:])
}
