/** Before this many the number counts seconds, and so on for thousandths: each is the year 5138 in its unit. */
const MOST_SECONDS = 1e11;

/** Epoch ms of what a line says of its time: RFC 3339 and what else Date reads, or a number of s, ms, us or ns. Null for neither. */
export function lineTime(value: unknown): number | null {
  if (typeof value === 'number') return ofNumber(value);
  if (typeof value !== 'string' || value.length > 64) return null;
  if (/^\d{9,20}(\.\d+)?$/.test(value)) return ofNumber(Number(value));
  // Without a zone Date takes the machine's own, and the sender may be elsewhere: then the time of arrival says more.
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$/i.test(value)) return null;
  const at = Date.parse(value.replace(' ', 'T').replace(',', '.'));
  return Number.isNaN(at) ? null : at;
}

function ofNumber(value: number): number | null {
  if (!Number.isFinite(value) || value <= 0) return null;
  if (value < MOST_SECONDS) return value * 1_000;
  if (value < MOST_SECONDS * 1e3) return value;
  return value < MOST_SECONDS * 1e6 ? value / 1e3 : value / 1e6;
}
