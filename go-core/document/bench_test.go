package document

import (
	"bytes"
	"encoding/json"
	"testing"
)

const question = `{"user":{"name":"alice","roles":["reader","editor"]},"action":"write","resource":{"type":"doc","id":42}}`

var answer any = map[string]any{"allow": true, "reasons": []any{"alice is an editor of \"doc\""}, "weight": 0.75}

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode([]byte(question), MaxDepth); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeStandard(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		decoder := json.NewDecoder(bytes.NewReader([]byte(question)))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	text := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Append(text, answer); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendStandard(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(answer); err != nil {
			b.Fatal(err)
		}
	}
}

// verdict is a result of a type of its own, as most are.
type verdict struct {
	Allow   bool     `json:"allow"`
	Reasons []string `json:"reasons"`
}

func BenchmarkAppendStruct(b *testing.B) {
	text := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Append(text, verdict{true, []string{"alice is an editor"}}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendStructStandard(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(verdict{true, []string{"alice is an editor"}}); err != nil {
			b.Fatal(err)
		}
	}
}
