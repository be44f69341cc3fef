// What is known of the server, and of the policy that is shown.
import { $, element, setText } from "./dom.js";
import { newBadge, showBadge } from "./state.js";

// showFacts fills a list of terms; those without a value are left out.
function showFacts(list, facts) {
  const shown = facts.filter(([, value]) => value !== undefined && value !== "");
  while (list.children.length > shown.length) list.lastChild.remove();
  while (list.children.length < shown.length) list.append(element("div", {}, element("dt"), element("dd")));
  shown.forEach(([term, value], i) => {
    const [dt, dd] = list.children[i].children;
    setText(dt, term);
    setText(dd, String(value));
  });
}

// shortOf returns the first digits of a digest: enough to tell builds apart, as with an image's ID.
const shortOf = (digest) => digest?.slice("sha256:".length, "sha256:".length + 12);

export function showServer(status) {
  const uptime = status.uptime.replace(/(\.\d+)?s$/, "s").replace(/^\d+(\.\d+)?(µs|ms)$/, "0s");
  showFacts($("server"), [
    ["up", uptime], ["executing", status.executing], ["in flight", status.in_flight], ["abandoned", status.abandoned],
    ["build", shortOf(status.build)], ["go", `${status.go.replace(/^go/, "")} ${status.platform}`],
  ]);
}

const badge = newBadge();

export function showPolicy(policy, { state, tally }) {
  setText($("title"), policy.name);
  $("title").after(badge);
  showBadge(badge, state);
  setText($("description"), policy.description ?? "");
  setText($("policy-error"), policy.error ?? "");
  showFacts($("facts"), [
    ["version", policy.version], ["module", policy.module], ["package", policy.package], ["type", policy.type],
    ["deadline", policy.timeout], ["in flight", tally?.inFlight], ["abandoned", tally?.abandoned],
    ["calls", tally?.total], ["errors", tally?.errors], ["digest", policy.digest],
  ]);
}

export function showNone() {
  badge.remove();
}
