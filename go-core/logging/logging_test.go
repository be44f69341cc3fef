package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// A log that is not on a terminal is JSON, one object on a line, of the level
// asked for.
func TestNew(t *testing.T) {
	var written bytes.Buffer
	log := New(&written, "auto", slog.LevelInfo)
	log.Debug("hidden")
	log.Info("a\nb", "policy", "p")
	var line map[string]any
	if err := json.Unmarshal(written.Bytes(), &line); err != nil || line["msg"] != "a\nb" || line["policy"] != "p" {
		t.Errorf("log = %s, %v", written.String(), err)
	}
	written.Reset()
	New(&written, "text", slog.LevelInfo).Info("hello")
	if !strings.Contains(written.String(), "level=INFO msg=hello") {
		t.Errorf("log = %s", written.String())
	}
}

// Several errors in one are joined on a line, and a stack, or an error, is there only
// where there is one.
func TestAttributes(t *testing.T) {
	var written bytes.Buffer
	log := New(&written, "json", slog.LevelInfo)
	log.Info("x", "error", errors.Join(errors.New("a"), errors.New("b")), "stack", "")
	log.Info("x", "stack", "main.go:1", "error", error(nil))
	lines := strings.Split(written.String(), "\n")
	if !strings.HasSuffix(lines[0], `"msg":"x","error":"a; b"}`) || !strings.HasSuffix(lines[1], `"stack":"main.go:1"}`) {
		t.Errorf("log = %s", written.String())
	}
}
