// JSON as text: where it is wrong, what is in it, how it looks laid out. A number stays
// its digits: JavaScript would keep 15 of them.
import { seen } from "./text.js";

export class JSONError extends Error {
  constructor(message, at) {
    super(message);
    this.at = at;
  }
}

const maxDepth = 1000; // the server's limit as well
const space = /[ \t\n\r]*/y;
const forms = [
  ["mark", /[[\]{},:]/y],
  ["string", /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y],
  ["number", /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.+-])/y],
  ["word", /(?:true|false|null)(?!\w)/y],
];

function match(form, text, at) {
  form.lastIndex = at;
  return form.exec(text)?.[0];
}

// token returns the token at or after a place; its kind is "end" where the text ends.
function token(text, from) {
  const at = from + match(space, text, from).length;
  if (at === text.length) return { kind: "end", text: "", at, end: at };
  for (const [kind, form] of forms) {
    const found = match(form, text, at);
    if (found) return { kind, text: found, at, end: at + found.length };
  }
  throw new JSONError(...whyNone(text, at));
}

const wholeWord = /[\p{L}\p{N}_$.+-]+/uy;

function whyNone(text, at) {
  const word = match(wholeWord, text, at);
  if (text[at] === '"') return whyNoString(text, at);
  if (text[at] === "'") return ["strings are in double quotes", at];
  if (text.startsWith("//", at) || text.startsWith("/*", at)) return ["JSON has no comments", at];
  if (/^[-+.]?\d/.test(word ?? "")) return [`${word} is not a number of JSON`, at];
  return [`${word ?? [...text.slice(at, at + 2)][0]} is not JSON; text is in double quotes`, at];
}

function whyNoString(text, at) {
  const good = match(/"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*/y, text, at);
  const stop = at + good.length;
  if (text[stop] === "\\") return ["there is no such escape in a string", stop];
  if (stop < text.length) return ["a string does not end on its line; a line break is written \\n", at];
  return ["a string does not end", at];
}

class Reader {
  constructor(text) {
    this.text = text;
    this.depth = 0;
    this.advance({ end: 0 });
  }

  advance(from = this.token) {
    this.token = token(this.text, from.end);
  }

  is(mark) {
    return this.token.kind === "mark" && this.token.text === mark;
  }

  take(mark, wanted) {
    if (!this.is(mark)) this.expected(wanted);
    this.advance();
  }

  expected(wanted) {
    const { kind, text, at } = this.token;
    throw new JSONError(kind === "end" ? `the text ends where ${wanted} is expected` : `${text} stands where ${wanted} is expected`, at);
  }

  value() {
    const start = this.token;
    if (this.is("{")) return this.nested(start, "}", "object", () => this.member());
    if (this.is("[")) return this.nested(start, "]", "array", () => this.value());
    if (start.kind === "mark" || start.kind === "end") this.expected("a value");
    this.advance();
    return start;
  }

  member() {
    const key = this.token;
    if (key.kind !== "string") this.expected("a key in double quotes");
    this.advance();
    this.take(":", "a colon");
    return { key: JSON.parse(key.text), at: key.at, value: this.value() };
  }

  nested(start, closing, kind, item) {
    if (++this.depth > maxDepth) throw new JSONError(`more than ${maxDepth} arrays and objects lie within each other`, start.at);
    const items = [];
    this.advance();
    while (!this.is(closing)) {
      items.push(item());
      if (this.is(closing)) break;
      this.take(",", `a comma or ${closing}`);
      if (this.is(closing)) throw new JSONError(`a comma stands before ${closing}`, this.token.at);
    }
    const end = this.token.end;
    this.depth--;
    this.advance();
    return { kind, items, at: start.at, end };
  }
}

// parse returns the value of a text: its kind, where it begins and ends, the items of an
// array or an object, and the text of anything else.
export function parse(text) {
  const reader = new Reader(text);
  if (reader.token.kind === "end") throw new JSONError("nothing is here; no input is written null", 0);
  const value = reader.value();
  if (reader.token.kind !== "end") reader.expected("the end of the text");
  return value;
}

// member returns the value of a key; as for the server, the last one counts.
export const member = (value, key) => (value?.kind === "object" ? value.items.findLast((each) => each.key === key)?.value : undefined);
export const items = (value) => (value?.kind === "array" ? value.items : []);
export const members = (value) => (value?.kind === "object" ? value.items : []);
export const string = (value) => (value?.kind === "string" ? JSON.parse(value.text) : undefined);
export const source = (text, value) => text.slice(value.at, value.end);

// place returns the line and the column of a place, both from 1.
export function place(text, at) {
  const before = text.slice(0, at);
  return { line: before.split("\n").length, column: at - before.lastIndexOf("\n") };
}

// layout returns a text laid out on lines, as pieces of a kind and a text. The text of
// each token is what it was, but for characters that would not be seen.
export function layout(text) {
  const pieces = [];
  let depth = 0;
  const line = () => "\n" + "  ".repeat(depth);
  for (let now = token(text, 0), next; now.kind !== "end"; now = next) {
    next = token(text, now.end);
    const empty = (now.text === "{" && next.text === "}") || (now.text === "[" && next.text === "]");
    if (now.kind !== "mark") pieces.push([next.text === ":" ? "key" : now.kind, seen(now.text)]);
    else if (now.text === ":") pieces.push(["mark", ": "]);
    else if (now.text === ",") pieces.push(["mark", "," + line()]);
    else if ("{[".includes(now.text)) pieces.push(["mark", now.text + (empty ? "" : (depth++, line()))]);
    else pieces.push(["mark", (pieces.at(-1)[1] === "{" || pieces.at(-1)[1] === "[" ? "" : (depth--, line())) + now.text]);
  }
  return pieces;
}

export const tidy = (text) => layout(text).map(([, piece]) => piece).join("");
