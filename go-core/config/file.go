package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/nearest"
)

// policiesKey is the key of the file below which each policy has what its
// Reload gets.
const policiesKey = "policies"

// ErrEmpty is wrong with a value that might be meant to turn a setting off, such
// as the file of tokens, where a script has lost it.
var ErrEmpty = errors.New("the value is empty; leave the setting out for its default")

// A File is what a configuration file says. The zero value is an empty one.
type File struct {
	path   string
	values map[string][]string

	// Policies is the configuration of each policy, by its name.
	Policies map[string]json.RawMessage
}

// Read reads the file, one JSON object. Its keys are names of flags, of which
// all that any command has are allowed, and "policies".
func Read(path string, known []string) (File, error) {
	text, err := document.ReadFile(path)
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	if err != nil {
		return File{}, fmt.Errorf("configuration file %s: %w", path, err)
	}
	file, err := Parse(text, known)
	if err != nil {
		return File{}, fmt.Errorf("configuration file %s: %w", path, err)
	}
	file.path = path
	return file, nil
}

// Parse returns what the text of a configuration file says. A byte order mark is
// left out.
func Parse(text []byte, known []string) (File, error) {
	value, err := document.Decode(document.TrimMark(text), document.MaxDepth)
	if err != nil {
		return File{}, err
	}
	members, ok := value.(map[string]any)
	if !ok {
		return File{}, errors.New("it is not a JSON object")
	}
	file := File{values: map[string][]string{}}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if err := file.take(key, members[key], known); err != nil {
			return File{}, err
		}
	}
	return file, nil
}

func (f *File) take(key string, value any, known []string) (err error) {
	if key == policiesKey {
		f.Policies, err = policies(value)
		return err
	}
	if !slices.Contains(known, key) {
		return unknownKey(key, known)
	}
	values, err := texts(value)
	if err == nil && (len(values) == 0 || slices.Contains(values, "")) {
		err = ErrEmpty
	}
	if f.values[key] = values; err != nil {
		return fmt.Errorf("%q: %w", key, err)
	}
	return nil
}

func unknownKey(key string, known []string) error {
	if meant := nearest.Word(key, append([]string{policiesKey}, known...)); meant != "" {
		return fmt.Errorf("unknown key %q; did you mean %q?", key, meant)
	}
	return fmt.Errorf("unknown key %q", key)
}

// policies returns the JSON text of each member.
func policies(value any) (map[string]json.RawMessage, error) {
	members, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%q is not a JSON object", policiesKey)
	}
	texts := make(map[string]json.RawMessage, len(members))
	for name, member := range members {
		text, err := document.Append(nil, member)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		texts[name] = text
	}
	return texts, nil
}

// texts returns a value, or each of a list of values, as it would be written
// after a flag.
func texts(value any) ([]string, error) {
	switch value := value.(type) {
	case string:
		return []string{value}, nil
	case json.Number:
		return []string{string(value)}, nil
	case bool:
		return []string{fmt.Sprint(value)}, nil
	case []any:
		all := []string{}
		for _, each := range value {
			if text, ok := each.(string); ok {
				all = append(all, text)
				continue
			}
			return nil, errors.New("a list holds something that is not text")
		}
		return all, nil
	}
	return nil, errors.New("the value is neither text, a number, true, false, nor a list of texts")
}
