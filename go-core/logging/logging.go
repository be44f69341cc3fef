// Package logging makes the engine's own logger. The defaults of log/slog and
// log are the policies' and are left alone.
package logging

import (
	"io"
	"log/slog"
	"os"
	"strings"
)

// New returns a logger that writes to w: JSON, or text for "text" and, with the
// format "auto", when w is a terminal. Levels below the one given are left out,
// and so is what has an empty value; several errors in one are on one line.
func New(w io.Writer, format string, level slog.Leveler) *slog.Logger {
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: tidy}
	if format == "text" || format == "auto" && IsTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// tidy returns the attribute as it is written.
func tidy(_ []string, a slog.Attr) slog.Attr {
	if value := a.Value.Any(); a.Key != slog.MessageKey && (value == nil || value == "") {
		return slog.Attr{} // which is left out
	}
	if err, ok := a.Value.Any().(error); ok {
		a.Value = slog.StringValue(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return a
}

// IsTerminal reports whether the stream, a reader or a writer, is a terminal. Other
// character devices count as well: of those only /dev/null is likely, where it makes
// no difference.
func IsTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
