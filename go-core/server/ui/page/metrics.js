// What the server's metrics say: how many requests and calls there were, how they ended,
// and how long they took between two looks.

const line = /^(policy_executions_total|policy_execution_duration_seconds_bucket|policy_executions_in_flight|policy_executions_abandoned_in_flight|http_request_duration_seconds_bucket)\{([^]*)\} (\S+)$/;
const label = /(\w+)="((?:[^"\\]|\\[^])*)"/g;
const unescaped = { n: "\n", '"': '"', "\\": "\\" };

const newTally = () => ({ total: 0, errors: 0, inFlight: 0, abandoned: 0, buckets: new Map() });

function labelsOf(text) {
  const found = {};
  for (const [, name, value] of text.matchAll(label)) found[name] = value.replace(/\\([^])/g, (_, c) => unescaped[c] ?? c);
  return found;
}

// read returns a look at the metrics: the tally of requests to policies, and that of the
// calls of each policy.
export function read(text, at) {
  const look = { at, requests: newTally(), calls: new Map() };
  for (const each of text.split("\n")) {
    const [, name, labels, value] = line.exec(each) ?? [];
    if (name) take(look, name, labelsOf(labels), Number(value));
  }
  return look;
}

function take(look, name, labels, value) {
  if (name.startsWith("http_")) return takeRequests(look.requests, labels, value);
  if (!look.calls.has(labels.policy)) look.calls.set(labels.policy, newTally());
  const tally = look.calls.get(labels.policy);
  if (name.endsWith("_bucket")) add(tally.buckets, labels.le, value);
  else if (name.endsWith("_abandoned_in_flight")) tally.abandoned = value;
  else if (name.endsWith("_in_flight")) tally.inFlight = value;
  else {
    tally.total += value;
    if (!["ok", "canceled"].includes(labels.outcome)) tally.errors += value;
  }
}

// Of Envoy's route a status such as 403 is the policy's answer, and no error; nor is 499,
// the status of requests whose clients had left.
function takeRequests(tally, { handler, code, le }, value) {
  if (!/\/(execute|kubernetes|envoy)\b/.test(handler)) return;
  add(tally.buckets, le, value);
  if (le !== "+Inf") return;
  tally.total += value;
  if (code !== "499" && Number(code) >= (handler.includes("/envoy/") ? 500 : 400)) tally.errors += value;
}

function add(buckets, le, value) {
  const bound = le === "+Inf" ? Infinity : Number(le);
  buckets.set(bound, (buckets.get(bound) ?? 0) + value);
}

// between returns what happened from one look to the next: rates a second, and latencies
// in seconds. There are none from a server to the one that came after it.
export function between(before, after, from, to) {
  const none = { at: to, rate: null, errors: null, p50: null, p99: null };
  if (!before || !after || after.total < before.total || to <= from) return none;
  const seconds = (to - from) / 1000;
  const buckets = [...after.buckets].map(([bound, count]) => [bound, count - (before.buckets.get(bound) ?? 0)]);
  buckets.sort(([a], [b]) => a - b);
  return {
    at: to,
    rate: (after.total - before.total) / seconds,
    errors: (after.errors - before.errors) / seconds,
    p50: quantile(0.5, buckets),
    p99: quantile(0.99, buckets),
  };
}

// quantile estimates as Prometheus's histogram_quantile does: evenly within a bucket.
export function quantile(q, buckets) {
  const rank = q * (buckets.at(-1)?.[1] ?? 0);
  if (!rank) return null;
  const i = buckets.findIndex(([, count]) => count >= rank);
  const [low, below] = i ? buckets[i - 1] : [0, 0];
  const [high, count] = buckets[i];
  return high === Infinity ? low : low + ((high - low) * (rank - below)) / (count - below);
}

// series returns what happened between the looks, of the requests or of a policy's calls.
export function series(looks, policy) {
  const tally = (look) => (policy === undefined ? look.requests : look.calls.get(policy));
  return looks.slice(1).map((look, i) => between(tally(looks[i]), tally(look), looks[i].at, look.at));
}
