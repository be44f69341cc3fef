// Numbers and times as people read them.

const digits = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1e-3) return digits(seconds * 1e6) + " µs";
  return seconds < 1 ? digits(seconds * 1e3) + " ms" : digits(seconds) + " s";
}

export function rate(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 1e4) return digits(value / 1e3) + " k/s";
  return (value === 0 ? "0" : digits(value)) + "/s";
}

// tick writes a round number without the zeros that measured ones have.
export const tick = (format) => (value) => format(value).replace(/\.0+\b/, "");

export function size(bytes) {
  return bytes < 1e4 ? `${bytes} bytes` : bytes < 1e6 ? digits(bytes / 1e3) + " kB" : digits(bytes / 1e6) + " MB";
}

export const clock = (date) => date.toLocaleTimeString(undefined, { hour12: false });
