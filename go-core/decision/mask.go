package decision

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/policy-tasks/policy-tasks/go-core/document"
)

// A Mask is what is taken out of every record: a JSON pointer (RFC 6901) that
// begins with /input or /result, in which * stands for every element of an
// array and every member of an object; or /error, which is text.
type Mask struct {
	text string
	root string
	path []string
}

// errorMask is the mask for the text of an error, which can hold anything that
// the policy was given.
const errorMask = "/error"

// The escapes of a JSON pointer, and a ~ that begins none.
var (
	escapes   = strings.NewReplacer("~0", "~", "~1", "/")
	badEscape = regexp.MustCompile(`~([^01]|$)`)
)

// ParseMask returns the mask with that text.
func ParseMask(text string) (Mask, error) {
	steps := strings.Split(text, "/")
	if text != errorMask && (len(steps) < 2 || steps[0] != "" || steps[1] != "input" && steps[1] != "result") {
		return Mask{}, fmt.Errorf("mask %q is neither %s nor a JSON pointer that begins with /input or /result", text, errorMask)
	}
	for i, step := range steps {
		if badEscape.MatchString(step) {
			return Mask{}, fmt.Errorf("mask %q is not a JSON pointer: ~ is followed by neither 0 nor 1", text)
		}
		steps[i] = escapes.Replace(step)
	}
	return Mask{text, steps[1], steps[2:]}, nil
}

// Masks are what is taken out of every record.
type Masks []Mask

// apply takes out of the record what the masks name. What cannot be read is
// taken out as a whole.
func (m Masks) apply(r *Record) {
	m.erase(r, "input", &r.Input)
	m.erase(r, "result", &r.Result)
	masked := slices.ContainsFunc(m, func(mask Mask) bool { return mask.text == errorMask })
	if masked && r.Error != "" {
		r.Error, r.Erased = "", append(r.Erased, errorMask)
	}
}

// erase takes out of the text what the masks with that root name. Where there is
// such a mask the text is written anew, whether it found anything or not: of a key
// that an object has twice the mask sees the last value alone.
func (m Masks) erase(r *Record, root string, text *json.RawMessage) {
	var value any
	var read bool
	for _, mask := range m {
		if mask.root != root || *text == nil {
			continue
		}
		if !read {
			var err error
			if value, err = document.Decode(*text, document.MaxDepth); err != nil {
				*text, r.Erased = nil, append(r.Erased, "/"+root)
				return
			}
			read = true
		}
		if len(mask.path) == 0 {
			*text, r.Erased = nil, append(r.Erased, mask.text)
			return
		}
		if erase(value, mask.path) {
			r.Erased = append(r.Erased, mask.text)
		}
	}
	if read {
		*text, _ = document.Append(nil, value)
	}
}

// erase removes what the path leads to from an object, and puts null for it in
// an array, and reports whether there was anything.
func erase(value any, path []string) (erased bool) {
	step, last := path[0], len(path) == 1
	switch value := value.(type) {
	case map[string]any:
		for key, member := range value {
			if step != "*" && step != key {
				continue
			}
			if last {
				delete(value, key)
			}
			erased = last || erase(member, path[1:]) || erased
		}
	case []any:
		for i, element := range value {
			if step != "*" && step != strconv.Itoa(i) {
				continue
			}
			if last {
				value[i] = nil
			}
			erased = last || erase(element, path[1:]) || erased
		}
	}
	return erased
}
