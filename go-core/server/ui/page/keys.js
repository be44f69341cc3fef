// Shortcuts. Single keys are none while something is typed, and can be turned off.
import { $ } from "./dom.js";

const isTyped = (at) => at.matches("input:not([type=checkbox]), textarea, select");

// start has the actions called: "Mod+Enter" is with Ctrl, or with ⌘.
export function start(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const action = actions[nameOf(event)];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function nameOf(event) {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  if (key === "Enter" && (ctrlKey || metaKey)) return target.matches("a") ? undefined : "Mod+Enter";
  if (ctrlKey || metaKey || altKey || event.isComposing) return undefined;
  if (key === "Escape") return key;
  return isTyped(target) || !$("single-keys").checked ? undefined : key;
}
