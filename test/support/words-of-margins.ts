import type { Finding } from '../../src/parity/finding.ts';

/**
 * Where a margin ends for the canary, read from its words: `10 % + 0.01 pp` at a stable figure of 1 % is 1.11 %. Null for no margin.
 *
 * @param side which is worse, where the words do not say it
 */
export function limitInWords(
  words: string,
  { canary, stable, unit }: Finding,
  side: 'higher' | 'lower',
): number | null {
  const both = words.includes(' higher') && words.includes(' lower');
  const isLower = both ? (canary ?? 0) < (stable ?? 0) : words.includes(' lower') || side === 'lower';
  const own = both ? words.split(', ').find((part) => part.includes(isLower ? ' lower' : ' higher')) : words;
  const [margin = ''] = (own ?? words)
    .replace(/ higher| lower| over the whole distribution|^more than /g, '')
    .split(/; |, which/);
  const limits = margin.split(', ').flatMap((part) => oneLimit(part, stable, isLower ? -1 : 1) ?? []);
  if (limits.length === 0) return null;
  const nearest = isLower ? Math.max(...limits) : Math.min(...limits);
  return unit === 'share' ? Math.min(1, Math.max(0, nearest)) : nearest;
}

function oneLimit(margin: string, stable: number | null, sign: 1 | -1): number | null {
  const most = /at most ([\d.]+) %/.exec(margin);
  if (most) return Number(most[1]) / 100;
  const limit = /^limit ([\d.]+)$/.exec(margin);
  if (limit) return Number(limit[1]);
  if (stable === null) return null;
  const rest = /^([\d.]+) % of the other answers lost$/.exec(margin);
  if (rest) return 1 - (1 - stable) * (1 - Number(rest[1]) / 100);
  const parts = margin.split(/ \+ | or /).map((part) => partOf(part, stable));
  const numbers = parts.filter((part) => part !== null);
  if (numbers.length < parts.length) return null;
  const by = margin.includes(' or ') ? Math.max(...numbers) : numbers.reduce((sum, part) => sum + part, 0);
  return stable + sign * by;
}

function partOf(part: string, stable: number): number | null {
  const read = /^([\d,.]+)(?: (%|pp|ms|B|kB|in 1,000 requests))?$/.exec(part);
  if (read === null) return null;
  const number = Number((read[1] ?? '').replaceAll(',', ''));
  if (read[2] === '%') return (stable * number) / 100;
  return read[2] === 'pp' ? number / 100 : number;
}
