/**
 * Quantiles from the cumulative buckets of a histogram, by linear interpolation in the bucket.
 *
 * - CN7  A quantile lies within the bucket that holds its rank; it never exceeds the largest
 *        finite bound; without observations there is none.
 *
 * Source: Prometheus, `histogram_quantile`.
 * @module
 */

/** Observations at or below `bound`, cumulative. */
export interface Bucket {
  readonly bound: number;
  readonly count: number;
}

/** The value below which the share `quantile` (0..1) of the observations lies; null without any. */
export function quantileOf(buckets: readonly Bucket[], quantile: number): number | null {
  const sorted = buckets.toSorted((a, b) => a.bound - b.bound);
  const total = sorted.at(-1)?.count ?? 0;
  if (!(total > 0)) return null;
  const rank = quantile * total;
  let lowerBound = 0;
  let lowerCount = 0;
  for (const { bound, count } of sorted) {
    if (count >= rank && count > lowerCount) {
      if (bound === Number.POSITIVE_INFINITY) return lowerBound;
      const share = (rank - lowerCount) / (count - lowerCount);
      return lowerBound + (bound - lowerBound) * Math.min(1, Math.max(0, share));
    }
    lowerBound = bound === Number.POSITIVE_INFINITY ? lowerBound : bound;
    lowerCount = Math.max(lowerCount, count);
  }
  return lowerBound;
}
