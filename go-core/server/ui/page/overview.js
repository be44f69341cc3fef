// The table of all policies.
import { $, element, setText } from "./dom.js";
import * as format from "./format.js";
import { newBadge, showBadge } from "./state.js";

const measures = [["rate", "Calls"], ["errors", "Errors"], ["p50", "p50"], ["p99", "p99"], ["flight", "In flight"]];
const rows = new Map(); // by the policies' names, in their order

export const linkTo = (name) => `#/${encodeURIComponent(name)}`;

// breakable lets a path break where a person would.
const breakable = (path) => element("span", {}, ...path.split(/(?<=\/)/).flatMap((part) => [part, element("wbr")]));

function newRow(policy) {
  const cells = {};
  const cell = (name, title, ...children) => (cells[name] = element("td", { class: name, "data-title": title }, ...children));
  const link = element("a", { href: linkTo(policy.name) }, policy.name);
  const badge = newBadge();
  const row = element("tr", {}, element("th", { scope: "row" }, link, element("p", {}, policy.description ?? "")), cell("version", "Version", policy.version ?? "–"));
  cells.version.classList.toggle("some", policy.version !== undefined);
  const origin = cell("origin", "Origin", breakable(policy.module ?? policy.package));
  if (policy.module && policy.package !== policy.module) origin.append(element("p", {}, `package ${policy.package}`));
  row.append(origin, cell("state", "State", badge), ...measures.map(([name, title]) => cell(name, title)));
  const words = [policy.name, policy.description, policy.version, policy.module, policy.package].join("\n").toLowerCase();
  return { row, link, badge, cells, words, policy };
}

// build makes the rows anew where the policies are others.
function build(policies) {
  const known = JSON.stringify([...rows.values()].map(({ policy }) => ({ ...policy, state: "" })));
  if (rows.size && known === JSON.stringify(policies.map((policy) => ({ ...policy, state: "" })))) return;
  rows.clear();
  for (const policy of policies) rows.set(policy.name, newRow(policy));
  $("rows").replaceChildren(...[...rows.values()].map(({ row }) => row));
}

// show shows the policies. What is measured of each, measured returns.
export function show(policies, measured) {
  build(policies);
  for (const policy of policies) {
    const { badge, cells } = rows.get(policy.name);
    const { state, tally, last } = measured(policy);
    showBadge(badge, state);
    setText(cells.flight, String(tally?.inFlight ?? "–") + (tally?.abandoned ? `\n(${tally.abandoned}\u00a0abandoned)` : ""));
    cells.flight.classList.toggle("some", tally?.inFlight > 0);
    setText(cells.rate, format.rate(last?.rate));
    setText(cells.errors, format.rate(last?.errors));
    cells.errors.classList.toggle("some", last?.errors > 0);
    setText(cells.p50, format.duration(last?.p50));
    setText(cells.p99, format.duration(last?.p99));
  }
  filter();
}

export function filter() {
  const words = $("filter").value.toLowerCase().split(/\s+/);
  let shown = 0;
  for (const { row, badge, words: its } of rows.values()) {
    row.hidden = !words.every((word) => its.includes(word) || badge.textContent.includes(word));
    if (!row.hidden) shown++;
  }
  setText($("count"), shown === rows.size ? String(rows.size) : `${shown} of ${rows.size}`);
  setText($("none"), rows.size ? "No policy is like that." : "No policy is built into this engine.");
  $("loading").hidden = true;
  $("none").hidden = shown > 0;
  $("table").hidden = shown === 0;
}

export const links = () => [...rows.values()].filter(({ row }) => !row.hidden).map(({ link }) => link);
