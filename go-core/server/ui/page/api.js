// Questions to the server, which is above the folder of this page, wherever that is.

// The token is in memory alone: a page that is loaded again asks for it again.
let token = "";

export const hasToken = () => token !== "";

export function setToken(text) {
  if (!/^[\x21-\x7e]*$/.test(text)) throw new Error("A token has no spaces, and no characters beyond ASCII.");
  token = text;
}

// A Refusal is an answer that is not what was asked for.
export class Refusal extends Error {
  constructor(status, { code, message, decision_id: decision }) {
    super(message);
    Object.assign(this, { status, code, decision });
  }
}

// Gone means that there was no answer, or only one of a proxy that has none either.
export class Gone extends Error {}

function refusalOf(status, text) {
  try {
    return new Refusal(status, JSON.parse(text).error);
  } catch {
    if (status >= 502 && status <= 504) return new Gone(`a proxy answers with status ${status}`);
    return new Refusal(status, { code: `status ${status}`, message: "the answer is not one of this server" });
  }
}

// ask returns the text of the answer, its status, and how many seconds it took.
export async function ask(path, { body, signal } = {}) {
  const headers = new Headers(token ? { Authorization: `Bearer ${token}` } : {});
  if (body !== undefined) headers.set("Content-Type", "application/json");
  const start = performance.now();
  let answer, text;
  try {
    answer = await fetch(`../${path}`, { method: body === undefined ? "GET" : "POST", headers, body, signal, cache: "no-store" });
    text = await answer.text();
  } catch (error) {
    if (signal?.aborted && signal.reason.name !== "TimeoutError") throw signal.reason;
    throw new Gone(error.message);
  }
  const took = (performance.now() - start) / 1000;
  if (!answer.ok) throw Object.assign(refusalOf(answer.status, text), { took, text });
  return { status: answer.status, text, took };
}

// executePath returns where a policy is executed. In a path . and .. are not names.
export function executePath(name) {
  if (name === "." || name === "..") throw new Error(`A policy of the name ${name} is executed by POST /v1/execute alone.`);
  return `v1/policies/${encodeURIComponent(name)}/execute`;
}
