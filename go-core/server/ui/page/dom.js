// The document's elements. Text is set as text, never as HTML.

export const $ = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function drawing(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// setText leaves alone what is there already: selections stay, and nothing is drawn anew.
export function setText(at, text) {
  if (at.textContent !== text) at.textContent = text;
}

export function setAttribute(at, name, value) {
  if (at.getAttribute(name) !== value) at.setAttribute(name, value);
}

// announce tells those who do not see the page.
export function announce(text) {
  $("live").textContent = text;
}

export function button(text, action, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", action);
  return made;
}
