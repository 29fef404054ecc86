/** Ratio of neighbouring latency buckets (docs/statistics.md section 2.2). */
const BUCKET_RATIO = 1.02;

/**
 * A relative latency margin as whole buckets: the largest j with 1.02^j <= 1 + margin. The tolerance keeps a margin
 * that is exactly a power of 1.02 from losing a bucket to rounding.
 * @example latencyBuckets(0.04) // 1, because 1.02^2 is 1.0404
 * @example latencyBuckets(0.041) // 2
 */
export function latencyBuckets(margin: number): number {
  return Math.floor(Math.log1p(margin) / Math.log(BUCKET_RATIO) + 1e-9);
}
