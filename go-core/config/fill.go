// Package config fills the flags of a command: from its arguments, else from
// variables of the environment, else from a configuration file. A flag is the
// only place where a setting is declared.
package config

import (
	"flag"
	"fmt"
	"strings"
)

// prefix is what the names of our variables begin with. Others may have the
// same prefix and are left alone: Kubernetes makes POLICY_ENGINE_PORT and more
// for a service of the name policy-engine.
const prefix = "POLICY_ENGINE_"

// Variable returns the variable of the environment for a flag.
func Variable(name string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// A Strings is the value of a flag that may be given several times. In a
// variable its values are separated by commas, and in a file it is a list.
type Strings []string

// String returns the values as they are in a variable.
func (s *Strings) String() string { return strings.Join(*s, ",") }

// Set adds one value.
func (s *Strings) Set(value string) error {
	if value == "" {
		return ErrEmpty
	}
	*s = append(*s, value)
	return nil
}

// Fill sets the flags that the arguments, which were parsed before, have not
// set. A variable that is empty counts as one that is not set. The error says
// where the value that is wrong comes from.
func Fill(flags *flag.FlagSet, lookup func(variable string) (string, bool), file File) error {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	var wrong error
	flags.VisitAll(func(f *flag.Flag) {
		if given[f.Name] || wrong != nil {
			return
		}
		source, values := Variable(f.Name), []string(nil)
		if text, _ := lookup(source); text != "" {
			values = split(f, text)
		} else {
			source, values = fmt.Sprintf("%s: %q", file.path, f.Name), file.values[f.Name]
		}
		wrong = setAll(flags, f.Name, source, values)
	})
	return wrong
}

func split(f *flag.Flag, text string) []string {
	if _, several := f.Value.(*Strings); several {
		return strings.Split(text, ",")
	}
	return []string{text}
}

func setAll(flags *flag.FlagSet, name, source string, values []string) error {
	f := flags.Lookup(name)
	if _, several := f.Value.(*Strings); !several && len(values) > 1 {
		return fmt.Errorf("%s takes one value, not a list", source)
	}
	for _, value := range values {
		if err := flags.Set(name, value); err != nil {
			return fmt.Errorf("%s: invalid value %q: %v", source, value, err)
		}
	}
	return nil
}
