import { z } from 'zod';
import { WHOLE_BPS } from '../split/assign.ts';

const MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

// The number of digits is bounded so that no text parses as Infinity, and every value can be written back exactly.
const DURATION = /^(\d{1,11}(?:\.\d{1,6})?)(ms|s|m|h|d)$/;
const PERCENT = /^(\d{1,9}(?:\.\d{1,6})?)%$/;
const POINTS = /^(\d{1,9}(?:\.\d{1,6})?)pp$/;
const WEIGHT_UP_TO_WHOLE = '^(?:\\d{1,2}(?:\\.\\d{1,2})?|100(?:\\.0{1,2})?)%$';

export const LONGEST_DURATION_MS = 365 * MS.d;

/** `30s`, `10m`, `24h`, `7d`, `250ms` -> milliseconds, or null when the text is not a duration of at most 365 days. */
export function parseDurationMs(text: string): number | null {
  const match = DURATION.exec(text);
  if (!match) return null;
  const ms = Math.round(Number(match[1]) * MS[match[2] as keyof typeof MS]);
  return ms <= LONGEST_DURATION_MS ? ms : null;
}

/** `10%` -> 0.1, or null when the text is not a percentage. */
export function parsePercent(text: string): number | null {
  return parseHundredths(PERCENT, text);
}

// Through the decimal exponent: 4.1 / 100 is 0.040999999999999996, 4.1e-2 is the nearest number to 4.1 %.
function parseHundredths(form: RegExp, text: string): number | null {
  const match = form.exec(text);
  return match ? Number(`${match[1]}e-2`) : null;
}

function formatHundredths(share: number): string {
  return `${Number((share * 100).toPrecision(12))}`;
}

/** Milliseconds -> the shortest exact duration text: 90000 -> `90s`, 3600000 -> `1h`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms > 0 && ms % MS[unit] === 0) return `${ms / MS[unit]}${unit}`;
  }
  return ms === 0 ? '0s' : `${ms}ms`;
}

/** Basis points -> percentage text: 1000 -> `10%`, 5 -> `0.05%`. */
export function formatBps(bps: number): string {
  return `${bps / 100}%`;
}

/** A fraction of one -> percentage text: 0.041 -> `4.1%`. */
export function formatPercent(share: number): string {
  return `${formatHundredths(share)}%`;
}

/** A fraction of one -> percentage points: 0.001 -> `0.1pp`. */
export function formatPp(share: number): string {
  return `${formatHundredths(share)}pp`;
}

/** What a schema says about a present value; a missing one is left to the reader, which knows its key. */
export function saying(message: string) {
  return { error: ({ input }: { readonly input?: unknown }) => (input === undefined ? undefined : message) };
}

/** A text of the given form. */
export function textLike(form: RegExp, message: string) {
  return z.string(saying(message)).regex(form, message);
}

export const duration = z
  .codec(textLike(DURATION, 'must be a duration such as 30s, 10m, 24h or 7d'), z.number(), {
    decode: (text, context) => {
      const ms = parseDurationMs(text);
      if (ms === null) context.issues.push({ code: 'custom', input: text, message: 'must be at most 365d' });
      return ms ?? 0;
    },
    encode: formatDuration,
  })
  .describe('A duration: 250ms, 30s, 10m, 24h, 7d');

/** A fraction of one: `0.1%` -> 0.001. */
export const fraction = z
  .codec(textLike(PERCENT, 'must be a percentage such as 0.1%'), z.number(), {
    decode: (text) => parsePercent(text) ?? 0,
    encode: formatPercent,
  })
  .describe('A percentage: 0.1%, 10%');

/** Percentage points of a rate: `0.1pp` -> 0.001. */
export const points = z
  .codec(textLike(POINTS, 'must be percentage points such as 0.1pp'), z.number(), {
    decode: (text) => parseHundredths(POINTS, text) ?? 0,
    encode: formatPp,
  })
  .describe('Percentage points: 0.1pp, 1pp');

/** A weight in basis points: `1%` -> 100. The resolution is 0.01 %. */
export const weight = z
  .codec(textLike(PERCENT, 'must be a share such as 1% or 0.1%'), z.number(), {
    decode: (text, context) => {
      const bps = Number(`${text.slice(0, -1)}e2`);
      if (!Number.isInteger(bps)) {
        context.issues.push({ code: 'custom', input: text, message: 'a weight has a resolution of 0.01%' });
      } else if (bps > WHOLE_BPS) {
        context.issues.push({ code: 'custom', input: text, message: 'a weight is at most 100%' });
      }
      return bps;
    },
    encode: formatBps,
  })
  .meta({ description: 'A share of the traffic: 1%, 0.1%, 50%', pattern: WEIGHT_UP_TO_WHOLE });

const latencyMarginValue = z.strictObject({ relative: z.number(), absoluteMs: z.number() });

const LATENCY_LIMIT = /^\d{1,9}(\.\d{1,6})?(%|ms|s|m)$/;

const latencyLimit = z.codec(
  textLike(LATENCY_LIMIT, 'must be a relative margin such as 10% or an absolute one such as 5ms'),
  latencyMarginValue,
  {
    decode: (text, context) => {
      const relative = parsePercent(text);
      const absoluteMs = parseDurationMs(text);
      if (relative === null && absoluteMs === null) {
        context.issues.push({ code: 'custom', input: text, message: 'must be at most 365d' });
      }
      return { relative: relative ?? 0, absoluteMs: absoluteMs ?? 0 };
    },
    encode: (margin, context) => {
      if (margin.relative > 0 && margin.absoluteMs > 0) {
        context.issues.push({ code: 'custom', input: margin, message: 'must be one margin' });
      }
      return margin.absoluteMs > 0 ? formatDuration(margin.absoluteMs) : formatPercent(margin.relative);
    },
  },
);

const latencyLimits = z.codec(
  z.strictObject({
    relative: fraction.describe("Of the stable's latency"),
    absolute: duration.describe('Above the latency of the stable'),
  }),
  latencyMarginValue,
  {
    decode: ({ relative, absolute }) => ({ relative, absoluteMs: absolute }),
    encode: ({ relative, absoluteMs }) => ({ relative, absolute: absoluteMs }),
  },
);

/** Of a latency: a relative margin, an absolute one, or both. */
export const latencyMargin = z
  .union([latencyLimit, latencyLimits], saying('must be a margin such as 10%, 5ms or { relative: 10%, absolute: 5ms }'))
  .describe(
    'The larger of a relative and an absolute margin; a relative one is rounded down to whole buckets: 2 %, or those of a native histogram',
  );

export type LatencyMargin = z.output<typeof latencyMargin>;
