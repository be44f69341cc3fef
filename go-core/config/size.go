package config

import (
	"errors"
	"strconv"
	"strings"
)

// A Size is the value of a flag that is a number of bytes, such as 512MiB. The
// units are those of Go's GOMEMLIMIT.
type Size uint64

var units = []struct {
	name  string
	shift uint
}{{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}}

// String returns the size in the largest unit in which it is a whole number.
func (s *Size) String() string {
	for _, unit := range units {
		if *s != 0 && *s%(1<<unit.shift) == 0 {
			return strconv.FormatUint(uint64(*s>>unit.shift), 10) + unit.name
		}
	}
	return "0"
}

// Set reads a size.
func (s *Size) Set(text string) error {
	number, shift := text, uint(0)
	for _, unit := range units {
		if digits, ok := strings.CutSuffix(text, unit.name); ok {
			number, shift = digits, unit.shift
			break
		}
	}
	value, err := strconv.ParseUint(number, 10, 64)
	if err != nil || value<<shift>>shift != value {
		return errors.New("it is not a size such as 512MiB or 2GiB")
	}
	*s = Size(value << shift)
	return nil
}
