package main

import (
	"cmp"
	"slices"
)

// document is what `inspect policies` prints.
type document struct {
	Policies   []policy   `json:"policies"`
	NearMisses []nearMiss `json:"near_misses"`
	Ignored    []ignored  `json:"ignored"`
	Problems   []problem  `json:"problems"`
}

// policy is a type the generated program can register.
type policy struct {
	Package     string  `json:"package"`
	PackageName string  `json:"package_name"`
	Type        string  `json:"type"`
	Module      string  `json:"module"`
	Dir         string  `json:"dir"`
	File        string  `json:"file"`
	Line        int     `json:"line"`
	Pointer     bool    `json:"pointer"`
	Composite   bool    `json:"composite"`
	Name        *string `json:"name,omitempty"`
	NameFlaw    string  `json:"name_flaw"` // what makes that name unusable for go-core's engine, or empty

	Constructor  string        `json:"constructor"` // the usual one's name, or empty
	Constructors []constructor `json:"constructors"`
}

// nearMiss is a type that looks like a policy and is none.
type nearMiss struct {
	Package string `json:"package"`
	Type    string `json:"type"`
	Reason  string `json:"reason"`
	Fix     string `json:"fix"` // or empty, if its methods are at fault
	Dir     string `json:"dir"`
	File    string `json:"file"`
	Line    int    `json:"line"`
}

// ignored is a function or a method that seems to be for the engine, and that is
// not called.
type ignored struct {
	Package string `json:"package"` // of the policy
	Type    string `json:"type"`
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Reason  string `json:"reason"`
	Dir     string `json:"dir"`
	File    string `json:"file"`
	Line    int    `json:"line"`
}

// The kinds of what is ignored.
const (
	ignoredConstructor = "constructor"
	ignoredMethod      = "method"
)

// problem is one error of the go command or the compiler. It is in the way
// where a package that may have a policy has it, or imports one that has it.
type problem struct {
	Package  string `json:"package"`
	Dir      string `json:"dir"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Text     string `json:"text"`
	Kind     string `json:"kind"`
	InTheWay bool   `json:"in_the_way"`
}

// The kinds of problem.
const (
	kindCompile = "compile"
	kindCycle   = "cycle"
	kindLoad    = "load"
)

// sort puts every list into its one fixed order and replaces nil lists.
func (d *document) sort() {
	d.Policies = append([]policy{}, d.Policies...)
	d.NearMisses = append([]nearMiss{}, d.NearMisses...)
	d.Ignored = append([]ignored{}, d.Ignored...)
	d.Problems = append([]problem{}, d.Problems...)
	slices.SortStableFunc(d.Policies, func(a, b policy) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Type, b.Type))
	})
	slices.SortStableFunc(d.NearMisses, func(a, b nearMiss) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Type, b.Type),
			cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	slices.SortStableFunc(d.Ignored, func(a, b ignored) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Type, b.Type),
			cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	slices.SortStableFunc(d.Problems, compareProblems)
}

// compareProblems orders by package and place, then by text.
func compareProblems(a, b problem) int {
	return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Dir, b.Dir),
		cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
		cmp.Compare(a.Column, b.Column), cmp.Compare(a.Text, b.Text))
}
