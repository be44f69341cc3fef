// The runs of this page, the latest first. They are gone with it.
import { $, button, element } from "./dom.js";
import * as format from "./format.js";

const most = 50;
let runs = [];

export function add(run) {
  runs = [run, ...runs].slice(0, most);
  show();
}

function show() {
  $("no-runs").hidden = runs.length > 0;
  $("runs").hidden = $("clear").hidden = runs.length === 0;
  $("run-rows").replaceChildren(...runs.map(newRow));
}

function newRow(run) {
  const badge = element("span", { class: "badge", "data-tone": run.ok ? "good" : "bad" }, run.code);
  const again = button(run.policy, () => document.dispatchEvent(new CustomEvent("recall", { detail: run })), { class: "link" });
  const input = run.input.replace(/\s+/g, " ").slice(0, 200);
  return element("tr", {},
    element("td", { class: "at" }, format.clock(run.at)), element("th", { scope: "row" }, again), element("td", {}, badge),
    element("td", { class: "took" }, format.duration(run.took)), element("td", { class: "preview" }, element("code", {}, input)));
}

export function start() {
  $("clear").addEventListener("click", () => {
    runs = [];
    show();
    $("content").focus();
  });
}
