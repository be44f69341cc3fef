// Charts of the last minutes, as SVG. Colours and widths are in page.css.
import { tick } from "./format.js";
import { announce, drawing, element, setAttribute, setText } from "./dom.js";

export const span = 120e3; // milliseconds that a chart shows
const height = 116;
const inner = { left: 52, right: 8, top: 8, bottom: 18 };

const nice = (value) => {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((each) => each * power >= value) * power;
};

// Scales return the ticks for the values, and where between 0 and 1 a value is.
const linear = (values) => {
  const top = nice(Math.max(1, ...values));
  return { ticks: [0, top / 2, top], at: (value) => value / top };
};

const logarithmic = (values) => {
  const shown = values.filter((value) => value > 0);
  let [low, high] = [Math.floor(Math.log10(Math.min(...shown, 1e-4))), Math.ceil(Math.log10(Math.max(...shown, 1e-3)))];
  if (high === low) high++;
  const step = Math.ceil((high - low) / 3);
  high = low + step * Math.ceil((high - low) / step);
  const ticks = Array.from({ length: (high - low) / step + 1 }, (_, i) => 10 ** (low + i * step));
  return { ticks, at: (value) => Math.max(0, (Math.log10(value) - low) / (high - low)) };
};

export class Chart {
  // lines are keys of points with the names that they are shown by.
  constructor(figure, { lines, format, scale }) {
    Object.assign(this, { figure, lines, format, scale: { linear, logarithmic }[scale], points: [], now: performance.now(), cursor: null });
    this.svg = figure.appendChild(drawing("svg", { role: "img", tabindex: "0" }));
    this.legend = figure.querySelector(".legend");
    this.values = lines.map(([key, name]) => {
      const value = element("output", { class: "value" });
      this.legend.append(element("span", { class: `of-${key}` }, name + " ", value));
      return value;
    });
    this.svg.addEventListener("pointermove", (event) => this.point(event.offsetX));
    for (const leaving of ["pointerleave", "blur"]) this.svg.addEventListener(leaving, () => this.move(null));
    this.svg.addEventListener("keydown", (event) => this.step(event));
    new ResizeObserver(() => this.redraw()).observe(figure);
  }

  show(points, now, subject) {
    Object.assign(this, { points: points.filter(({ at }) => at > now - span), now, subject });
    this.redraw();
  }

  redraw() {
    this.width = Math.max(200, this.svg.clientWidth);
    const scale = this.scale(this.points.flatMap((point) => this.lines.map(([key]) => point[key])).filter((value) => value !== null));
    this.y = (value) => height - inner.bottom - scale.at(value) * (height - inner.top - inner.bottom);
    this.x = (at) => this.width - inner.right - ((this.now - at) / span) * (this.width - inner.left - inner.right);
    setAttribute(this.svg, "viewBox", `0 0 ${this.width} ${height}`);
    this.svg.replaceChildren(...this.grid(scale.ticks), ...this.lines.map(([key]) => this.line(key)), ...this.mark());
    this.tell();
  }

  *grid(ticks) {
    const said = tick(this.format);
    for (const each of ticks) {
      const y = this.y(each);
      yield drawing("line", { x1: inner.left, x2: this.width - inner.right, y1: y, y2: y, class: "grid" });
      yield drawing("text", { x: inner.left - 6, y: y + 3.5, "text-anchor": "end" }, said(each));
    }
    for (const [ago, text, anchor] of [[span, "2 min ago", "start"], [span / 2, "1 min", "middle"], [0, "now", "end"]])
      yield drawing("text", { x: this.x(this.now - ago), y: height - 4, "text-anchor": anchor }, text);
  }

  // line draws what there is; where nothing was measured there is a gap.
  line(key) {
    let path = "";
    let pen = "M";
    for (const point of this.points) {
      if (point[key] === null) {
        pen = "M";
        continue;
      }
      const place = `${this.x(point.at).toFixed(1)} ${this.y(point[key]).toFixed(1)}`;
      path += pen === "M" ? `M${place}h0` : `L${place}`;
      pen = "L";
    }
    return drawing("path", { d: path, class: `line of-${key}` });
  }

  mark() {
    if (!this.chosen()) return [];
    const x = this.x(this.chosen().at);
    return [drawing("line", { x1: x, x2: x, y1: inner.top, y2: height - inner.bottom, class: "cursor" })];
  }

  chosen() {
    return this.points.find(({ at }) => at === this.cursor);
  }

  tell() {
    const point = this.chosen() ?? this.points.at(-1);
    const values = this.lines.map(([key]) => this.format(point?.[key] ?? null));
    this.values.forEach((at, i) => setText(at, values[i]));
    const title = this.figure.querySelector(".title").textContent;
    setAttribute(this.svg, "aria-label", `${title} of ${this.subject ?? "the server"}: ${this.said(values)}. Arrow keys go back in time.`);
  }

  said(values) {
    return this.lines.map(([, name], i) => `${name} ${values[i] === "–" ? "none" : values[i]}`).join(", ");
  }

  move(point) {
    this.cursor = point?.at ?? null;
    if (this.y) this.redraw();
  }

  point(x) {
    const distance = ({ at }) => Math.abs(this.x(at) - x);
    this.move(this.points.reduce((best, each) => (best && distance(best) <= distance(each) ? best : each), null));
  }

  step(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || !this.points.length) return;
    event.preventDefault();
    const now = this.cursor === null ? this.points.length : this.points.findIndex(({ at }) => at === this.cursor);
    const point = this.points[Math.min(Math.max(now + by, 0), this.points.length - 1)];
    this.move(point);
    const seconds = Math.round((this.now - point.at) / 1000);
    announce(`${seconds} seconds ago: ${this.said(this.lines.map(([key]) => this.format(point[key])))}`);
  }
}
