import type pc from 'picocolors';
import { formatValue } from '../../parity/figures.ts';

export type Paint = ReturnType<typeof pc.createColors>;

/** A bar of `size` cells, filled by the fraction; a fraction above zero shows at least one cell. */
export function bar(fraction: number, size: number, colour: (text: string) => string, paint: Paint): string {
  const share = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
  const filled = share > 0 ? Math.max(1, Math.floor(share * size)) : 0;
  return colour('█'.repeat(filled)) + paint.dim('░'.repeat(size - filled));
}

/** `2d 3h`, `4m 05s`, `12s`: at most two units. */
export function shortSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h ${two(Math.floor(seconds / 60) % 60)}m`;
  return `${Math.floor(seconds / 86_400)}d ${Math.floor(seconds / 3_600) % 24}h`;
}

/** A share as percent, a latency with its unit, a query's value unchanged, `~` before interpolated values; `-` if unknown. */
export function measureOf(value: number | null, unit: 'share' | 'ms' | 'value', figures?: 'interpolated'): string {
  if (value === null) return '-';
  if (figures === 'interpolated') return `~${measureOf(value, unit)}`;
  if (unit === 'value') return formatValue(value);
  if (unit === 'share') return `${significant(value * 100)}%`;
  return value >= 1_000 ? `${significant(value / 1_000)}s` : `${significant(value)}ms`;
}

function significant(value: number): string {
  if (value === 0) return '0';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
