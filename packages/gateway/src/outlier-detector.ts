/**
 * Which replicas of a service get requests: round robin over those that work.
 *
 * A pure state machine. Each replica is `closed` (serving), `open` (ejected until a time), or
 * `probing` (one request tries whether it works again).
 *
 * - GB1  `consecutiveFailures` failures in a row eject a replica; a success forgets them. The first spell
 *        is {@link firstSpellMs}, each failed probe doubles it, up to `openMs`: a service that was only
 *        restarted is back within a second, one that stays broken is left in peace.
 * - GB2  At most `maxEjectedPercent` of the replicas, but always at least one, are ejected at once.
 * - GB3  When its time is over, exactly one request probes an ejected replica: success brings it back,
 *        failure ejects it again.
 *
 * @module
 */
import type { BreakerPlan } from "@ashlar/model";

type State =
  | { readonly kind: "closed"; failures: number }
  | { readonly kind: "open"; readonly untilMs: number; readonly spellMs: number }
  | { readonly kind: "probing"; readonly spellMs: number };

export const firstSpellMs = 500;

export class OutlierDetector {
  readonly #states: State[];
  #next = 0;

  constructor(replicas: number) {
    this.#states = Array.from({ length: replicas }, () => ({ kind: "closed", failures: 0 }));
  }

  /** Replicas that are left alone now. */
  get ejectedCount(): number {
    return this.#states.filter((each) => each.kind !== "closed").length;
  }

  /** The next replica to ask, other than `except` where there is a choice; undefined: none may be. */
  pick(nowMs: number, except = -1): number | undefined {
    const count = this.#states.length;
    let fallback: number | undefined;
    for (let i = 0; i < count; i++) {
      const index = (this.#next + i) % count;
      const state = this.#states[index] as State;
      if (state.kind === "probing" || (state.kind === "open" && state.untilMs > nowMs)) continue;
      if (index === except) {
        fallback = index;
        continue;
      }
      this.#next = (index + 1) % count;
      return this.#taken(index);
    }
    return fallback === undefined ? undefined : this.#taken(fallback);
  }

  succeeded(index: number): void {
    const state = this.#states[index] as State;
    if (state.kind === "closed") state.failures = 0;
    else if (state.kind === "probing") this.#states[index] = { kind: "closed", failures: 0 };
  }

  failed(index: number, breaker: BreakerPlan, nowMs: number): void {
    const state = this.#states[index] as State;
    if (state.kind === "probing")
      this.#open(index, Math.min(breaker.openMs, state.spellMs * 2), nowMs);
    if (state.kind !== "closed") return;
    state.failures += 1;
    if (state.failures >= breaker.consecutiveFailures && this.#mayEject(breaker)) {
      this.#open(index, Math.min(breaker.openMs, firstSpellMs), nowMs);
    }
  }

  #open(index: number, spellMs: number, nowMs: number): void {
    this.#states[index] = { kind: "open", untilMs: nowMs + spellMs, spellMs };
  }

  /** The request ended without telling anything about the replica: its client went away. */
  released(index: number, nowMs: number): void {
    const state = this.#states[index] as State;
    if (state.kind !== "probing") return;
    this.#states[index] = { kind: "open", untilMs: nowMs, spellMs: state.spellMs };
  }

  /** Until the first ejected replica may be probed. */
  retryAfterMs(nowMs: number): number {
    const waits = this.#states.flatMap((each) =>
      each.kind === "open" ? [Math.max(0, each.untilMs - nowMs)] : [],
    );
    return waits.length === 0 ? 0 : Math.min(...waits);
  }

  #taken(index: number): number {
    const state = this.#states[index];
    if (state?.kind === "open") {
      this.#states[index] = { kind: "probing", spellMs: state.spellMs };
    }
    return index;
  }

  #mayEject({ maxEjectedPercent }: BreakerPlan): boolean {
    const most = Math.max(1, Math.floor((this.#states.length * maxEjectedPercent) / 100));
    return this.ejectedCount < most;
  }
}
