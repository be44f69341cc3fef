// Executing a policy on the input, and what came of it.
import * as api from "./api.js";
import { $, announce, element, setText } from "./dom.js";
import * as editor from "./editor.js";
import * as format from "./format.js";
import * as history from "./history.js";
import * as json from "./json.js";
import { newBadge } from "./state.js";
import { seen } from "./text.js";

const mostPieces = 50e3; // beyond that a result is shown as it came
const drafts = new Map(); // inputs and runs by the policies' names
let policy = null; // the name of the one that is shown
let running = null; // what cancels the run that goes on

// open shows the form for a policy, as it was left.
export function open(name, schema, listed) {
  if (name === policy) return;
  leave();
  policy = name;
  const draft = drafts.get(name);
  editor.open(schema, listed, draft?.input);
  show(draft?.run ?? null);
}

export function leave() {
  running?.abort(new Error("the page went on to another policy"));
  if (policy !== null) drafts.set(policy, { ...drafts.get(policy), input: editor.text() });
  policy = null;
}

// recall shows a run again, once its policy is opened.
export function recall(run) {
  drafts.set(run.policy, { input: run.input, run });
  if (run.policy !== policy) return;
  editor.set(run.input);
  show(run);
}

export async function submit() {
  if (policy === null || running) return;
  const [problem] = editor.problems();
  if (problem?.isSyntax) {
    announce(`Not sent: ${problem.message}`);
    return editor.goTo(problem.at);
  }
  running = new AbortController();
  busy(true);
  const run = await execute(policy, editor.text(), running.signal);
  running = null;
  busy(false);
  finish(run);
}

async function execute(name, input, signal) {
  const run = { policy: name, input, at: new Date() };
  try {
    const { status, text, took } = await api.ask(api.executePath(name), { body: `{"input":${input}}`, signal });
    return { ...run, ok: true, code: "ok", status, took, text: json.source(text, json.member(json.parse(text), "result")) };
  } catch (error) {
    return { ...run, ok: false, ...told(error, signal) };
  }
}

// told returns an error as a code, a message, and what else is known.
function told(error, signal) {
  if (signal.aborted) return { code: "cancelled", message: error.message };
  if (error instanceof api.Gone) return { code: "no answer", message: `The server does not answer: ${error.message}` };
  const { code = "page", message, status, decision, took } = error;
  return { code, message, status, decision, took };
}

function finish(run) {
  history.add(run);
  drafts.set(run.policy, { ...drafts.get(run.policy), run });
  if (run.policy === policy) show(run);
  if (run.status === 401) document.dispatchEvent(new Event("unauthorised"));
}

function busy(is) {
  $("go").disabled = is;
  $("cancel").hidden = !is;
  $("outcome-box").setAttribute("aria-busy", is);
  if (!is) return;
  $("outcome").replaceChildren(element("span", { class: "spinner" }), "running…");
}

function show(run) {
  $("result").hidden = !run?.ok;
  $("failure").hidden = !run || run.ok;
  $("hint").hidden = run !== null;
  $("copy").disabled = !run?.ok;
  $("outcome").replaceChildren(...(run ? outcome(run) : []));
  $("result").replaceChildren(...(run?.ok ? pieces(run.text) : []));
  if (!run || run.ok) return;
  setText($("failure-message"), run.message);
  setText($("failure-more"), run.decision ? `decision ${run.decision}` : "");
}

function outcome(run) {
  const badge = newBadge();
  setText(badge, run.code);
  badge.dataset.tone = run.ok ? "good" : "bad";
  const facts = [run.status && `status ${run.status}`, run.took && format.duration(run.took), run.ok && format.size(new Blob([run.text]).size), format.clock(run.at)];
  return [badge, ...facts.filter(Boolean).map((fact) => element("span", {}, fact))];
}

function pieces(text) {
  const all = json.layout(text);
  if (all.length > mostPieces) return [seen(text)];
  return all.map(([kind, piece]) => (kind === "mark" ? piece : element("span", { class: kind }, piece)));
}

// asCurl returns the run as a command for a shell, the token as a variable.
function asCurl() {
  const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = [`curl ${quoted(new URL(`../${api.executePath(policy)}`, location.href).href)}`, "-H 'Content-Type: application/json'"];
  if (api.hasToken()) lines.push('-H "Authorization: Bearer $TOKEN"');
  return [...lines, `-d ${quoted(`{"input":${editor.text()}}`)}`].join(" \\\n  ");
}

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    announce(`${what} copied`);
    $("copied").textContent = `${what} copied`;
    setTimeout(() => ($("copied").textContent = ""), 2000);
  } catch {
    $("copied").textContent = "the browser does not allow that here";
  }
}

export function start() {
  editor.start();
  $("run").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  $("cancel").addEventListener("click", () => running?.abort(new Error("cancelled here; the policy's context ended")));
  $("copy").addEventListener("click", () => copy(drafts.get(policy).run.text, "Result"));
  $("copy-curl").addEventListener("click", () => copy(asCurl(), "Command"));
}
