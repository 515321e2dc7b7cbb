/**
 * What each part waits for before it starts. Pure.
 *
 * - LDP1  A part waits for the target of every use that is not optional, but for its own peers and for
 *        parts of its own start wave: those form a cycle, in which somebody must begin.
 *
 * @module
 */
import type { Plan } from "@ashlar/model";
import type { RunnablePart } from "./runnable-part.ts";

export interface Needs {
  readonly parts: readonly string[];
  /** Stores and streams. */
  readonly stores: readonly string[];
}

export function needsOf(part: RunnablePart, plan: Plan): Needs {
  const wave = plan.startOrder.find((names) => names.includes(part.name)) ?? [];
  const parts = new Set<string>();
  const stores = new Set<string>();
  for (const use of part.uses) {
    if (use.optional) continue;
    if (use.to === "store") stores.add(use.store);
    else if (use.to === "stream") stores.add(use.stream);
    else if (use.to === "port" && !wave.includes(use.part)) parts.add(use.part);
  }
  parts.delete(part.name);
  return { parts: [...parts].toSorted(), stores: [...stores].toSorted() };
}

/**
 * Groups of parts in the order in which they are ended: those that use others before these. Parts
 * that no wave names (built-in programs) come last, for they watch the others.
 */
export function stopOrder(names: readonly string[], plan: Plan): readonly (readonly string[])[] {
  const planned = new Set(plan.startOrder.flat());
  const rest = names.filter((name) => !planned.has(name));
  return [...plan.startOrder.toReversed(), rest].filter((group) => group.length > 0);
}
