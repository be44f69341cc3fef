package policytest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// mostVariants is how many variants of one case are tried.
const mostVariants = 2_000

// replacements returns a value of every kind.
func replacements() []any {
	return []any{nil, true, json.Number("-1"), json.Number("1e400"), "", "text", []any{}, []any{nil}, map[string]any{}}
}

// variants returns the value with each of its parts, at any depth, replaced by
// every kind of value, and with each key left out: an author thinks of a wrong
// user sooner than of a user that is a list. The values share their parts.
func variants(value any) []hostileInput {
	made := changed(value)
	return made[:min(len(made), mostVariants)]
}

// replaced returns the value replaced as a whole, and its variants.
func replaced(value any) []hostileInput {
	var made []hostileInput
	for _, each := range replacements() {
		made = append(made, hostileInput{fmt.Sprintf(" = %s", show(each)), each})
	}
	return append(made, changed(value)...)
}

// changed returns the variants, named by what follows the word input.
func changed(value any) []hostileInput {
	var made []hostileInput
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			without := maps.Clone(value)
			delete(without, key)
			made = append(made, hostileInput{fmt.Sprintf(" without %q", key), without})
			for _, inner := range replaced(value[key]) {
				with := maps.Clone(value)
				with[key] = inner.value
				made = append(made, hostileInput{fmt.Sprintf("[%q]%s", key, inner.name), with})
			}
		}
	case []any:
		for i := range value {
			for _, inner := range replaced(value[i]) {
				with := slices.Clone(value)
				with[i] = inner.value
				made = append(made, hostileInput{fmt.Sprintf("[%d]%s", i, inner.name), with})
			}
		}
	}
	return made
}
