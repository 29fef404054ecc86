/** The factor by which past counts shrink over `elapsedMs`. */
export function decayOver(elapsedMs: number, halfLifeMs: number): number {
  return 2 ** (-elapsedMs / halfLifeMs);
}
