"""
Policies that say what is hard to write down, or end in one of the other ways in which a call can end.
"""

from __future__ import annotations

import json

HOSTILE = (
    "".join(map(chr, range(0xA0)))
    + "]]></failure><!-- & &amp; &#0; \"'` {0} {x} [a](b) %s \\u0000"
    + "\u2028\u202e\u0301\ufffd\ufffe\uffff\U0001f600\U0010ffff"
)
LONG = "<&\0\U0001f600"
LONG_TIMES = 200_000
HOSTILE_NAME = "]]> & \"'<!-- {0} %s \u2028\u202e\u0301\uffff\U0001f600"

# What Execute and Validate of each policy do, by its name.
SOUND = {
    "good": ("return input, nil", "return nil"),
    "hostile result": ("return hostile, nil", "return nil"),
    "long result": ("return long, nil", "return nil"),
    HOSTILE_NAME: ("return 1, nil", "return nil"),
    "\u00fc" * 64: ("return nil, nil", "return nil"),  # 128 bytes, the limit of a name
}
FAILING = {
    "endless": ("select {}", "return nil"),
    "exits": ("runtime.Goexit(); return nil, nil", "return nil"),
    "hostile error": ("return nil, errors.New(hostile)", "return nil"),
    "long error": ("return nil, errors.New(long)", "return nil"),
    "no JSON": ("return make(chan int), nil", "return nil"),
    "no UTF-8": ('return nil, errors.New("\\xff\\xed\\xa0\\x80")', "return nil"),
    "no message": ('return nil, errors.New("")', "return nil"),
    "panics": ("panic(hostile)", "return nil"),
    "tells": ('return nil, errors.New(fmt.Sprint(input, "!"))', "return nil"),
    HOSTILE_NAME[::-1]: ("return nil, errors.New(hostile)", "return nil"),
}
INVALID = {
    "invalid": ("return nil, nil", "return errors.New(hostile)"),
    "invalid at length": ("return nil, nil", "return errors.New(long)"),
    "panics at once": ("return nil, nil", "panic(hostile)"),
}
POLICIES = {**SOUND, **FAILING, **INVALID}


def _go(text: str) -> str:
    """Return a literal of Go, whose escapes JSON shares but for surrogate pairs."""
    return json.dumps(text, ensure_ascii=False)


def source() -> str:
    """
    Return the package that holds them.
    """
    lines = ["package hostile", 'import ("context"; "errors"; "fmt"; "runtime"; "strings")']
    lines += [f"var hostile, long = {_go(HOSTILE)}, strings.Repeat({_go(LONG)}, {LONG_TIMES})"]
    lines += ["var _, _ = fmt.Sprint, runtime.Goexit"]
    for number, (name, (execute, validate)) in enumerate(POLICIES.items()):
        lines += [f"type P{number} struct{{}}"]
        lines += [f"func (P{number}) Name() string {{ return {_go(name)} }}"]
        lines += [f"func (P{number}) Execute(ctx context.Context, input any) (any, error) {{ {execute} }}"]
        lines += [f"func (P{number}) Validate() error {{ {validate} }}"]
    return "\n".join([*lines, ""])
