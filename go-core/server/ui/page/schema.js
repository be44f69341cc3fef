// What a JSON schema says of an input: a skeleton, the fields, and what does not fit. All
// of it is a hint: the engine does not check inputs. Schemas and inputs are values of
// json.js.
import { items, member, members, string } from "./json.js";

const deepest = 5; // schemas may hold themselves

// A View is what a schema says together with those it refers to, or is made of.
class View {
  constructor(root, schemas) {
    this.root = root;
    this.parts = [];
    for (const each of schemas) this.add(each, 0);
  }

  add(schema, hops) {
    if (!schema || hops > deepest) return;
    this.parts.push(schema);
    this.add(this.target(string(member(schema, "$ref"))), hops + 1);
    for (const each of items(member(schema, "allOf"))) this.add(each, hops + 1);
  }

  target(reference) {
    if (!reference?.startsWith("#")) return undefined;
    const keys = reference.slice(1).split("/").slice(1);
    return keys.reduce((at, key) => member(at, key.replaceAll("~1", "/").replaceAll("~0", "~")), this.root);
  }

  all(key) {
    return this.parts.map((part) => member(part, key)).filter(Boolean);
  }

  first(key) {
    return this.all(key)[0];
  }

  of(...schemas) {
    return new View(this.root, schemas);
  }

  get types() {
    const type = this.first("type");
    if (type) return type.kind === "array" ? items(type).map(string) : [string(type)];
    return this.first("properties") ? ["object"] : this.first("items") ? ["array"] : [];
  }

  get required() {
    return new Set(this.all("required").flatMap(items).map(string));
  }

  // options are the schemas of which one holds.
  get options() {
    return [...this.all("anyOf"), ...this.all("oneOf")].flatMap(items);
  }

  get properties() {
    const found = new Map();
    for (const each of this.all("properties").flatMap(members)) found.set(each.key, this.of(each.value));
    return found;
  }

  // isClosed says that fields which are not named are not allowed.
  get isClosed() {
    return this.all("additionalProperties").some((each) => each.text === "false");
  }

  // knows says whether the field may be one that was thought of.
  knows(key) {
    const open = ["patternProperties", "if", "unevaluatedProperties", "dependentSchemas"];
    const others = this.all("additionalProperties").some((each) => each.text !== "false");
    return this.properties.has(key) || others || open.some((name) => this.first(name)) || this.options.some((each) => this.of(each).properties.has(key));
  }
}

export const view = (schema) => new View(schema, [schema]);

// skeleton returns the text of an input with the fields that are required, or all where
// none is. The text of the schema is where the values of defaults are taken from.
export function skeleton(view, text, depth = 0) {
  const given = view.first("const") ?? view.first("default") ?? items(view.first("examples"))[0] ?? items(view.first("enum"))[0];
  if (given) return text.slice(given.at, given.end);
  const type = view.types.find((each) => each !== "null") ?? view.types[0];
  if (!type && view.options.length && depth < deepest) return skeleton(view.of(...view.parts.slice(1), view.options[0]), text, depth + 1);
  if (type === "object") return skeletonOfObject(view, text, depth);
  if (type === "array") return view.first("items") && depth < deepest ? `[${skeleton(view.of(view.first("items")), text, depth + 1)}]` : "[]";
  const least = view.first("minimum");
  return { string: '""', boolean: "false", number: least?.text ?? "0", integer: least?.text ?? "0" }[type] ?? "null";
}

function skeletonOfObject(view, text, depth) {
  if (depth >= deepest) return "{}";
  const all = view.required.size === 0 && depth < 2;
  const wanted = [...view.properties].filter(([key]) => all || view.required.has(key));
  return `{${wanted.map(([key, field]) => `${JSON.stringify(key)}:${skeleton(field, text, depth + 1)}`).join()}}`;
}

// fields yields what the schema says of each field, with those within it.
export function* fields(view, text, path = "", depth = 0) {
  if (depth > deepest) return;
  for (const [key, field] of view.properties) {
    yield { path: path + key, required: view.required.has(key), type: typeName(field, text), description: string(field.first("description")) ?? "" };
    yield* fields(field, text, path + key + ".", depth + 1);
  }
  const inside = view.first("items");
  if (inside) yield* fields(view.of(inside), text, path.replace(/\.$/, "") + "[].", depth + 1);
}

function typeName(view, text, depth = 0) {
  const values = items(view.first("enum")).map((each) => text.slice(each.at, each.end));
  if (values.length) return values.join(" | ");
  const inside = view.first("items");
  return inside && depth < deepest ? `array of ${typeName(view.of(inside), text, depth + 1)}` : view.types.join(" | ") || "any";
}

// check returns what does not fit: a message and where that is. Where the schema allows
// what it does not name, the problem is not grave.
export function check(view, value, path = "", depth = 0) {
  const problems = depth > 64 ? [] : [...checkValue(view, value, path || "the input")];
  if (value.kind === "object") problems.push(...checkObject(view, value, path, depth));
  const inside = view.first("items");
  if (inside && value.kind === "array")
    value.items.forEach((each, i) => problems.push(...check(view.of(inside), each, `${path}[${i}]`, depth + 1)));
  return problems;
}

function* checkValue(view, value, path) {
  const { types } = view;
  if (types.length && !types.some((type) => isOf(type, value))) yield { at: value.at, grave: true, message: `${path} is to be of type ${types.join(" or ")}` };
  const allowed = [...(view.first("const") ? [view.first("const")] : items(view.first("enum")))];
  if (allowed.length && allowed.every((each) => each.text) && !allowed.some((each) => isSame(each, value)))
    yield { at: value.at, grave: true, message: `${path} is to be ${allowed.map((each) => each.text).join(" or ")}` };
}

function isOf(type, value) {
  if (type === "integer") return value.kind === "number" && (/^-?\d+(\.0+)?$/.test(value.text) || /[eE]/.test(value.text));
  if (type === "boolean") return value.text === "true" || value.text === "false";
  return type === "null" ? value.text === "null" : value.kind === type;
}

function isSame(a, b) {
  return a.kind === b.kind && (a.kind === "string" ? string(a) === string(b) : a.text === b.text);
}

function* checkObject(view, value, path, depth) {
  const prefix = path && path + ".";
  for (const key of view.required)
    if (!member(value, key)) yield { at: value.at, grave: true, message: `${prefix}${key} is required and not there` };
  const { properties } = view;
  for (const each of value.items) {
    const field = properties.get(each.key);
    if (field) yield* check(field, each.value, prefix + each.key, depth + 1);
    else if (view.isClosed && !view.knows(each.key)) yield { at: each.at, grave: true, message: `${prefix}${each.key} is not allowed by the schema` };
    else if (properties.size && !view.knows(each.key)) yield { at: each.at, grave: false, message: `${prefix}${each.key} is not in the schema` };
  }
}
