// The page: what is shown when, and what leads where.
import * as api from "./api.js";
import { Chart } from "./chart.js";
import { $, announce, setText } from "./dom.js";
import * as facts from "./facts.js";
import * as format from "./format.js";
import * as history from "./history.js";
import * as keys from "./keys.js";
import * as metrics from "./metrics.js";
import * as overview from "./overview.js";
import { Poll } from "./poll.js";
import * as run from "./run.js";
import * as settings from "./settings.js";
import { showBadge, stateOf } from "./state.js";
import { seen } from "./text.js";

const recent = 5; // points of a series that a state is told from
let latest = null; // look at the server
let target = null; // what has the focus when the address has changed
let condition = "loading"; // of the server, as far as it is seen from here

const charts = [
  new Chart($("rates"), { lines: [["rate", "all"], ["errors", "errors"]], format: format.rate, scale: "linear" }),
  new Chart($("latencies"), { lines: [["p50", "p50"], ["p99", "p99"]], format: format.duration, scale: "logarithmic" }),
];

const poll = new Poll(
  (look) => {
    latest = look;
    become(look.server.status);
    render();
  },
  (error) => become(error.status === 401 ? "unauthorized" : error instanceof api.Gone ? "gone" : "refused", error),
);

// selected returns the name in an address of the page, if there is one.
function selected(address = location) {
  const name = /^#\/(.+)$/.exec(address.hash)?.[1];
  try {
    return name && decodeURIComponent(name);
  } catch {
    return undefined; // it is no name
  }
}

function measured(policy) {
  const series = metrics.series(poll.looks, policy.name);
  return { state: stateOf(policy, series.slice(-recent)), tally: poll.looks.at(-1)?.calls.get(policy.name), last: series.at(-1) };
}

function render() {
  const name = selected();
  const policy = latest?.policies.find((each) => each.name === name);
  document.body.dataset.view = !latest ? "missing" : name === undefined ? "overview" : policy ? "policy" : "missing";
  document.title = name === undefined ? "Policies" : `${seen(name)} · Policies`;
  if (!latest) return setText($("title"), name ?? "Policies");
  facts.showServer(latest.server);
  overview.show(latest.policies, measured);
  if (policy) {
    facts.showPolicy(policy, measured(policy));
    run.open(name, latest.schemas.get(name), latest.listed);
  } else {
    facts.showNone();
    run.leave();
    setText($("title"), name === undefined ? "Policies" : "No such policy");
    setText($("description"), name === undefined ? "" : `There is no policy ${name} in this engine.`);
  }
  setText($("rates-title"), policy ? "Calls" : "Requests");
  for (const chart of charts) chart.show(metrics.series(poll.looks, policy?.name), latest.now, policy?.name);
}

const banners = {
  gone: () => `The server does not answer since ${format.clock(new Date())}. What is shown is from before; it is asked again.`,
  unauthorized: (error) => `The server wants to know who asks: ${error.message}.`,
  refused: (error) => `The server cannot be looked at: ${error.message}.`,
  not_ready: () => "The policies are not ready yet.",
  stopping: () => "The server is stopping. It answers what it still gets, and then ends.",
};

// become shows the condition of the server, and tells when it is another one.
function become(next, error) {
  if (next === condition) return;
  const wasWrong = condition in banners;
  condition = next;
  document.body.dataset.condition = next;
  showBadge($("status"), next);
  setText($("banner-text"), banners[next]?.(error) ?? "");
  $("banner").hidden = !(next in banners);
  $("retry").hidden = next !== "gone" && next !== "refused";
  $("banner-token").hidden = next !== "unauthorized";
  if (next === "unauthorized" && !api.hasToken()) openToken();
  if (wasWrong && next === "ready") announce("The server answers again.");
}

function openToken() {
  setText($("token-problem"), "");
  $("token-dialog").showModal();
}

function takeToken(event) {
  event.preventDefault();
  try {
    api.setToken($("token").value.trim());
  } catch (error) {
    return setText($("token-problem"), error.message);
  }
  $("token").value = "";
  $("token-dialog").close();
  become("loading");
  poll.allow();
}

function pause() {
  poll.paused = !poll.paused;
  $("pause").setAttribute("aria-pressed", poll.paused);
  setText($("pause"), poll.paused ? "Resume" : "Pause");
  announce(poll.paused ? "Paused" : "Live");
  poll.again();
}

function moveInTable(by) {
  const links = overview.links();
  const at = links.indexOf(document.activeElement);
  links[Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}

// move leads to the next policy, or from the table to its next row.
function move(by) {
  if (selected() === undefined) return moveInTable(by);
  const names = latest?.policies.map(({ name }) => name) ?? [];
  const name = names[names.indexOf(selected()) + by];
  if (name !== undefined) location.hash = overview.linkTo(name);
}

function back() {
  const name = selected();
  if (document.activeElement === $("filter")) {
    $("filter").value = "";
    overview.filter();
  }
  if (name === undefined) return;
  location.hash = "#/";
}

// moved shows what the address names. Back in the table, the focus is where it was.
function moved(event) {
  render();
  window.scrollTo(0, 0);
  const from = selected(new URL(event.oldURL));
  const link = selected() === undefined && overview.links().find((each) => each.textContent === seen(from ?? ""));
  (target ?? (link || $("title"))).focus();
  target = null;
}

function search() {
  if (selected() === undefined) return $("filter").focus();
  target = $("filter");
  location.hash = "#/";
}

function recall({ detail }) {
  run.recall(detail);
  location.hash = overview.linkTo(detail.policy);
}

$("retry").addEventListener("click", () => poll.again());
$("pause").addEventListener("click", pause);
$("filter").addEventListener("input", overview.filter);
$("token-form").addEventListener("submit", takeToken);
for (const id of ["token-open", "banner-token"]) $(id).addEventListener("click", openToken);
$("help-open").addEventListener("click", () => $("help").showModal());
for (const each of document.querySelectorAll("dialog .close")) each.addEventListener("click", () => each.closest("dialog").close());
$("skip").addEventListener("click", (event) => {
  event.preventDefault();
  $("content").focus();
});
document.addEventListener("recall", recall);
document.addEventListener("unauthorised", () => poll.again());
window.addEventListener("hashchange", moved);

keys.start({
  "?": () => $("help").showModal(), "/": search, j: () => move(1), k: () => move(-1), i: () => $("input").focus(), p: pause, t: settings.nextTheme,
  Escape: back, "Mod+Enter": run.submit,
});
settings.start();
history.start();
run.start();
render();
poll.again();
