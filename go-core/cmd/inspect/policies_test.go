package main

import (
	"fmt"
	"path/filepath"
	"testing"
)

// discoveryCase is one package of the generated tree and what is said of it.
type discoveryCase struct {
	name  string // folder below policies/m
	about string
	files map[string]string
	want  []string
}

// runCases puts all cases into one tree, so that go list runs once.
func runCases(t *testing.T, cases []discoveryCase) {
	t.Helper()
	files := map[string]string{}
	for _, c := range cases {
		for name, content := range c.files {
			files["m/"+c.name+"/"+name] = content
		}
	}
	tr := newTree(t, files)
	result := tr.inspect(tr.list())
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Log(c.about)
			compare(t, result.lines(filepath.Join(tr.root, "m", filepath.FromSlash(c.name))), c.want)
		})
	}
}

// one is a package of a single file.
func one(content string) map[string]string { return map[string]string{"p.go": content} }

// Every way in which a type can satisfy the interface is found exactly, with
// its place and the way to make a value of it.
func TestPolicies(t *testing.T) { runCases(t, policiesCases) }

var policiesCases = []discoveryCase{
	{"value", "a struct with value receivers",
		one(pkg("value", "type P struct{}\n"+methods("P"))),
		[]string{`policy P p.go:7 composite name="n"`}},
	{"pointer", "only *P has the methods",
		one(pkg("pointer", "type P struct{}\n"+methods("p *P"))),
		[]string{`policy P p.go:7 pointer composite name="n"`}},
	{"mixed", "one pointer receiver is enough to need *P",
		one(pkg("mixed", "type P struct{}\nfunc (P) Name() string { return `a` + \"b\" }\nfunc (P) Validate() error { return nil }\nfunc (*P) Execute(c context.Context, in interface{}) (out interface{}, err error) { return }\n")),
		[]string{`policy P p.go:7 pointer composite name="ab"`}},
	{"kinds", "types that are not structs, in groups, several in a package",
		one(pkg("kinds", "type (\n\tA [2]int\n\tF func()\n\tI int\n\tM map[string]int\n\tS []string\n\tT string\n)\n"+methods("A")+methods("F")+methods("I")+methods("M")+methods("S")+methods("T"))),
		[]string{`policy A p.go:8 composite name="n"`, `policy F p.go:9 name="n"`, `policy I p.go:10 name="n"`,
			`policy M p.go:11 composite name="n"`, `policy S p.go:12 composite name="n"`, `policy T p.go:13 name="n"`}},
	{"promoted", "methods promoted from an embedded base of the same package, which is no near miss itself",
		one(pkg("promoted", "type base struct{}\nfunc (base) Name() string { return \"b\" }\nfunc (base) Validate() error { return nil }\ntype P struct{ *q }\ntype q struct{ base }\nfunc (*P) Execute(context.Context, any) (any, error) { return nil, nil }\ntype R struct{ q }\nfunc (R) Execute(context.Context, any) (any, error) { return nil, nil }\n")),
		[]string{`policy R p.go:13 composite name="b"`,
			`near P p.go:10 Name comes from the embedded pointer *promoted.q, which is nil in the zero value; Validate comes from the embedded pointer *promoted.q, which is nil in the zero value`}},
	{"nilptr", "methods of an embedded nil pointer that have pointer receivers can be called",
		one(pkg("nilptr", "type base struct{}\n"+methods("*base")+"type P struct{ *base }\n")),
		[]string{`policy P p.go:12 composite name="n"`}},
	{"helper", "a base type of a helper package",
		one(pkg("helper", "type Base struct{}\nfunc (Base) Name() string { return \"helper\" }\nfunc (Base) Validate() error { return nil }\n")),
		nil},
	{"helped", "promotion across packages",
		one("package helped\n\nimport (\n\t\"context\"\n\n\t\"example.com/m/helper\"\n)\n\ntype P struct{ helper.Base }\nfunc (P) Execute(context.Context, any) (any, error) { return nil, nil }\n"),
		[]string{`policy P p.go:9 composite name="helper"`}},
	{"defined", "a type defined over another has no methods of its own, one over a struct keeps promoted ones",
		one(pkg("defined", "type P struct{}\n"+methods("P")+"type Q P\ntype W struct{ P }\ntype V W\n")),
		[]string{`policy P p.go:7 composite name="n"`, `policy V p.go:14 composite name="n"`, `policy W p.go:13 composite name="n"`}},
	{"alias", "an alias of a type of the same package is no second policy, one of an unexported type is the policy",
		one(pkg("alias", "type P struct{}\n"+methods("P")+"type Q = P\ntype p struct{}\n"+methods("p")+"type R = p\ntype S = p\n")),
		[]string{`policy P p.go:7 composite name="n"`, `policy R p.go:18 composite name="n"`}},
	{"structalias", "an alias of a struct literal with an embedded policy",
		one(pkg("structalias", "type p struct{}\n"+methods("p")+"type R = struct{ p }\n")),
		[]string{`policy R p.go:12 composite name="n"`}},
	{"generic", "an instance of a generic type counts, through an alias or as a base, the type itself does not",
		one(pkg("generic", "type G[T any] struct{ v T }\n"+methods("G[T]")+"type Inst = G[int]\ntype Same = G[int]\ntype Other = G[string]\ntype Sub struct{ G[bool] }\ntype GA[T any] = G[T]\n")),
		[]string{`policy Inst p.go:12 composite name="n"`, `policy Other p.go:14 composite name="n"`, `policy Sub p.go:15 composite name="n"`}},
	{"internal/hidden", "a type below internal that a public package exports is found there",
		one(pkg("hidden", "type P struct{}\n"+methods("P"))), nil},
	{"public", "the public alias of an internal type",
		one("package public\n\nimport \"example.com/m/internal/hidden\"\n\ntype P = hidden.P\n"),
		[]string{`policy P p.go:5 composite name="n"`}},
	{"again", "an alias of a type that is found elsewhere is no second policy",
		one("package again\n\nimport \"example.com/m/value\"\n\ntype P = value.P\n"), nil},
	{"odd-folder", "the package name differs from the folder",
		one(pkg("other", "type P struct{}\n"+methods("P"))),
		[]string{`policy P p.go:7 composite name="n"`}},
	{"interfaces", "interfaces are neither policies nor near misses",
		one(pkg("interfaces", "type P interface {\n\tName() string\n\tExecute(context.Context, any) (any, error)\n\tValidate() error\n}\ntype Q = P\ntype R P\n")), nil},
	{"lines", "positions are real, whatever line directives say",
		one(pkg("lines", "//line /etc/passwd:900\ntype P struct{}\n/*line x.go:1:1*/"+methods("P"))),
		[]string{`policy P p.go:8 composite name="n"`}},
	{"unicode", "a type name may be any exported identifier",
		one(pkg("unicode", "type Ünï struct{}\n"+methods("Ünï"))),
		[]string{`policy Ünï p.go:7 composite name="n"`}},
	{"two", "a package of several files, one of them tests",
		map[string]string{"a.go": pkg("two", "type B struct{}\n"+methods("A")), "b.go": pkg("two", "\ntype A struct{}\n"+methods("B")), "a_test.go": "package two\n"},
		[]string{`policy A b.go:8 composite name="n"`, `policy B a.go:7 composite name="n"`}},
	{"constructed", "the usual constructor is New with the type's name, else New, else the only one that begins so",
		one(pkg("constructed", "type A struct{}\n"+methods("A")+"type B struct{}\n"+methods("*B")+"type C struct{}\n"+methods("C")+"type D struct{}\n"+methods("D")+
			"func NewA() *A { return nil }\nfunc New() (B, error) { return B{}, nil }\nfunc NewOfC() C { return C{} }\nfunc Clone() C { return C{} }\nfunc NewD1() D { return D{} }\nfunc NewD2() D { return D{} }\n")),
		[]string{`policy A p.go:7 composite name="n" NewA of [{NewA true false}]`,
			`policy B p.go:12 pointer composite name="n" New of [{New false true}]`,
			`policy C p.go:17 composite name="n" NewOfC of [{Clone false false} {NewOfC false false}]`,
			`policy D p.go:22 composite name="n"  of [{NewD1 false false} {NewD2 false false}]`,
			"ignored p.go:31 NewD1 is not taken as the constructor of D: NewD2 could be it as well; the policy is made as D{}",
			"ignored p.go:32 NewD2 is not taken as the constructor of D: NewD1 could be it as well; the policy is made as D{}"}},
	{"notconstructed", "what takes arguments, is generic, returns more or other things or is not exported makes nothing",
		one(pkg("notconstructed", "type A struct{}\n"+methods("A")+"func NewA(...int) A { return A{} }\nfunc New[T any]() A { return A{} }\nfunc NewB() (A, int) { return A{}, 0 }\nfunc NewC() (A, error, error) { return A{}, nil, nil }\nfunc newD() A { return A{} }\nfunc NewE() **A { return nil }\nfunc NewF() error { return nil }\nfunc NewG() {}\nvar NewH = newD\n")),
		[]string{`policy A p.go:7 composite name="n"`,
			"ignored p.go:12 NewA is not taken as the constructor of A: it has parameters; the policy is made as A{}",
			"ignored p.go:13 New is not taken as the constructor of A: it has type parameters; the policy is made as A{}"}},
	{"filled", "what a constructor fills is not nil in its value",
		one(pkg("filled", "type I interface{ Name() string; Validate() error }\ntype A struct{ I }\nfunc (A) Execute(context.Context, any) (any, error) { return nil, nil }\nfunc New() *A { return nil }\n")),
		[]string{`policy A p.go:8 composite New of [{New true false}]`}},
	{"plain", "a package without any policy", one("package plain\n\ntype T struct{}\n\nfunc (T) Name() string { return \"\" }\n"), nil},
	{"tests", "a package of tests only", map[string]string{"p_test.go": "package tests\n"}, nil},
}

