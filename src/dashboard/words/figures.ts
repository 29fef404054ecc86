const NBSP = '\u00a0';

/** Three significant figures, and no decimals from 100 on: `0.18`, `4.80`, `96.0`, `212`. */
function significant(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 1 ? value.toFixed(2) : String(Number(value.toPrecision(2)));
}

/** `1,204` */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Requests per second: `1,204`, `9.7`, `0`. */
export function rate(perSecond: number): string {
  return perSecond >= 100 ? grouped(perSecond) : String(Number(perSecond.toPrecision(2)));
}

/** A share as `0.18 %`. */
export function percent(share: number): string {
  return `${significant(share * 100)}${NBSP}%`;
}

/** Basis points as `12.5 %`. */
export function weightText(bps: number): string {
  return `${Number((bps / 100).toFixed(2))}${NBSP}%`;
}

/** A latency: `38.0 ms`, `1.24 s`. */
export function latency(ms: number): string {
  return ms >= 1_000 ? `${significant(ms / 1_000)}${NBSP}s` : `${significant(ms)}${NBSP}ms`;
}

/** A figure of a finding in its unit; a dash where there is none. */
export function measure(value: number | null, unit: 'share' | 'ms' | 'value', named = ''): string {
  if (value === null) return '–';
  if (unit === 'share') return percent(value);
  if (unit === 'ms') return latency(value);
  const figure = Math.abs(value) >= 1_000 ? grouped(value) : String(Number(value.toPrecision(3)));
  return named === '' ? figure : `${figure}${NBSP}${named}`;
}

/** An interval in words: `between 0 % and 1.2 %`, `at least 12 %`. */
export function intervalText(
  { low, high }: { readonly low: number; readonly high: number | null },
  show: (value: number) => string,
): string {
  return high === null ? `at least ${show(low)}` : `between ${show(low)} and ${show(high)}`;
}

/** A log e-value as `×1.4`; `×1,900` from a thousand on, a power of ten beyond a million, and `×0.02` where there is next to none. */
export function times(logEvidence: number): string {
  if (logEvidence >= Math.log(1e6)) return `×10${superscript(Math.floor(logEvidence / Math.LN10))}`;
  const evidence = Math.exp(logEvidence);
  // The logarithm of 1,000 has an exponential a little below it.
  if (evidence >= 999.5) return `×${grouped(Number(evidence.toPrecision(2)))}`;
  if (evidence < 0.001) return 'below\u00a0×0.001';
  if (evidence < 0.095) return `×${Number(evidence.toPrecision(1))}`;
  return `×${evidence >= 10 ? evidence.toFixed(0) : evidence.toFixed(1)}`;
}

function superscript(power: number): string {
  return Array.from(String(power), (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] ?? '').join('');
}

/** A length of time in at most two units: `35 s`, `5 m 15 s`, `1 h 19 m`, `3 d 4 h`. */
export function lasting(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first < 0) return `0${NBSP}s`;
  return parts
    .slice(first, first + 2)
    .filter(([amount], at) => at === 0 || amount > 0)
    .map(([amount, unit]) => `${amount}${NBSP}${unit}`)
    .join(' ');
}

/** Keeps a number and its unit on one line, in a sentence that the server wrote. */
export function glued(sentence: string): string {
  return sentence.replaceAll(/(\d) (%|ms|pp|min|KB|MB|h|m|s|d)(?=[\s<.,;:)·?…]|$)/g, `$1${NBSP}$2`);
}
