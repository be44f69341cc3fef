// Looking at the server again and again: not while the page is hidden or paused, and not
// while there is no token that it knows.
import * as api from "./api.js";
import * as json from "./json.js";
import * as metrics from "./metrics.js";
import { span } from "./chart.js";

const interval = 2000; // milliseconds
const patience = 5000;
const longest = 15000;

export class Poll {
  // tell is called with each look, and fail with why there was none.
  constructor(tell, fail) {
    Object.assign(this, { tell, fail, looks: [], failures: 0, paused: false, denied: false, started: undefined });
    document.addEventListener("visibilitychange", () => this.again());
  }

  // again looks at once, if looking is allowed.
  async again() {
    clearTimeout(this.timer);
    const turn = (this.turn = {});
    if (this.paused || this.denied || document.hidden) return;
    const start = performance.now();
    try {
      const look = await this.look();
      if (turn !== this.turn) return;
      this.failures = 0;
      this.tell(look);
    } catch (error) {
      if (turn !== this.turn) return;
      this.failures++;
      this.denied = error.status === 401;
      this.fail(error);
    }
    this.timer = setTimeout(() => this.again(), this.delay(performance.now() - start));
  }

  // delay is longer for a server that is gone, or for which a look is work.
  delay(took) {
    return Math.min(longest, Math.max(interval * 1.5 ** Math.max(0, this.failures - 1), 3 * took * (this.failures === 0)));
  }

  async look() {
    const signal = AbortSignal.timeout(patience);
    const ask = (path) => api.ask(path, { signal });
    const [listed, status, measured] = await Promise.all([ask("v1/policies"), ask("v1/status"), ask("metrics")]);
    const server = JSON.parse(status.text);
    if (server.started !== this.started) this.looks = []; // another process counts from 0
    this.started = server.started;
    const now = performance.now();
    this.looks = [...this.looks.filter(({ at }) => at > now - span - 2 * interval), metrics.read(measured.text, now)];
    return { listed: listed.text, policies: JSON.parse(listed.text).policies, schemas: schemasOf(listed.text), server, now };
  }

  allow() {
    this.denied = false;
    this.again();
  }
}

// schemasOf returns the schemas as values of json.js, by the policies' names.
function schemasOf(listed) {
  const policies = json.items(json.member(json.parse(listed), "policies"));
  return new Map(policies.map((each) => [json.string(json.member(each, "name")), json.member(each, "input_schema")]));
}
