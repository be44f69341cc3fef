package main

import (
	"go/token"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fault is why a type is no policy, and what helps; the fix is empty where a
// method has to be as the interface wants it.
type fault struct{ why, fix string }

// reasons are the faults as one text.
func reasons(faults []fault) string {
	var all []string
	for _, each := range faults {
		all = append(all, each.why)
	}
	return strings.Join(all, "; ")
}

// fixes are what helps against the faults, or empty if the interface says that.
func fixes(faults []fault) string {
	var all []string
	for _, each := range faults {
		if each.fix == "" {
			return ""
		}
		if !slices.Contains(all, each.fix) {
			all = append(all, each.fix)
		}
	}
	return strings.Join(all, "; ")
}

// unexportedFault tells how to name a type that is not exported.
func (w *world) unexportedFault(listed *listPackage, name string) fault {
	first, size := utf8.DecodeRuneInString(strings.TrimLeft(name, "_"))
	exported := string(unicode.ToUpper(first)) + strings.TrimLeft(name, "_")[size:]
	_, taken := w.sources[listed].types[scopeKey{false, exported}]
	if taken || !token.IsExported(exported) {
		return fault{"is not exported", "give it a name that begins with an upper case letter"}
	}
	return fault{"is not exported", "rename it to " + exported}
}
