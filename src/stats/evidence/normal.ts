const SERIES_BELOW = 2.5;

/**
 * P(Z > z) of a standard normal Z, to about 15 digits: Marsaglia's series (JSS 11(4), 2004) near zero, Laplace's
 * continued fraction in the tail, where the series would cancel.
 *
 * @example normalTail(1.6448536269514722) // 0.05
 */
export function normalTail(z: number): number {
  if (z < -SERIES_BELOW) return 1 - normalTail(-z);
  const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
  if (z > SERIES_BELOW) {
    let fraction = z;
    for (let depth = 120; depth > 0; depth -= 1) fraction = z + depth / fraction;
    return density / fraction;
  }
  let term = z;
  let sum = z;
  for (let odd = 3; Math.abs(term) > 1e-18; odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return 0.5 - density * sum;
}

/** The z that a standard normal number stays below with probability `level`: bisection to the last bit. */
export function normalQuantile(level: number): number {
  let low = -40;
  let high = 40;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    const below = level < 0.5 ? normalTail(-middle) < level : normalTail(middle) > 1 - level;
    if (below) low = middle;
    else high = middle;
  }
}