// The name is known if Name only returns a constant, and absent otherwise.
func TestConstantName(t *testing.T) {
	rest := "func (P) Execute(context.Context, any) (any, error) { return nil, nil }\nfunc (P) Validate() error { return nil }\n"
	var cases []discoveryCase
	for index, c := range []struct{ head, name, want string }{
		{"", `return "x"`, ` name="x"`},
		{"", `return ""`, ` name=""`},
		{"", "return `a\"\n`", ` name="a\"\n"`},
		{"", `return ("x" + ("y"))`, ` name="xy"`},
		{"const n = \"c\"\n", `return n + "-1"`, ` name="c-1"`},
		{"type s string\nconst n s = \"typed\"\n", `return string(n)`, ` name="typed"`},
		{"const ( a = string(rune('a' + iota)); b )\n", `return b`, ` name="b"`},
		{"var n = \"v\"\n", `return n`, ""},
		{"func f() string { return \"f\" }\n", `return f()`, ""},
		{"const p = \"shadowed\"\n", `if true { return p }; return ""`, ""},
		{"", `x := "x"; return x`, ""},
		{"", `panic("no")`, ""},
	} {
		want := fmt.Sprintf("policy P p.go:7 composite%s", c.want)
		cases = append(cases, discoveryCase{fmt.Sprintf("c%d", index), c.name,
			one(pkg("c", "type P struct{}\n"+c.head+rest+"func (P) Name() string { "+c.name+" }\n")), []string{want}})
	}
	cases = append(cases,
		discoveryCase{"shadow", "a receiver may shadow a constant", one(pkg("c", "const p = \"constant\"\ntype P string\n"+rest+"func (p P) Name() string { return string(p) }\n")), []string{"policy P p.go:8"}},
		discoveryCase{"result", "a named result may shadow a constant", one(pkg("c", "const p = \"constant\"\ntype P string\n"+rest+"func (P) Name() (p string) { return p }\n")), []string{"policy P p.go:8"}},
		discoveryCase{"bare", "a bare return returns no expression", one(pkg("c", "type P string\n"+rest+"func (P) Name() (p string) { return }\n")), []string{"policy P p.go:7"}},
		discoveryCase{"shared", "a constant of another policy package", one(pkg("shared", "const Prefix = \"shared/\"\n")), nil},
		discoveryCase{"sharing", "concatenation with an imported constant", one("package c\n\nimport (\n\t\"context\"\n\n\t\"example.com/m/shared\"\n)\n\ntype P struct{}\n" + rest + "func (P) Name() string { return shared.Prefix + \"x\" }\n"), []string{`policy P p.go:9 composite name="shared/x"`}},
	)
	runCases(t, cases)
}

// Module paths with a major version, or without a dot, work like any other.
func TestModulePaths(t *testing.T) {
	source := pkg("p", "type P struct{}\n"+methods("P"))
	tr := newTree(t, map[string]string{
		"a/go.mod": "module example.com/a/v2\n\ngo 1.26.0\n", "a/p.go": source,
		"b/go.mod": "module dotless\n\ngo 1.26.0\n", "b/p.go": source, "b/sub/deep/p.go": source,
	})
	var got []string
	for _, p := range tr.inspect(tr.list()).Policies {
		got = append(got, p.Package+" "+p.PackageName+" "+p.Module+" "+p.Type)
	}
	compare(t, got, []string{"dotless p dotless P", "dotless/sub/deep p dotless P", "example.com/a/v2 p example.com/a/v2 P"})
}
