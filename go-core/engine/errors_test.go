package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// endless is a value whose description never ends.
type endless struct{}

func (endless) String() string { select {} }

// unmarshallable is a result that says at length why it is none.
type unmarshallable struct{ why string }

func (u unmarshallable) MarshalJSON() ([]byte, error) { return nil, errors.New(u.why) }

// However long the text is that a policy fails with, an error has 64 KiB at
// most and says so.
func TestLongTexts(t *testing.T) {
	long := strings.Repeat("ö", 1<<20) + "end"
	for name, execute := range map[string]func(context.Context, any) (any, error){
		"error": func(context.Context, any) (any, error) { return nil, errors.New(long) },
		"engine": func(context.Context, any) (any, error) {
			return nil, &Error{Outcome: Crashed, Message: long, Stack: long}
		},
		"panic":  func(context.Context, any) (any, error) { panic("x" + long) },
		"result": func(context.Context, any) (any, error) { return unmarshallable{long}, nil },
	} {
		p := started(t, Options{}, executing(execute)).Policies()[0]
		_, err := p.AppendJSON(t.Context(), nil, Call{})
		text, stack := err.Error(), err.(*Error).Stack
		if len(text) > maxText || len(stack) > maxText || !utf8.ValidString(text) || !strings.Contains(text, "ö… (cut, of 2097") {
			t.Errorf("%s: %d bytes, stack %d bytes, ends with %q", name, len(text), len(stack), text[len(text)-30:])
		}
	}
	invalid := &fake{name: "fake", validate: func() error { return errors.New(long) }}
	e, err := New([]Policy{invalid}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = e.Start(t.Context())
	if failed := e.Policies()[0].Err(); err == nil || len(failed.Message) > maxText {
		t.Errorf("Start = %.100v, an error of %d bytes", err, len(failed.Message))
	}
}

// A text of exactly 64 KiB is left as it is, and so is one that was cut.
func TestShortened(t *testing.T) {
	text := strings.Repeat("x", maxText)
	cut := text[:maxText-len("… (cut, of 65537 bytes)")] + "… (cut, of 65537 bytes)"
	for given, want := range map[string]string{text: text, text + "y": cut, cut: cut} {
		if got := shortened(given); got != want {
			t.Errorf("%d bytes: %d bytes that end with %q", len(given), len(got), got[len(got)-30:])
		}
	}
}

// An error of the engine's type that a policy returns is a failure, even if it
// has an outcome that no failure has.
func TestErrorOfAnyOutcome(t *testing.T) {
	for _, outcome := range []Outcome{OK, outcomes, 255} {
		p := started(t, Options{}, executing(func(context.Context, any) (any, error) { return nil, &Error{Outcome: outcome} })).Policies()[0]
		_, err := p.Execute(t.Context(), nil)
		if want := "an error of type *engine.Error without a message"; outcomeOf(err) != Failed || err.Error() != want {
			t.Errorf("outcome %d: %v, want %s", outcome, err, want)
		}
	}
}

// The deadline holds for the description of a panic's value, too.
func TestPanicWithEndlessText(t *testing.T) {
	p := started(t, Options{Timeout: 20 * time.Millisecond}, executing(func(context.Context, any) (any, error) { panic(endless{}) })).Policies()[0]
	start := time.Now()
	_, err := p.Execute(t.Context(), nil)
	if took := time.Since(start); outcomeOf(err) != TimedOut || took > formatting/2 {
		t.Errorf("Execute = %v after %v, want no answer within 20ms", err, took)
	}
}

// A panic after the deadline is in the log, though nobody waits for that call.
func TestLatePanicIsLogged(t *testing.T) {
	var text strings.Builder
	options := Options{Timeout: 5 * time.Millisecond, Log: slog.New(slog.NewTextHandler(&text, nil))}
	p := started(t, options, executing(func(ctx context.Context, _ any) (any, error) {
		<-ctx.Done()
		panic(fmt.Sprint("late: ", ctx.Err()))
	})).Policies()[0]
	if _, err := p.Call(t.Context(), Call{Lost: func(*Error) {}}); err != ErrLost {
		t.Errorf("error = %v, want ErrLost", err)
	}
	if want := `error="panic: late: context deadline exceeded"`; !strings.Contains(text.String(), want) {
		t.Errorf("no %s in %s", want, text.String())
	}
}
