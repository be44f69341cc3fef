package document

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

var seeds = []string{
	"", " \n", "null", "\ufeff{}", `{"a":[1,2.50,-3e400,"é\n"],"b":{"c":true}}`, `"\ud83d\ude00\\"`,
	`"\ud800"`, "\xff", "[1,", "1 2", "{“a”:1}", "\"\x00\"", strings.Repeat("[", 10_001), `{"a":1,"a":[],"":{}}`,
	`[-0,0.0,-1.5E+7,1e-9,01,1.,.5,+1,-]`, `"\u2028\u007f\b\f\/\""`, `[true,false,null,nul]`, `{"a" :1 , "b":2,}`,
}

// Escapes that are no surrogate, or a pair of them, and half a pair.
var (
	pairs     = regexp.MustCompile(`\\[^u]|(?i)\\u(?:[0-9a-ce-f][0-9a-f]{3}|d[0-7][0-9a-f]{2}|d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})`)
	halfPairs = regexp.MustCompile(`(?i)\\ud[89a-f]`)
)

// reference decodes with encoding/json, and refuses what decodes with a loss.
func reference(text []byte) (value any, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil, false
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, false
	}
	return value, utf8.Valid(text) && !halfPairs.Match(pairs.ReplaceAll(text, nil))
}

// Whatever the bytes are, they are refused, with the place of what is wrong,
// or they decode to the value that encoding/json makes of them.
func FuzzDecode(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		want, ok := reference(text)
		got, err := Decode(text, MaxDepth)
		if (err == nil) != ok || !reflect.DeepEqual(got, want) && ok {
			t.Fatalf("Decode = %#v, %v; want %#v, %v", got, err, want, ok)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "line ") {
			t.Fatalf("error without a place: %v", err)
		}
		if ok {
			checkAppend(t, got)
		}
	})
}

// checkAppend fails the test unless Append writes what encoding/json writes.
func checkAppend(t *testing.T, value any) {
	t.Helper()
	got, err := Append([]byte("x"), value)
	if err != nil && err.Error() == "the result is nested too deeply" {
		return
	}
	want, wantErr := Encode(value)
	if (err == nil) != (wantErr == nil) || err == nil && string(got) != "x"+string(want) {
		t.Fatalf("Append(%#v) = %s, %v; want x%s, %v", value, got, err, want, wantErr)
	}
}

// Append writes strings and numbers of all kinds as encoding/json does.
func FuzzAppend(f *testing.F) {
	for _, seed := range append(seeds, "\u2028", "€“”\u2029x", "<&>", "\x7f", "\x1f", "â", "12", "1e5", "-") {
		f.Add(seed, 1.5e-7, int64(-1))
	}
	f.Add("", 1e21, int64(1<<62))
	f.Fuzz(func(t *testing.T, text string, float float64, integer int64) {
		checkAppend(t, map[string]any{text: []any{text, float, integer, int(integer)}, "b": []string{text}, "a": true})
		checkAppend(t, json.Number(text))
		checkAppend(t, []any{[]any(nil), map[string]any(nil), []string(nil), struct{ A string }{text}})
	})
}
