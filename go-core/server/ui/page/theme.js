// The theme that was chosen, before anything is drawn. No module, since those wait.
"use strict";
try {
  document.documentElement.dataset.theme = localStorage.getItem("policy-engine.theme") ?? "auto";
} catch {
  document.documentElement.dataset.theme = "auto"; // storage is not allowed
}
