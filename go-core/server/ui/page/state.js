// What a state is called, and which of the four tones it has: good, warn, bad,
// none.
import { element, setText } from "./dom.js";

const states = {
  ready: ["ready", "good"],
  failing: ["failing", "warn"],
  tripped: ["breaker open", "bad"],
  down: ["down", "bad"],
  invalid: ["invalid", "bad"],
  loaded: ["starting", "none"],
  closed: ["closed", "none"],
  // Of the server:
  loading: ["loading", "none"],
  not_ready: ["not ready", "warn"],
  stopping: ["stopping", "warn"],
  unauthorized: ["not allowed", "warn"],
  refused: ["error", "bad"],
  gone: ["no answer", "bad"],
};

// stateOf returns the state. A policy that can be called is failing while its calls do.
export function stateOf(policy, recent) {
  return policy.state === "ready" && recent.some((point) => point.errors > 0) ? "failing" : policy.state;
}

export function newBadge() {
  return element("span", { class: "badge" });
}

export function showBadge(badge, state) {
  const [name, tone] = states[state] ?? [state, "none"];
  setText(badge, name);
  badge.dataset.tone = tone;
}
