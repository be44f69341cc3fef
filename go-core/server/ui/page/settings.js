// What this browser remembers of the page: the theme, and whether single keys are shortcuts.
import { $, announce, setText } from "./dom.js";

const prefix = "policy-engine.";

function stored(name) {
  try {
    return localStorage.getItem(prefix + name);
  } catch {
    return null; // storage is not allowed
  }
}

function store(name, value) {
  try {
    localStorage.setItem(prefix + name, value);
  } catch {
    // it holds until the page is left
  }
}

const themes = ["auto", "light", "dark"];

export function nextTheme() {
  const { dataset } = document.documentElement;
  dataset.theme = themes[(themes.indexOf(dataset.theme) + 1) % themes.length];
  store("theme", dataset.theme);
  showTheme();
  announce(`Theme: ${dataset.theme}`);
}

function showTheme() {
  const { theme } = document.documentElement.dataset;
  setText($("theme"), `Theme: ${theme}`);
}

export function start() {
  showTheme();
  $("theme").addEventListener("click", nextTheme);
  $("single-keys").checked = stored("single-keys") !== "off";
  $("single-keys").addEventListener("change", (event) => store("single-keys", event.target.checked ? "on" : "off"));
}
