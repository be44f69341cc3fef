// The input: its text, what is wrong with it, and what the policy's schema says of it.
import { $, button, element, setText } from "./dom.js";
import * as json from "./json.js";
import * as schemas from "./schema.js";

const mostFields = 100;
const mostProblems = 20;
let schema = null; // a view of the schema of the policy that is shown
let schemaText = "";

export const text = () => $("input").value;

// open shows a policy's schema and the text of an input; without one, a skeleton.
export function open(policySchema, listed, draft) {
  schema = policySchema ? schemas.view(policySchema) : null;
  schemaText = listed;
  $("skeleton").hidden = !schema;
  showFields();
  set(draft ?? first());
}

export function set(value) {
  $("input").value = value;
  changed();
}

const first = () => (schema ? json.tidy(schemas.skeleton(schema, schemaText)) : "{}");

function showFields() {
  const all = schema ? schemas.fields(schema, schemaText).take(mostFields).toArray() : [];
  $("fields").hidden = !all.length;
  $("field-rows").replaceChildren(...all.map((field) => element("tr", {},
    element("th", { scope: "row" }, field.path, field.required ? element("span", { class: "required" }, " required") : ""),
    element("td", { class: "type" }, field.type), element("td", {}, field.description))));
}

// problems returns what is wrong with the text: JSON first, then what the schema says.
export function problems() {
  try {
    const value = json.parse(text());
    return schema ? schemas.check(schema, value) : [];
  } catch (error) {
    if (!(error instanceof json.JSONError)) throw error;
    return [{ at: error.at, grave: true, isSyntax: true, message: error.message }];
  }
}

function changed() {
  const found = problems();
  const wrong = found.some((each) => each.isSyntax);
  $("input").setAttribute("aria-invalid", wrong);
  $("tidy").disabled = wrong;
  $("problems").replaceChildren(...found.slice(0, mostProblems).map(shown));
  const more = found.length - mostProblems;
  const hints = found.length === 1 ? "1 hint of the schema" : `${found.length} hints of the schema`;
  setText($("verdict"), wrong ? "not JSON" : !found.length ? (schema ? "JSON, fits the schema" : "JSON") : `JSON, ${hints}${more > 0 ? `, of which ${mostProblems} are shown` : ""}`);
  moved();
}

function shown(problem) {
  const { line, column } = json.place(text(), problem.at);
  const go = button(`line ${line}, column ${column}`, () => goTo(problem.at));
  return element("li", { class: problem.isSyntax ? "bad" : problem.grave ? "warn" : "note" }, go, " ", problem.message);
}

export function goTo(at) {
  $("input").focus();
  $("input").setSelectionRange(at, at);
  moved();
}

function moved() {
  const { line, column } = json.place(text(), $("input").selectionStart);
  setText($("position"), `line ${line}, column ${column}`);
}

export function start() {
  $("input").addEventListener("input", changed);
  document.addEventListener("selectionchange", () => document.activeElement === $("input") && moved());
  $("skeleton").addEventListener("click", () => set(first()));
  $("tidy").addEventListener("click", () => set(json.tidy(text())));
}
