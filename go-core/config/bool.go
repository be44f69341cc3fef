package config

import (
	"errors"
	"flag"
	"strconv"
)

// A boolean is the value of a flag that is true or false.
type boolean bool

// BoolVar declares a flag that is true or false, and is true when it is given
// without a value.
func BoolVar(flags *flag.FlagSet, b *bool, name string, standard bool, usage string) {
	*b = standard
	flags.Var((*boolean)(b), name, usage)
}

// String returns true or false.
func (b *boolean) String() string { return strconv.FormatBool(bool(*b)) }

// IsBoolFlag tells package flag that no value has to follow.
func (b *boolean) IsBoolFlag() bool { return true }

// Set reads true or false, and what else package strconv takes for them.
func (b *boolean) Set(text string) error {
	value, err := strconv.ParseBool(text)
	if err != nil {
		return errors.New("it is neither true nor false")
	}
	*b = boolean(value)
	return nil
}
