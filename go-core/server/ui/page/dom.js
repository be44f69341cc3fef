// The document's elements. Text is set as text, never as HTML, with all of it to be
// seen.
import { seen } from "./text.js";

export const $ = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function drawing(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, seen(String(value)));
  made.append(...children.map((each) => (each instanceof Node ? each : seen(String(each)))));
  return made;
}

// setText leaves alone what is there already: selections stay, and nothing is drawn anew.
export function setText(at, text) {
  const shown = seen(String(text ?? ""));
  if (at.textContent !== shown) at.textContent = shown;
}

export function setAttribute(at, name, value) {
  const shown = seen(String(value));
  if (at.getAttribute(name) !== shown) at.setAttribute(name, shown);
}

// announce tells those who do not see the page.
export function announce(text) {
  $("live").textContent = seen(text);
}

export function button(text, action, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", action);
  return made;
}
