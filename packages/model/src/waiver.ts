/**
 * A rule that a part may break, with the reason and the last day on which it may.
 *
 * @module
 */

export interface Waiver {
  /** The check waived: `resources/cpu-limit`, `kube-score/container-security-context`. */
  readonly check: string;
  readonly reason: string;
  readonly until: string;
}

/** Waives `check` because of `reason` up to and including the day `until` (`YYYY-MM-DD`). */
export function waiver(
  check: string,
  options: { readonly reason: string; readonly until: string },
): Waiver {
  return { check, ...options };
}
