import type { ErrorMargin } from '../policy/checks/margins.ts';
import type { Finding } from './finding.ts';

/** 0.048 -> `4.8 %`, 0.00021 -> `0.021 %`: two significant digits, three from 10 % on. */
export function formatShare(share: number): string {
  return `${shortNumber(share * 100)} %`;
}

/** A weight in basis points, exactly: 250 -> `2.5 %`, 1234 -> `12.34 %`. */
export function formatWeight(bps: number): string {
  return `${bps / 100} %`;
}

/** 0.001 -> `0.1 pp`. */
export function formatPoints(rate: number): string {
  return `${shortNumber(rate * 100)} pp`;
}

/** `10 % + 0.01 pp`, `25 % or 0.1 pp`. */
export function formatErrorMargin({ relative, absolute }: ErrorMargin, joined: '+' | 'or'): string {
  return `${formatShare(relative)} ${joined} ${formatPoints(absolute)}`;
}

/** 10911 -> `10,911`. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Two significant digits: 2134 -> `2,100`. */
export function formatAbout(count: number): string {
  return formatCount(Number(count.toPrecision(2)));
}

/** A latency: 0.84 -> `0.84 ms`, 161.3 -> `161 ms`, 12345 -> `12.3 s`. */
export function formatLatency(ms: number): string {
  return ms < 10_000 ? `${shortNumber(ms)} ms` : `${shortNumber(ms / 1_000)} s`;
}

/** A duration in the largest unit that gives at least two: 40000 -> `40 s`, 200000 -> `3 min`. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** A value of a query, whose unit only the query's author knows: four significant digits. */
export function formatValue(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** A number that answers carry: `9`, `1,300 tokens`, `161 ms`, `12.3 kB`. */
export function formatQuantity(value: number, unit: string | null): string {
  if (unit === 'ms') return formatLatency(value);
  if (unit === 'bytes') return formatBytes(value);
  const number = value >= 10_000 ? formatCount(value) : formatValue(value);
  return unit === null ? number : `${number} ${unit}`;
}

/** A figure of a finding in its unit. */
export function formatFigure(value: number, { unit, in: own }: Pick<Finding, 'unit' | 'in'>): string {
  if (unit === 'share') return formatShare(value);
  return formatQuantity(value, unit === 'ms' ? 'ms' : (own ?? null));
}

function formatBytes(bytes: number): string {
  const steps = [
    { unit: 'GB', size: 1e9 },
    { unit: 'MB', size: 1e6 },
    { unit: 'kB', size: 1e3 },
  ];
  const step = steps.find(({ size }) => bytes >= size);
  return step === undefined ? `${formatValue(bytes)} B` : `${shortNumber(bytes / step.size)} ${step.unit}`;
}

function shortNumber(value: number): string {
  if (value === 0) return '0';
  if (value < 0.0001) return '<0.0001';
  return String(Number(value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 10 ? 3 : 2)));
}
