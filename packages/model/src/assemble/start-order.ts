/**
 * In which order parts start.
 *
 * - SO1  A part is in a later wave than every part that it needs, unless both are in one cycle.
 * - SO2  Parts of a cycle share a wave, and start without waiting for one another.
 * - SO3  Waves are as early as SO1 allows, and sorted: the same graph gives the same order.
 *
 * @module
 */

/** For each part, the parts that must be ready before it. */
export type Needs = ReadonlyMap<string, ReadonlySet<string>>;

export interface StartOrder {
  readonly waves: readonly (readonly string[])[];
  /** Are these two in one cycle? */
  isCycle(a: string, b: string): boolean;
}

export function startOrder(needs: Needs): StartOrder {
  const componentOf = stronglyConnected(needs);
  const waveOf = new Map<number, number>();
  const members = new Map<number, string[]>();
  for (const [name, component] of componentOf) {
    members.set(component, [...(members.get(component) ?? []), name]);
  }
  // Tarjan's algorithm numbers a component after all that it reaches, so one pass is enough.
  for (const component of [...members.keys()].toSorted((a, b) => a - b)) {
    let wave = 0;
    for (const name of members.get(component) ?? []) {
      for (const needed of needs.get(name) ?? []) {
        const other = componentOf.get(needed);
        if (other === undefined || other === component) continue;
        wave = Math.max(wave, (waveOf.get(other) ?? 0) + 1);
      }
    }
    waveOf.set(component, wave);
  }
  const waves: string[][] = [];
  for (const [name, component] of componentOf) {
    const wave = waveOf.get(component) ?? 0;
    (waves[wave] ??= []).push(name);
  }
  return {
    waves: waves.map((wave) => wave.toSorted()),
    isCycle: (a, b) => a !== b && componentOf.get(a) === componentOf.get(b),
  };
}

/** The component of each part, numbered from 0; a component's number is above all that it needs. */
function stronglyConnected(needs: Needs): ReadonlyMap<string, number> {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const component = new Map<string, number>();
  const stack: string[] = [];
  let components = 0;

  const visit = (name: string): void => {
    order.set(name, order.size);
    let lowest = order.size - 1;
    stack.push(name);
    for (const needed of [...(needs.get(name) ?? [])].toSorted()) {
      if (!needs.has(needed)) continue;
      if (!order.has(needed)) visit(needed);
      if (!component.has(needed)) {
        lowest = Math.min(lowest, low.get(needed) ?? order.get(needed) ?? lowest);
      }
    }
    low.set(name, lowest);
    if (lowest !== order.get(name)) return;
    for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
      component.set(member, components);
      if (member === name) break;
    }
    components++;
  };
  for (const name of [...needs.keys()].toSorted()) if (!order.has(name)) visit(name);
  return component;
}
