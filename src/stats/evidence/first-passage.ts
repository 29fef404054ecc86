import { normalTail } from './normal.ts';

/** What one request, or one block, adds to a log e-value: its mean and its variance, in nats. */
export interface Walk {
  readonly mean: number;
  readonly variance: number;
}

const LARGEST_EXPONENT = 600;
const DOUBLINGS = 80;

/**
 * Steps in which half of the walks have passed `level`; null where fewer than half ever do. Brownian motion with drift: P(passed by
 * n) = Phi((mean n - level)/sd) + e^(2 mean level/variance) Phi(-(mean n + level)/sd), sd = sqrt(variance n) (inverse Gaussian;
 * Cox and Miller, *The Theory of Stochastic Processes*, 1965, section 5.7). A bet that is larger than the effect has a mean of 0 or
 * less, and still passes by chance.
 *
 * @param level above 0, in nats
 * @example medianPassage({ mean: 0, variance: 1 }, 1) // 2.198109..., (1/0.6744898)^2
 */
export function medianPassage({ mean, variance }: Walk, level: number): number | null {
  if (!(variance > 0)) return mean > 0 ? level / mean : null;
  const exponent = (2 * mean * level) / variance;
  if (exponent <= -Math.LN2) return null;
  if (exponent > LARGEST_EXPONENT) return level / mean;
  const passed = (steps: number) => {
    const sd = Math.sqrt(variance * steps);
    return normalTail((level - mean * steps) / sd) + Math.exp(exponent) * normalTail((level + mean * steps) / sd);
  };
  let low = 0;
  let high = (level * level) / variance;
  for (let doubling = 0; passed(high) < 0.5; doubling += 1) {
    if (doubling === DOUBLINGS) return null;
    low = high;
    high *= 2;
  }
  for (let halving = 0; halving < DOUBLINGS; halving += 1) {
    const middle = (low + high) / 2;
    if (passed(middle) < 0.5) low = middle;
    else high = middle;
  }
  return high;
}
