/**
 * Who is who in a definition: every element by its name, and what to call a name that is nobody's.
 *
 * - DY1  Parts, stores, streams and externals share one space of names: a name says what it is.
 *
 * @module
 */
import type {
  PartDraft,
  Placed,
  SecretDraft,
  StoreDraft,
  StreamDraft,
  SystemDraft,
} from "../read/draft.ts";
import type { Faults } from "../read/reader.ts";

export interface Directory {
  readonly parts: ReadonlyMap<string, PartDraft>;
  readonly stores: ReadonlyMap<string, StoreDraft>;
  readonly streams: ReadonlyMap<string, StreamDraft>;
  readonly externals: ReadonlyMap<string, Placed>;
  readonly secrets: ReadonlyMap<string, SecretDraft>;
  readonly namespaces: ReadonlyMap<string, Placed>;
  readonly pools: ReadonlyMap<string, Placed>;
  readonly objectives: ReadonlyMap<string, Placed>;
}

/** Gathers the names, and reports those given twice (DY1). */
export function directoryOf(system: SystemDraft, faults: Faults): Directory {
  const shared = new Map<string, string>();
  const directory = {
    parts: byName(system.parts, shared, faults),
    stores: byName(system.stores, shared, faults),
    streams: byName(system.streams, shared, faults),
    externals: byName(system.externals, shared, faults),
    secrets: byName(system.secrets, new Map(), faults),
    namespaces: byName(system.namespaces, new Map(), faults),
    pools: byName(system.pools, new Map(), faults),
    objectives: byName(system.objectives, new Map(), faults),
  };
  for (const list of [system.alerts, system.dashboards, system.loads]) {
    byName<Placed>(list, new Map(), faults);
  }
  return directory;
}

function byName<Element extends Placed>(
  elements: readonly Element[],
  taken: Map<string, string>,
  faults: Faults,
): ReadonlyMap<string, Element> {
  const map = new Map<string, Element>();
  for (const element of elements) {
    if (element.name === "") continue;
    const other = taken.get(element.name);
    if (other !== undefined) {
      faults.report({
        code: "NAME_DUPLICATE",
        path: element.path,
        value: element.name,
        expected: "a name of its own",
        problem: `the name "${element.name}" is taken by ${other}`,
      });
      continue;
    }
    taken.set(element.name, element.path);
    map.set(element.name, element);
  }
  return map;
}

/** The element called `name`, or a fault that names the nearest. */
export function find<Element>(
  elements: ReadonlyMap<string, Element>,
  name: string,
  at: { readonly path: string; readonly what: string; readonly faults: Faults },
): Element | undefined {
  const found = elements.get(name);
  if (found !== undefined || name === "") return found;
  const { path, what, faults } = at;
  const names = [...elements.keys()];
  return faults.report({
    code: "REFERENCE_UNKNOWN",
    path,
    value: name,
    expected:
      names.length === 0 ? `a ${what}, of which none is listed` : `a ${what}: ${names.join(", ")}`,
    problem: `unknown ${what} "${name}"`,
    candidates: names,
  });
}
