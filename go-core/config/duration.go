package config

import (
	"errors"
	"flag"
	"time"
)

// A Duration is the value of a flag that is a length of time, such as 500ms,
// written as Go writes it. None is negative.
type Duration time.Duration

// DurationVar declares a flag that is a duration, as FlagSet's method does.
func DurationVar(flags *flag.FlagSet, d *time.Duration, name string, value time.Duration, usage string) {
	*d = value
	flags.Var((*Duration)(d), name, usage)
}

// String returns the duration as Go writes it.
func (d *Duration) String() string { return time.Duration(*d).String() }

// Set reads a duration.
func (d *Duration) Set(text string) error {
	value, err := time.ParseDuration(text)
	if err != nil || value < 0 {
		return errors.New("it is not a duration such as 500ms or 2s")
	}
	*d = Duration(value)
	return nil
}
