import type pc from 'picocolors';

export type Paint = ReturnType<typeof pc.createColors>;

/** A bar of `size` cells, filled by the fraction; a fraction above nothing shows at least one cell. */
export function bar(fraction: number, size: number, colour: (text: string) => string, paint: Paint): string {
  const share = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
  const filled = share > 0 ? Math.max(1, Math.floor(share * size)) : 0;
  return colour('█'.repeat(filled)) + paint.dim('░'.repeat(size - filled));
}
