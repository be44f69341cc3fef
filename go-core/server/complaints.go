package server

import (
	"bytes"
	"context"
	"log"
	"log/slog"
	"regexp"
	"sync"
	"time"
)

// Complaints are what net/http says by itself, of handshakes that failed and of
// listeners that cannot accept. A person has to see them, since nothing else
// says why a client does not come through; whoever can connect can make as many
// as he likes, so that of each kind one is told in a while.
type complaints struct {
	log                *slog.Logger
	handshakes, others occasion
}

// complaintEvery is how often a complaint of a kind is told, at most.
const complaintEvery = 10 * time.Second

func newComplaints(log *slog.Logger) *complaints { return &complaints{log: log} }

// logger returns what net/http writes to.
func (c *complaints) logger() *log.Logger { return log.New(c, "", 0) }

var (
	failedHandshake = regexp.MustCompile(`^http: TLS handshake error from (\S+): (.*)`)
	// Probes of load balancers only connect, and clients leave.
	clientLeft = regexp.MustCompile(`(: EOF|: i/o timeout|connection reset by peer|broken pipe)\s*$`)
)

// Write tells of a complaint.
func (c *complaints) Write(text []byte) (int, error) {
	kind, message, details := &c.others, "net/http says", []any{"error", string(bytes.TrimSpace(text))}
	if found := failedHandshake.FindSubmatch(text); found != nil {
		kind, message, details = &c.handshakes, "a TLS handshake failed", []any{"remote", string(found[1]), "error", string(found[2])}
	}
	level := slog.LevelDebug
	if !clientLeft.Match(text) {
		if told, missed := kind.take(time.Now()); told {
			level, details = slog.LevelWarn, append(details, "untold", missed)
		}
	}
	c.log.Log(context.Background(), level, message, details...)
	return len(text), nil
}

// An occasion comes once in a while.
type occasion struct {
	mutex  sync.Mutex
	next   time.Time
	missed int
}

// take takes the occasion, if it is there, and returns how many were not since
// the one before.
func (o *occasion) take(now time.Time) (taken bool, missed int) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if now.Before(o.next) {
		o.missed++
		return false, 0
	}
	missed, o.missed, o.next = o.missed, 0, now.Add(complaintEvery)
	return true, missed
}
